#include "installer/commands/site_plan.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_answers_limit = std::size_t{1} << 20;

Answers answers_for(const std::optional<std::string>& file, const KeptState& kept) {
  if (file) return parse_answers(read_file(*file, k_answers_limit), *file);
  return kept.answers().value_or(Answers());
}

}  // namespace

SitePlan plan_for_site(const Bundle& bundle, const std::optional<std::string>& answers_file, Surroundings& surroundings) {
  const KeptState kept(surroundings);
  SitePlan site;
  site.answers = answers_for(answers_file, kept);
  site.facts = read_facts(surroundings.host, space_paths(bundle.index(), site.answers));
  site.facts.installed = kept.installed();
  site.facts.highest_serial = kept.highest_serial(bundle.header().product);
  site.facts.installer_version = surroundings.version;
  site.plan = make_plan(bundle.header(), bundle.index(), site.facts, site.answers);
  return site;
}

}  // namespace rootcellar
