#include "installer/commands/kept_state.h"

#include <cerrno>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"
#include "installer/run/data_record.h"
#include "installer/run/restored_cluster.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_small_file = std::size_t{1} << 20;

JsonValue encoded_steps(const std::vector<Step>& steps) {
  JsonValue list = JsonValue::array();
  for (const Step& step : steps) list.push(encode_step(step));
  return list;
}

std::vector<std::string> text_items(const JsonValue& data, std::string_view name) {
  std::vector<std::string> items;
  const JsonValue* list = data.find(name);
  if (list == nullptr) return items;
  for (const JsonValue& item : list->items()) items.push_back(item.as_string());
  return items;
}

constexpr std::string_view k_folder = "bundle-";

std::string header_in(const std::string& folder) { return path_join(folder, "header.txt"); }
std::string index_in(const std::string& folder) { return path_join(folder, "index"); }
std::string signature_in(const std::string& folder, std::size_t number) { return path_join(folder, cat("header.", number, ".minisig")); }

std::vector<Signature> read_signatures(HostSystem& host, const std::string& folder) {
  std::vector<Signature> signatures;
  for (std::size_t number = 1; number <= limits::k_signatures; ++number) {
    const std::optional<std::string> text = host.read_file(signature_in(folder, number), k_small_file);
    if (!text) break;
    signatures.push_back(Signature::parse(*text, signature_in(folder, number)));
  }
  return signatures;
}

}  // namespace

std::string KeptState::serial_path(const std::string& product) const { return path_join(path_join(paths_.state, "serial"), product); }

std::optional<TrustPolicy> KeptState::pinned() const {
  const std::optional<std::string> text = host_.read_file(trust_path(), k_small_file);
  if (!text) return std::nullopt;
  return parse_trust(*text, trust_path());
}

void KeptState::pin(const TrustPolicy& policy) { host_.write_file(trust_path(), encode_trust(policy)); }

std::optional<PublicKey> KeptState::pinned_site() const {
  const std::optional<std::string> text = host_.read_file(site_key_path(), k_small_file);
  if (!text) return std::nullopt;
  return PublicKey::parse(*text, site_key_path());
}

void KeptState::pin_site(const PublicKey& key) { host_.write_file(site_key_path(), key.file_text()); }

std::uint64_t KeptState::highest_serial(const std::string& product) const {
  const std::optional<std::string> text = host_.read_file(serial_path(product), k_small_file);
  if (!text) return 0;
  const std::optional<std::uint64_t> serial = parse_u64(trim(*text));
  if (!serial) throw InputError(cat("cannot read '", serial_path(product), "': expected a number"));
  return *serial;
}

void KeptState::remember_serial(const Header& header) {
  if (header.serial <= highest_serial(header.product)) return;
  host_.make_directories(path_join(paths_.state, "serial"));
  host_.write_file(serial_path(header.product), cat(header.serial, "\n"));
}

void KeptState::make_directories() {
  host_.make_directories(paths_.config);
  host_.make_directories(paths_.state);
  host_.make_directories(paths_.logs, 0750);
}

void KeptState::keep(const Bundle& bundle) {
  const std::string folder = folder_of(bundle.verified().id());
  host_.make_directories(folder);
  host_.write_file(index_in(folder), bundle.stored_index());
  std::size_t number = 0;
  for (const Signature& signature : bundle.signatures()) {
    host_.write_file(signature_in(folder, ++number), signature.file_text(cat("signature of ", bundle_name(bundle.header()))));
  }
  host_.write_file(header_in(folder), bundle.verified().text());
}

std::vector<std::string> KeptState::folders() const {
  std::vector<std::string> found;
  for (const std::string& name : host_.list(paths_.state)) {
    if (name.starts_with(k_folder)) found.push_back(path_join(paths_.state, name));
  }
  return found;
}

std::string KeptState::present_folder() const {
  if (!host_.is_root()) return folders().empty() ? std::string() : folders().front();
  const Journal journal(host_, journal_path());
  std::string id;
  for (const JournalRecord& record : journal.records()) {
    if (record.kind == JournalRecord::Kind::plan) id = record.data.text("bundle").value_or("");
  }
  return id.empty() ? id : folder_of(id);
}

