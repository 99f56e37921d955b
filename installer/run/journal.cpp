#include "installer/run/journal.h"

#include <array>
#include <cassert>

#include "bundle/base/digest.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_head = 8;
constexpr std::size_t k_journal_limit = std::size_t{256} << 20;  // thousands of installs; more is not a journal
constexpr JsonLimits k_record_limits{.bytes = std::size_t{64} << 20, .depth = 64};
constexpr std::array<std::string_view, 6> k_kinds = {"plan", "begin", "done", "undo-begin", "undone", "finished"};

void put_u32(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift & 0xff));
}

std::uint32_t get_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
  return value;
}

// The JSON line of the record that starts `bytes`; nothing when these bytes are not a whole, sound record.
std::optional<std::string_view> record_line(std::string_view bytes) {
  if (bytes.size() < k_head) return std::nullopt;
  const std::uint32_t length = get_u32(bytes);
  if (length < 2 || length > bytes.size() - k_head) return std::nullopt;
  const std::string_view line = bytes.substr(k_head, length);
  if (line.back() != '\n' || crc32c(as_bytes(line)) != get_u32(bytes.substr(4))) return std::nullopt;
  return line;
}

// A power cut leaves only the end unsound; a sound record further on means that something else has changed this file.
bool sound_record_within(std::string_view bytes) {
  for (std::size_t at = 1; at + k_head < bytes.size(); ++at) {
    if (bytes[at + k_head] == '{' && record_line(bytes.substr(at))) return true;
  }
  return false;
}

std::optional<JournalRecord::Kind> kind_named(std::string_view name) {
  for (std::size_t i = 0; i < k_kinds.size(); ++i) {
    if (k_kinds[i] == name) return static_cast<JournalRecord::Kind>(i);
  }
  return std::nullopt;
}

JournalRecord decode_line(std::string_view line, const std::string& what) {
  const JsonValue json = parse_json(line, what, k_record_limits);
  const auto kind = kind_named(json.text("kind").value_or(""));
  const JsonValue* data = json.find("data");
  const auto time = json.u64("time");
  if (!kind || !time || data == nullptr) throw InputError(cat(what, ": expected the members 'kind', 'time', 'step' and 'data'"));
  return {.kind = *kind, .time = static_cast<std::int64_t>(*time), .step = json.text("step").value_or(""), .data = *data};
}

struct Decoded {
  std::vector<JournalRecord> records;
  std::size_t sound_bytes = 0;
};

Decoded decode(std::string_view bytes, std::string_view what) {
  Decoded decoded;
  while (decoded.sound_bytes < bytes.size()) {
    const std::string_view rest = bytes.substr(decoded.sound_bytes);
    const std::string name = cat(what, ": record ", decoded.records.size() + 1, " at byte ", decoded.sound_bytes);
    const auto line = record_line(rest);
    if (!line && sound_record_within(rest)) {
      throw InputError(cat(name, ": expected a record that fits its checksum, found damaged bytes before sound records"),
                       "the disk or another program has changed the journal; restore it from a backup");
    }
    if (!line) break;
    decoded.records.push_back(decode_line(*line, name));
    decoded.sound_bytes += k_head + line->size();
  }
  return decoded;
}

}  // namespace

std::string encode_record(const JournalRecord& record) {
  JsonValue json = JsonValue::object();
  json.set("kind", JsonValue::string(std::string(k_kinds[static_cast<std::size_t>(record.kind)])));
  json.set("time", JsonValue::number(static_cast<std::uint64_t>(std::max<std::int64_t>(record.time, 0))));
  json.set("step", JsonValue::string(record.step));
  json.set("data", record.data);
  const std::string line = json.dump() + '\n';
  std::string out;
  put_u32(out, static_cast<std::uint32_t>(line.size()));
  put_u32(out, crc32c(as_bytes(line)));
  return out + line;
}

std::vector<JournalRecord> decode_records(std::string_view bytes, std::string_view what) { return decode(bytes, what).records; }

Journal::Journal(HostSystem& host, std::string path) : host_(host), path_(std::move(path)) {
  const std::string bytes = host_.read_file(path_, k_journal_limit).value_or("");
  Decoded decoded = decode(bytes, cat("'", path_, "'"));
  records_ = std::move(decoded.records);
  if (decoded.sound_bytes < bytes.size()) sound_ = bytes.substr(0, decoded.sound_bytes);
}

void Journal::append(JournalRecord record) {
  if (sound_) {  // the torn tail goes first, or it would stand before sound records
    host_.write_file(path_, *sound_, 0600);
    sound_.reset();
  }
  if (records_.empty()) host_.make_directories(path_parent(path_));
  record.time = host_.now();
  try {
    host_.append_durably(path_, encode_record(record));
  } catch (...) {  // part of the record may be there (a full disk)
    sound_.emplace();
    for (const JournalRecord& earlier : records_) *sound_ += encode_record(earlier);
    throw;
  }
  records_.push_back(std::move(record));
}

}  // namespace rootcellar
