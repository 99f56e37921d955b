#include "installer/commands/site_plan.h"

#include <algorithm>
#include <filesystem>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/commands/existing_site.h"
#include "installer/commands/our_tags.h"
#include "installer/commands/site_certificates_seen.h"
#include "installer/plan/answered_files.h"
#include "installer/plan/lan_site.h"
#include "installer/run/json_merge.h"
#include "installer/run/restored_cluster.h"
#include "installer/run/runtime_values.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_answers_limit = std::size_t{1} << 20;
constexpr std::uint64_t k_neighbours_limit = 1500;  // milliseconds: the kernel asks once a second
constexpr std::string_view k_daemon_json = "/etc/docker/daemon.json";

Answers answers_for(const std::optional<std::string>& file, const KeptState& kept, Surroundings& surroundings) {
  if (file) return parse_answers(read_file(*file, k_answers_limit), *file);
  if (const auto restored = restored_answers(surroundings.host, surroundings.paths))
    return parse_answers(*restored, "answers.yaml of the backup");
  return kept.answers().value_or(Answers());
}

/// From the folder of the file that says it, as everywhere; kept so that it means the same another day.
void make_paths_whole(const Bundle& bundle, const std::string& answers_file, Answers& answers) {
  const std::string folder = path_parent(std::filesystem::absolute(answers_file).lexically_normal().string());
  for (const std::string& key : answered_file_keys(bundle.index().appliance)) {
    const auto found = answers.values.find(key);
    if (found != answers.values.end() && !found->second.empty() && !found->second.starts_with("/"))
      found->second = path_join(folder, found->second);
  }
}

/// The file, or the copy that an earlier installation or a backup has of it, when the answer is the same: the medium may be gone.
std::optional<std::string> answered_content(const std::string& key, const std::string& path, const KeptState& kept,
                                            Surroundings& surroundings) {
  if (auto text = surroundings.host.read_file(path, k_answered_file_limit)) return text;
  const std::string copy = answered_file_path(key, surroundings.paths);
  if (restored_answers(surroundings.host, surroundings.paths))
    return surroundings.host.read_file(path_join(restore_folder(surroundings.paths), cat("secrets/", path_name(copy))),
                                       k_answered_file_limit);
  const std::optional<Answers> earlier = kept.answers();
  const bool same = earlier && earlier->values.contains(key) && earlier->values.at(key) == path;
  return same && surroundings.host.is_root() ? surroundings.host.read_file(copy, k_answered_file_limit) : std::nullopt;
}

void read_answered_files(const Bundle& bundle, const KeptState& kept, Surroundings& surroundings, SitePlan& site) {
  for (const std::string& key : answered_file_keys(bundle.index().appliance)) {
    const auto answer = site.answers.values.find(key);
    if (answer == site.answers.values.end()) continue;
    AnsweredFile& file = site.facts.answered_files[key];
    try {
      const auto content = answered_content(key, answer->second, kept, surroundings);
      file = content ? describe_answered_file(*content) : AnsweredFile{.fault = "it is not there"};
      if (content) site.answered_files[key] = *content;
    } catch (const Error& error) {
      file.fault = error.message();
    }
  }
}

/// What packages' steps found not to be there, and brought.
std::vector<std::string> brought_packages(const std::vector<OpenStep>& open) {
  std::set<std::string> names;
  for (const OpenStep& effect : open) {
    const JsonValue* fresh = std::holds_alternative<InstallPackages>(effect.step.action) ? effect.undo_data.find("fresh") : nullptr;
    if (fresh == nullptr) continue;
    for (const JsonValue& name : fresh->items()) names.insert(name.as_string().substr(0, name.as_string().find(':')));
  }
  return {names.begin(), names.end()};
}

/// People's own settings: docker's configuration without what earlier bundles merged into it, so that the plan says all it wants.
void take_out_our_settings(const std::vector<OpenStep>& open, Facts& facts) {
  if (!facts.daemon_json || trim(*facts.daemon_json).empty()) return;
  std::vector<JsonChange> changes;
  for (const OpenStep& effect : open) {
    const auto* merge = std::get_if<MergeJson>(&effect.step.action);
    const JsonValue* recorded = merge != nullptr && merge->path == k_daemon_json ? effect.undo_data.find("changes") : nullptr;
    if (recorded == nullptr) continue;
    for (JsonChange& change : decode_changes(*recorded)) changes.push_back(std::move(change));
  }
  if (changes.empty()) return;
  try {
    JsonValue document = parse_json(*facts.daemon_json, k_daemon_json);
    revert_merge(document, changes);
    facts.daemon_json = document.dump();
  } catch (const InputError&) {
    // The plan refuses a broken file with its place.
  }
}

