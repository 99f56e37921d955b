#include "installer/commands/event_log.h"

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_log_limit = std::size_t{64} << 20;
constexpr std::chrono::milliseconds k_pause{500};  // between two "advance" lines: each is written through to the disk

std::vector<std::string> text_items(const JsonValue& value, std::string_view name) {
  std::vector<std::string> items;
  const JsonValue* list = value.find(name);
  if (list == nullptr) return items;
  for (const JsonValue& item : list->items()) items.push_back(item.as_string());
  return items;
}

JsonValue one_text(std::string_view name, std::string_view text) {
  return JsonValue::object({{std::string(name), JsonValue::string(std::string(text))}});
}

}  // namespace

EventLog::EventLog(HostSystem& host, std::string path) : host_(host), path_(std::move(path)) { host_.write_file(path_, "", 0640); }

void EventLog::write(std::string_view kind, JsonValue fields) noexcept {
  try {
    JsonValue line = JsonValue::object({{"event", JsonValue::string(std::string(kind))}});
    for (auto& [name, value] : fields.members()) line.set(name, std::move(value));
    host_.append_durably(path_, cat(line.dump(), "\n"));
  } catch (const std::exception&) {
    // Progress cannot fail an operation: who watches sees less, the installation goes on.
  }
}

void EventLog::flush_amount() noexcept {
  if (amount_ == 0) return;
  write("advance", JsonValue::object({{"amount", JsonValue::number(amount_)}}));
  amount_ = 0;
  written_ = std::chrono::steady_clock::now();
}

void EventLog::begin(std::string_view task, std::uint64_t total, bool unit_bytes) noexcept {
  write("begin", JsonValue::object({{"task", JsonValue::string(std::string(task))},
                                    {"total", JsonValue::number(total)},
                                    {"bytes", JsonValue::boolean(unit_bytes)}}));
}

void EventLog::advance(std::uint64_t amount) noexcept {
  amount_ += amount;
  if (std::chrono::steady_clock::now() - written_ >= k_pause) flush_amount();
}

void EventLog::end() noexcept {
  flush_amount();
  write("end", JsonValue::object());
}

void EventLog::note(std::string_view line) noexcept { write("note", one_text("line", line)); }
void EventLog::warn(std::string_view line) noexcept { write("warn", one_text("line", line)); }
void EventLog::event(std::string_view kind, const JsonValue& fields) noexcept { write(kind, fields); }

void EventLog::failed(const Error& error) noexcept {
  write("result", JsonValue::object({{"exit_code", JsonValue::number(static_cast<std::uint64_t>(error.code()))},
                                     {"message", JsonValue::string(error.message())},
                                     {"hint", JsonValue::string(error.hint())},
                                     {"machine_state", JsonValue::string(error.machine_state())},
                                     {"notes", JsonValue::string_array(error.notes())}}));
}

void EventLog::failed(ExitCode code, const std::string& message) noexcept {
  write("result",
        JsonValue::object({{"exit_code", JsonValue::number(static_cast<std::uint64_t>(code))}, {"message", JsonValue::string(message)}}));
}

void EventLog::missing_volume(std::uint32_t volume, const std::string& label) noexcept {
  write("missing-volume", JsonValue::object({{"volume", JsonValue::number(volume)}, {"label", JsonValue::string(label)}}));
}

void EventFollower::handle(const JsonValue& line) {
  const std::string kind = line.text("event").value_or("");
  if (kind == "begin") progress_.begin(line.text("task").value_or(""), line.u64("total").value_or(0), line.truth("bytes").value_or(false));
  if (kind == "advance") progress_.advance(line.u64("amount").value_or(0));
  if (kind == "end") progress_.end();
  if (kind == "note") progress_.note(line.text("line").value_or(""));
  if (kind == "warn") progress_.warn(line.text("line").value_or(""));
  if (kind == "step") progress_.event("step", line);
  if (kind == "missing-volume")
    missing_ = MissingVolume{static_cast<std::uint32_t>(line.u64("volume").value_or(0)), line.text("label").value_or("")};
  if (kind != "result") return;
  result_ = RunResult{static_cast<ExitCode>(line.u64("exit_code").value_or(static_cast<std::uint64_t>(ExitCode::bug))),
                      line.text("message").value_or(""), line.text("hint").value_or(""), line.text("machine_state").value_or(""),
                      text_items(line, "notes")};
}

void EventFollower::poll() {
  const std::string text = host_.read_file(path_, k_log_limit).value_or("");
  while (offset_ < text.size()) {
    const std::size_t end = text.find('\n', offset_);
    if (end == std::string::npos) return;
    handle(parse_json(std::string_view(text).substr(offset_, end - offset_), path_));
    offset_ = end + 1;
  }
}

}  // namespace rootcellar
