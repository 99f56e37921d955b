#include "bundle/base/progress.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr double k_window = 10;        // seconds the rate looks back
constexpr double k_first_guess = 2;    // seconds before an ETA is more than a guess
constexpr double k_sample_gap = 0.25;  // seconds between remembered samples
constexpr std::size_t k_bar_width = 20;

/// How far a task is and how fast it goes now.
class Meter {
 public:
  Meter(std::string name, std::uint64_t whole, bool in_bytes, double now)
      : task(std::move(name)), total(whole), is_bytes(in_bytes), start(now), samples_{{now, 0}} {}

  void advance(std::uint64_t amount, double now) {
    done += amount;
    if (now - samples_.back().when >= k_sample_gap) samples_.push_back({now, done});
    while (samples_.size() > 2 && now - samples_[1].when >= k_window) samples_.pop_front();
  }

  /// Amount per second over the window; nothing while it is too short to tell.
  std::optional<double> rate(double now) const {
    const double seconds = now - samples_.front().when;
    if (seconds < k_first_guess) return std::nullopt;
    return static_cast<double>(done - samples_.front().done) / seconds;
  }

  std::string amount(std::uint64_t number) const { return is_bytes ? human_size(number) : std::to_string(number); }

  std::string amounts() const { return total == 0 ? amount(done) : cat(amount(done), " of ", amount(total)); }

  std::string speed(double per_second) const {
    if (is_bytes) return cat(human_size(static_cast<std::uint64_t>(per_second)), "/s");
    return per_second >= 1 ? cat(static_cast<std::uint64_t>(per_second), "/s") : cat(static_cast<std::uint64_t>(per_second * 60), "/min");
  }

  unsigned percent() const {
    return total == 0 ? 0 : static_cast<unsigned>(std::min(done, total) * 1.0 / static_cast<double>(total) * 100);
  }

  std::string outlook(double now) const {
    const auto per_second = rate(now);
    if (!per_second || (total != 0 && done >= total)) return {};
    if (*per_second <= 0) return ", stalled";
    std::string text = cat(", ", speed(*per_second));
    if (total > 0)
      text += cat(", ", human_duration(static_cast<std::uint64_t>(std::ceil(static_cast<double>(total - done) / *per_second))), " left");
    return text;
  }

  /// The line that stays: "TASK: 3.0 GB in 35 s (85.7 MB/s)".
  std::string summary(double now) const {
    if (!counts()) return cat(task, ": ", time_spent(now));
    const double seconds = now - start;
    std::string text = cat(task, ": ", amount(done), " in ", time_spent(now));
    if (is_bytes && seconds >= 1) text += cat(" (", speed(static_cast<double>(done) / seconds), ")");
    return text;
  }

  /// "3.0 GB of 5.0 GB, 85.7 MB/s, 24 s left"; of a task that counts nothing, how long it has been at it.
  std::string state(double now) const { return counts() ? cat(amounts(), outlook(now)) : time_spent(now); }

  std::string task;
  std::uint64_t total;
  bool is_bytes;
  double start;
  std::uint64_t done = 0;
  double shown = -1e9;  // when this task was last shown

 private:
  struct Sample {
    double when;
    std::uint64_t done;
  };
  bool counts() const { return total > 0 || done > 0 || is_bytes; }
  std::string time_spent(double now) const { return human_duration(static_cast<std::uint64_t>(std::llround(now - start))); }

  std::deque<Sample> samples_;
};

/// What the shown kinds share: tasks that may nest, one lock, and that nothing ever escapes.
class TaskProgress : public Progress {
 public:
  explicit TaskProgress(ProgressOutput output) : output_(std::move(output)) {}

  void begin(std::string_view task, std::uint64_t total, bool unit_bytes) noexcept override {
    safely([&] {
      tasks_.emplace_back(std::string(task), total, unit_bytes, output_.now());
      on_begin(tasks_.back());
    });
  }
  void advance(std::uint64_t amount) noexcept override {
    safely([&] {
      if (tasks_.empty()) return;
      const double now = output_.now();
      Meter& meter = tasks_.back();
      meter.advance(amount, now);
      if (now - meter.shown < interval()) return;
      meter.shown = now;
      on_advance(meter, now);
    });
  }
  void end() noexcept override {
    safely([&] {
      if (tasks_.empty()) return;
      const Meter meter = std::move(tasks_.back());
      tasks_.pop_back();
      on_end(meter, output_.now());
    });
  }
  void note(std::string_view line) noexcept override {
    safely([&] { on_line("note", line); });
  }
  void warn(std::string_view line) noexcept override {
    safely([&] { on_line("warning", line); });
  }
  void event(std::string_view kind, const JsonValue& fields) noexcept override {
    safely([&] { on_event(kind, fields); });
  }

 protected:
  virtual double interval() const = 0;  ///< seconds between two on_advance()
  virtual void on_begin(Meter& meter) = 0;
  virtual void on_advance(const Meter& meter, double now) = 0;
  virtual void on_end(const Meter& meter, double now) = 0;
  virtual void on_line(std::string_view kind, std::string_view line) = 0;
  virtual void on_event(std::string_view, const JsonValue&) {}

  void write(std::string_view text) { output_.write(text); }
  double now() const { return output_.now(); }

