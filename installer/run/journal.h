// The memory of an installation: what began, what is done, and what undo needs; survives a power cut at any byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/json.h"
#include "installer/host/host_system.h"

namespace rootcellar {

/// One record: 4 bytes length, 4 bytes CRC-32C (both little-endian) of the JSON line that follows, newline included. A torn last record is
/// dropped.
struct JournalRecord {
  enum class Kind { plan, begin, done, undo_begin, undone, finished };
  Kind kind = Kind::plan;
  std::int64_t time = 0;
  std::string step;  ///< step id; empty for plan and finished
  JsonValue data;    ///< plan: bundle id, serial, steps. begin: the undo data. undone/finished: details
};

class Journal {
 public:
  /// Reads what is there (torn tail dropped); damage before the tail is an InputError.
  Journal(HostSystem& host, std::string path);
  const std::vector<JournalRecord>& records() const { return records_; }
  /// Sets the time. Durable when it returns; the file is private to its owner, because undo data may hold people's texts.
  void append(JournalRecord record);
  const std::string& path() const { return path_; }

 private:
  HostSystem& host_;
  std::string path_;
  std::vector<JournalRecord> records_;
  std::optional<std::string> sound_;  ///< the bytes before a torn tail; the next append starts with writing them again
};

std::string encode_record(const JournalRecord& record);
std::vector<JournalRecord> decode_records(std::string_view bytes, std::string_view what);

}  // namespace rootcellar
