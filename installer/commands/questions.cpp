#include "installer/commands/questions.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/plan/questions.h"

namespace rootcellar {
namespace {

using PlanWith = std::function<SitePlan(const Answers& answers)>;

std::optional<Question> next(const SitePlan& site, const Bundle& bundle, const std::set<std::string>& asked) {
  return next_question(bundle.header(), bundle.index(), site.facts, site.answers, site.join ? &*site.join : nullptr, asked);
}

/// Refusals that came with an answer and name its key.
std::vector<std::string> new_refusals(const Question& question, const SitePlan& before, const SitePlan& after) {
  const std::string name = question.key.starts_with("values.") ? cat("'", question.key.substr(7), "'") : cat("'", question.key, "'");
  std::vector<std::string> fresh;
  for (const std::string& refusal : after.plan.refusals) {
    const bool old = std::find(before.plan.refusals.begin(), before.plan.refusals.end(), refusal) != before.plan.refusals.end();
    if (!old && refusal.find(name) != refusal.npos) fresh.push_back(refusal);
  }
  return fresh;
}

std::string without_place(const InputError& error) {
  if (error.faults().empty()) return error.message();
  const Fault& fault = error.faults().front();
  return fault.hint.empty() ? fault.message : cat(fault.message, "; ", fault.hint);
}

std::optional<SitePlan> plan_by(const Question& question, const std::string& typed, const SitePlan& site, const PlanWith& plan_with,
                                cli::Console& console) {
  Answers answers = site.answers;
  try {
    take_answer(question, question.is_path && !typed.empty() ? absolute_path(typed) : typed, answers);
  } catch (const InputError& error) {
    console.say(without_place(error));
    return std::nullopt;
  }
  SitePlan planned = plan_with(answers);
  const std::vector<std::string> refusals = new_refusals(question, site, planned);
  for (const std::string& refusal : refusals) console.say(refusal);
  if (!refusals.empty()) return std::nullopt;
  return planned;
}

SitePlan ask(const Question& question, const SitePlan& site, const PlanWith& plan_with, cli::Console& console) {
  const std::string prompt = cat(question.label, question.proposal.empty() ? "" : cat(" [", question.proposal, "]"), ": ");
  console.say(cat("\n", question.about));
  while (true) {
    const std::string typed(trim(console.ask(prompt, cat("'", question.key, "'"))));
    if (auto planned = plan_by(question, typed, site, plan_with, console)) return std::move(*planned);
  }
}

}  // namespace

SitePlan ask_what_is_open(SitePlan site, const Bundle& bundle, const PlanWith& plan_with, cli::Console& console) {
  std::set<std::string> asked;
  while (const auto question = next(site, bundle, asked)) {
    if (asked.empty()) console.say("The appliance leaves some things to this site. An empty line takes what stands in brackets.");
    asked.insert(question->key);
    site = ask(*question, site, plan_with, console);
  }
  if (!asked.empty()) {
    console.say(cat("\nThe answers are:\n", encode_answers(site.answers),
                    "Kept in a file, they make the next installation silent: rootcellar-install install --answers FILE\n"));
  }
  return site;
}

}  // namespace rootcellar