 private:
  template <typename Action>
  void safely(const Action& action) noexcept {
    try {
      const std::lock_guard lock(mutex_);
      action();
    } catch (...) {
      // Showing progress can never fail what makes it: a closed terminal is not an error of the work.
    }
  }

  ProgressOutput output_;
  std::mutex mutex_;
  std::vector<Meter> tasks_;
};

std::string line_text(std::string_view kind, std::string_view line) { return cat(kind == "warning" ? "warning: " : "", line, "\n"); }

class BarProgress final : public TaskProgress {
 public:
  BarProgress(ProgressOutput output, std::size_t columns) : TaskProgress(std::move(output)), columns_(std::max<std::size_t>(columns, 20)) {}

 private:
  double interval() const override { return 0.1; }
  void on_begin(Meter& meter) override { draw(meter, now()); }
  void on_advance(const Meter& meter, double now) override { draw(meter, now); }
  void on_end(const Meter& meter, double now) override {
    write(cat("\r\x1b[K", meter.summary(now), "\n"));
    drawn_.clear();
  }
  void on_line(std::string_view kind, std::string_view line) override {
    write(drawn_.empty() ? line_text(kind, line) : cat("\r\x1b[K", line_text(kind, line), drawn_));
  }

  void draw(const Meter& meter, double now) {
    std::string line = meter.task;
    if (meter.total > 0) {
      const std::size_t filled = meter.percent() * k_bar_width / 100;
      line += cat(" [", std::string(filled, '#'), std::string(k_bar_width - filled, '.'), "] ", meter.percent(), "%");
    }
    line += cat(" ", meter.state(now));
    drawn_ = line.substr(0, columns_ - 1);
    write(cat("\r\x1b[K", drawn_));
  }

  std::size_t columns_;
  std::string drawn_;
};

class PlainProgress final : public TaskProgress {
 public:
  using TaskProgress::TaskProgress;

 private:
  double interval() const override { return 10; }
  void on_begin(Meter& meter) override {
    meter.shown = meter.start;
    write(cat(meter.task, meter.total == 0 ? std::string() : cat(" (", meter.amount(meter.total), ")"), "\n"));
  }
  void on_advance(const Meter& meter, double now) override {
    const std::string share = meter.total == 0 ? std::string() : cat(meter.percent(), "%, ");
    write(cat(meter.task, ": ", share, meter.state(now), "\n"));
  }
  void on_end(const Meter& meter, double now) override { write(meter.summary(now) + "\n"); }
  void on_line(std::string_view kind, std::string_view line) override { write(line_text(kind, line)); }
};

class JsonProgress final : public TaskProgress {
 public:
  using TaskProgress::TaskProgress;

 private:
  double interval() const override { return 1; }
  void on_begin(Meter& meter) override {
    meter.shown = meter.start;
    send("begin", meter);
  }
  void on_advance(const Meter& meter, double) override { send("progress", meter); }
  void on_end(const Meter& meter, double) override { send("end", meter); }
  void on_line(std::string_view kind, std::string_view line) override {
    on_event(kind, JsonValue::object({{"text", JsonValue::string(std::string(line))}}));
  }
  void on_event(std::string_view kind, const JsonValue& fields) override {
    JsonValue object = JsonValue::object({{"event", JsonValue::string(std::string(kind))}});
    for (const auto& [name, value] : fields.members()) object.set(name, value);
    write(object.dump() + "\n");
  }

  void send(std::string_view kind, const Meter& meter) {
    JsonValue fields = JsonValue::object({{"task", JsonValue::string(meter.task)}, {"done", JsonValue::number(meter.done)}});
    if (meter.total > 0) fields.set("total", JsonValue::number(meter.total));
    fields.set("unit", JsonValue::string(meter.is_bytes ? "bytes" : "items"));
    on_event(kind, fields);
  }
};

class QuietProgress final : public TaskProgress {
 public:
  using TaskProgress::TaskProgress;

 private:
  double interval() const override { return 1e9; }
  void on_begin(Meter&) override {}
  void on_advance(const Meter&, double) override {}
  void on_end(const Meter&, double) override {}
  void on_line(std::string_view kind, std::string_view line) override {
    if (kind == "warning") write(line_text(kind, line));
  }
};

class SilentProgress final : public Progress {
 public:
  void begin(std::string_view, std::uint64_t, bool) noexcept override {}
  void advance(std::uint64_t) noexcept override {}
  void end() noexcept override {}
  void note(std::string_view) noexcept override {}
  void warn(std::string_view) noexcept override {}
  void event(std::string_view, const JsonValue&) noexcept override {}
};

}  // namespace

Progress& silent_progress() {
  static SilentProgress progress;  // has no state
  return progress;
}

std::unique_ptr<Progress> make_bar_progress(ProgressOutput output, std::size_t columns) {
  return std::make_unique<BarProgress>(std::move(output), columns);
}
std::unique_ptr<Progress> make_plain_progress(ProgressOutput output) { return std::make_unique<PlainProgress>(std::move(output)); }
std::unique_ptr<Progress> make_json_progress(ProgressOutput output) { return std::make_unique<JsonProgress>(std::move(output)); }
std::unique_ptr<Progress> make_quiet_progress(ProgressOutput output) { return std::make_unique<QuietProgress>(std::move(output)); }

}  // namespace rootcellar
