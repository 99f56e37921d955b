#include "installer/commands/kept_state.h"

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

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

}  // namespace

std::string KeptState::signature_path(std::size_t number) const { return path_join(paths_.state, cat("header.", number, ".minisig")); }

std::string KeptState::serial_path(const std::string& product) const { return path_join(path_join(paths_.state, "serial"), product); }

std::optional<TrustPolicy> KeptState::pinned() const {
  const std::optional<std::string> text = host_.read_file(trust_path(), k_small_file);
  if (!text) return std::nullopt;
  return parse_trust(*text, trust_path());
}

void KeptState::pin(const TrustPolicy& policy) { host_.write_file(trust_path(), encode_trust(policy)); }

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
  host_.write_file(index_path(), bundle.stored_index());
  std::size_t number = 0;
  for (const Signature& signature : bundle.signatures()) {
    host_.write_file(signature_path(++number), signature.file_text(cat("signature of ", bundle_name(bundle.header()))));
  }
  for (++number; number <= limits::k_signatures; ++number) host_.remove(signature_path(number));
  host_.write_file(header_path(), bundle.verified().text());
}

std::vector<Signature> KeptState::signatures() const {
  std::vector<Signature> signatures;
  for (std::size_t number = 1; number <= limits::k_signatures; ++number) {
    const std::optional<std::string> text = host_.read_file(signature_path(number), k_small_file);
    if (!text) break;
    signatures.push_back(Signature::parse(*text, signature_path(number)));
  }
  return signatures;
}

std::optional<Bundle> KeptState::open(const std::optional<BundleCandidate>& volumes) const {
  const std::optional<std::string> header = host_.read_file(header_path(), k_small_file);
  if (!header) return std::nullopt;
  const std::optional<TrustPolicy> policy = pinned();
  if (!policy) throw TrustError(cat("'", header_path(), "' is there and '", trust_path(), "' is not: nothing says whom to believe"));
  const std::optional<std::string> index = host_.read_file(index_path(), limits::k_index_stored);
  return Bundle::open_kept(*header, signatures(), index.value_or(""), *policy, volumes);
}

std::optional<InstalledBundle> KeptState::installed() const {
  const std::optional<Bundle> bundle = open();
  if (!bundle) return std::nullopt;
  const Header& header = bundle->header();
  return InstalledBundle{header.product, header.variant, header.serial, bundle->verified().id()};
}

void KeptState::keep_answers(const Answers& answers) { host_.write_file(answers_path(), encode_answers(answers)); }

std::optional<Answers> KeptState::answers() const {
  const std::optional<std::string> text = host_.read_file(answers_path(), k_small_file);
  if (!text) return std::nullopt;
  return parse_answers(*text, answers_path());
}

void KeptState::remove_directory_if_empty(const std::string& path) {
  const std::optional<FileStatus> status = host_.status(path);
  if (status && status->type == FileStatus::Type::directory && host_.list(path).empty()) host_.remove(path);
}

void KeptState::forget(bool with_journal) {
  host_.remove(header_path());
  for (std::size_t number = 1; number <= limits::k_signatures; ++number) host_.remove(signature_path(number));
  host_.remove(index_path());
  host_.remove_tree(path_join(paths_.state, "serial"));
  host_.remove(answers_path());
  host_.remove(trust_path());
  host_.remove_tree(paths_.logs);
  if (with_journal) host_.remove(journal_path());
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
    const JsonValue* steps = record.data.find("steps");
    if (steps == nullptr) continue;
    for (const JsonValue& step : steps->items()) plan->steps.push_back(decode_step(step, "journal"));
  }
  return plan;
}

JournalRecord plan_record(const Bundle& bundle, const std::vector<Step>& steps, const std::vector<std::string>& places, std::int64_t now) {
  JournalRecord record;
  record.kind = JournalRecord::Kind::plan;
  record.time = now;
  record.data = JsonValue::object({{"bundle", JsonValue::string(bundle.verified().id())},
                                   {"name", JsonValue::string(bundle_name(bundle.header()))},
                                   {"serial", JsonValue::number(bundle.header().serial)},
                                   {"places", JsonValue::string_array(places)},
                                   {"steps", encoded_steps(steps)}});
  return record;
}

}  // namespace rootcellar
