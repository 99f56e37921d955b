// What a long operation tells the person waiting: a bar with rate and honest ETA, plain lines, JSON events, or nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bundle/base/json.h"

namespace rootcellar {

/// Receives what happens. All methods are noexcept by contract: progress can never fail an operation.
class Progress {
 public:
  virtual ~Progress() = default;
  /// A task begins. `total` 0: unknown. `unit_bytes`: amounts are bytes.
  virtual void begin(std::string_view task, std::uint64_t total, bool unit_bytes) noexcept = 0;
  /// 0 is welcome: time has passed, and the rate and the time left are others.
  virtual void advance(std::uint64_t amount) noexcept = 0;
  virtual void end() noexcept = 0;
  /// One finished thing worth a line: "pulled docker.io/library/nginx:1.22 (61.2 MB)".
  virtual void note(std::string_view line) noexcept = 0;
  virtual void warn(std::string_view line) noexcept = 0;
  /// Machine-readable event for --json; ignored by the others.
  virtual void event(std::string_view kind, const JsonValue& fields) noexcept = 0;
};

/// Begins a task and ends it on destruction.
class ProgressTask {
 public:
  ProgressTask(Progress& progress, std::string_view task, std::uint64_t total = 0, bool unit_bytes = true) noexcept : progress_(progress) {
    progress_.begin(task, total, unit_bytes);
  }
  ~ProgressTask() { progress_.end(); }
  ProgressTask(const ProgressTask&) = delete;
  ProgressTask& operator=(const ProgressTask&) = delete;
  void advance(std::uint64_t amount) noexcept { progress_.advance(amount); }

 private:
  Progress& progress_;
};

Progress& silent_progress();

/// Where shown text goes (already complete lines, or a bar's redraw), and the time in seconds since some start.
struct ProgressOutput {
  std::function<void(std::string_view)> write;
  std::function<double()> now;
};

/// One line redrawn in place, at most ten times a second: share, amount, rate over the last ten seconds, and the time left that this rate
/// gives; "stalled" when nothing moves; no guess in the first two seconds. All implementations may be called from any thread.
std::unique_ptr<Progress> make_bar_progress(ProgressOutput output, std::size_t columns);
/// A line when a task begins, every ten seconds, and when it ends.
std::unique_ptr<Progress> make_plain_progress(ProgressOutput output);
/// One JSON object a line; at most one "progress" event a second.
std::unique_ptr<Progress> make_json_progress(ProgressOutput output);
/// Warnings only.
std::unique_ptr<Progress> make_quiet_progress(ProgressOutput output);

}  // namespace rootcellar