/// A bundle installed over one that joined stays in the cluster.
std::optional<JoinTicket> joined_by(const Facts& facts, Surroundings& surroundings) {
  if (!facts.installed || !surroundings.host.is_root()) return std::nullopt;
  const Journal journal(surroundings.host, KeptState(surroundings).journal_path());
  const auto plan = journaled_plan(journal.records());
  return plan ? plan->join : std::nullopt;
}

void add_what_only_root_sees(const Bundle& bundle, const Answers& answers, Surroundings& surroundings, Facts& facts) {
  if (!surroundings.host.is_root()) {
    if (facts.installed) facts.unseen.push_back("this is not root: which steps are already so was not read from the journal");
    return;
  }
  const Journal journal(surroundings.host, KeptState(surroundings).journal_path());
  const std::vector<OpenStep> open = open_steps(journal.records());
  if (facts.installed) {
    if (auto plan = journaled_plan(journal.records())) facts.installed->steps = std::move(plan->steps);
    facts.installed->packages = brought_packages(open);
  }
  take_out_our_settings(open, facts);
  if (!bundle.index().appliance.registry.enabled) return;
  const std::string storage = registry_storage_root(bundle.index(), answers);
  facts.pushed_over =
      pushed_over_tags(bundle.index(), facts.installed ? facts.installed->index.get() : nullptr, open, storage, surroundings.host);
}

/// The names are this machine's for the keys; the words are on everybody's paper.
std::vector<std::string> signers_of(const OpenedBundle& opened) {
  std::vector<std::string> signers;
  for (const std::string& name : opened.bundle.verified().signers()) {
    const auto& keys = opened.policy.keys;
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const TrustedKey& known) { return known.name == name; });
    signers.push_back(key == keys.end() ? name : cat(name, " (", key->key.fingerprint_words(), ")"));
  }
  return signers;
}

}  // namespace

SitePlan plan_for_site(OpenedBundle& opened, const std::optional<std::string>& answers_file, Surroundings& surroundings,
                       const std::optional<JoinTicket>& ticket, std::optional<std::int64_t> time) {
  Answers answers = answers_for(answers_file, KeptState(surroundings), surroundings);
  answers.time = time;
  if (answers_file) make_paths_whole(opened.bundle, *answers_file, answers);
  return plan_with_answers(opened, answers, surroundings, ticket);
}

SitePlan plan_with_answers(OpenedBundle& opened, const Answers& answers, Surroundings& surroundings,
                           const std::optional<JoinTicket>& ticket) {
  const KeptState kept(surroundings);
  Bundle& bundle = opened.bundle;
  SitePlan site;
  site.answers = answers;
  site.facts = read_facts(surroundings.host, space_paths(bundle.index(), site.answers));
  site.facts.storage =
      read_storage_facts(surroundings.host, bundle.index(), site.answers, surroundings.paths.state, site.facts.unseen);
  site.facts.installed = kept.installed();
  if (site.facts.installed) site.facts.installed->storage_root = kept.answers().value_or(Answers()).storage_root;
  site.facts.highest_serial = kept.highest_serial(bundle.header().product);
  site.facts.signers = signers_of(opened);
  site.facts.installer_version = surroundings.version;
  add_what_only_root_sees(bundle, site.answers, surroundings, site.facts);
  read_answered_files(bundle, kept, surroundings, site);
  if (bundle.index().appliance.lan.enabled) site.facts.certificates = read_certificate_facts(site.answers, kept, surroundings);
  site.facts.existing = ask_existing(bundle, site.answers, site.facts, surroundings.host);
  site.facts.answering =
      surroundings.host.answering(balancer_addresses(bundle.index().appliance, site.answers, site.facts), k_neighbours_limit);
  site.join = ticket ? ticket : joined_by(site.facts, surroundings);
  site.plan = site.join ? make_join_plan(bundle.header(), bundle.index(), site.facts, site.answers, *site.join)
                        : make_plan(bundle.header(), bundle.index(), site.facts, site.answers);
  return site;
}

}  // namespace rootcellar