void KeptState::forget_other_bundles() {
  const std::string present = present_folder();
  for (const std::string& folder : folders()) {
    if (folder != present) host_.remove_tree(folder);
  }
}

std::optional<Bundle> KeptState::open(const std::optional<BundleCandidate>& volumes) const {
  const std::string folder = present_folder();
  const std::optional<std::string> header = folder.empty() ? std::nullopt : host_.read_file(header_in(folder), k_small_file);
  if (!header) return std::nullopt;
  const std::optional<TrustPolicy> policy = pinned();
  if (!policy) throw TrustError(cat("'", header_in(folder), "' is there and '", trust_path(), "' is not: nothing says whom to believe"));
  const std::optional<std::string> index = host_.read_file(index_in(folder), limits::k_index_stored);
  return Bundle::open_kept(*header, read_signatures(host_, folder), index.value_or(""), *policy, volumes);
}

std::optional<InstalledBundle> KeptState::installed() const {
  const std::optional<Bundle> bundle = open();
  if (!bundle) return std::nullopt;
  const Header& header = bundle->header();
  return InstalledBundle{.product = header.product,
                         .variant = header.variant,
                         .serial = header.serial,
                         .id = bundle->verified().id(),
                         .index = std::make_shared<const Index>(bundle->index())};
}

void KeptState::keep_answers(const Answers& answers) { host_.write_file(answers_path(), encode_answers(answers), 0600); }

/// For root only: others plan without them, and the plan says that root sees more.
std::optional<std::string> KeptState::readable_answers() const {
  try {
    return host_.read_file(answers_path(), k_small_file);
  } catch (const SystemError& error) {
    if (host_.is_root() || error.errno_value() != EACCES) throw;
    return std::nullopt;
  }
}

std::optional<Answers> KeptState::answers() const {
  const std::optional<std::string> text = readable_answers();
  if (!text) return std::nullopt;
  return parse_answers(*text, answers_path());
}

void KeptState::remove_directory_if_empty(const std::string& path) {
  const std::optional<FileStatus> status = host_.status(path);
  if (status && status->type == FileStatus::Type::directory && host_.list(path).empty()) host_.remove(path);
}

void KeptState::forget(bool with_journal) {
  for (const std::string& folder : folders()) host_.remove_tree(folder);
  host_.remove_tree(path_join(paths_.state, "serial"));
  forget_restore(host_, paths_);
  host_.remove(answers_path());
  host_.remove(trust_path());
  host_.remove(site_key_path());
  host_.remove_tree(paths_.logs);
  if (with_journal) {
    host_.remove(journal_path());
    host_.remove_tree(data_record_folder(paths_.state));
  }
  remove_directory_if_empty(paths_.config);
  remove_directory_if_empty(paths_.state);
  host_.remove(paths_.program);
}

std::optional<JournaledPlan> journaled_plan(const std::vector<JournalRecord>& records) {
  std::optional<JournaledPlan> plan;
  for (const JournalRecord& record : records) {
    if (record.kind == JournalRecord::Kind::finished && plan) plan->finished = true;
    if (record.kind != JournalRecord::Kind::plan) continue;
    plan = JournaledPlan{{}, text_items(record.data, "places")};
    if (const auto join = record.data.text("join")) plan->join = parse_ticket(*join, "journal");
    const JsonValue* steps = record.data.find("steps");
    if (steps == nullptr) continue;
    for (const JsonValue& step : steps->items()) plan->steps.push_back(decode_step(step, "journal"));
  }
  return plan;
}

JournalRecord plan_record(const Bundle& bundle, const std::vector<Step>& steps, const std::vector<std::string>& places, std::int64_t now,
                          const std::optional<JoinTicket>& join) {
  JournalRecord record;
  record.kind = JournalRecord::Kind::plan;
  record.time = now;
  record.data = JsonValue::object({{"bundle", JsonValue::string(bundle.verified().id())},
                                   {"name", JsonValue::string(bundle_name(bundle.header()))},
                                   {"serial", JsonValue::number(bundle.header().serial)},
                                   {"places", JsonValue::string_array(places)},
                                   {"steps", encoded_steps(steps)}});
  if (join) record.data.set("join", JsonValue::string(encode_ticket(used_ticket(*join))));
  return record;
}

}  // namespace rootcellar
