// What the installing unit tells those who watch: a file of JSON lines, written by one process and followed by any number.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bundle/base/error.h"
#include "bundle/base/progress.h"
#include "installer/host/host_system.h"

namespace rootcellar {

/// Progress written to a file. A full disk loses events, never the installation.
class EventLog final : public Progress {
 public:
  /// Begins the file anew.
  EventLog(HostSystem& host, std::string path);
  void begin(std::string_view task, std::uint64_t total, bool unit_bytes) noexcept override;
  void advance(std::uint64_t amount) noexcept override;
  void end() noexcept override;
  void note(std::string_view line) noexcept override;
  void warn(std::string_view line) noexcept override;
  void event(std::string_view kind, const JsonValue& fields) noexcept override;

  /// The last lines of a run.
  void succeeded() noexcept { event("result", JsonValue::object({{"exit_code", JsonValue::number(0)}})); }
  void failed(const Error& error) noexcept;
  void failed(ExitCode code, const std::string& message) noexcept;
  void missing_volume(std::uint32_t volume, const std::string& label) noexcept;

 private:
  void flush_amount() noexcept;
  void write(std::string_view kind, JsonValue fields) noexcept;

  HostSystem& host_;
  std::string path_;
  std::uint64_t amount_ = 0;
  std::chrono::steady_clock::time_point written_{};
};

/// How a run ended.
struct RunResult {
  ExitCode code = ExitCode::ok;
  std::string message;
  std::string hint;
  std::string machine_state;
  std::vector<std::string> notes;
};

struct MissingVolume {
  std::uint32_t volume = 0;
  std::string label;
};

/// Passes on what an EventLog writes.
class EventFollower {
 public:
  EventFollower(HostSystem& host, std::string path, Progress& progress) : host_(host), path_(std::move(path)), progress_(progress) {}
  /// Reads what is new since the last call.
  void poll();
  const std::optional<RunResult>& result() const { return result_; }
  const std::optional<MissingVolume>& missing_volume() const { return missing_; }

 private:
  void handle(const JsonValue& line);

  HostSystem& host_;
  std::string path_;
  Progress& progress_;
  std::size_t offset_ = 0;
  std::optional<RunResult> result_;
  std::optional<MissingVolume> missing_;
};

}  // namespace rootcellar
