#include <algorithm>

#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

struct SwapDevice {
  std::string path;
  std::string priority;  ///< empty: the kernel's own choice
};

// /proc/swaps: a head line, then path, type, size, used and priority. Blanks in a path are written as \040.
std::string unescaped(std::string_view word) {
  std::string path;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool octal = word[i] == '\\' && i + 3 < word.size();
    if (octal) path.push_back(static_cast<char>((word[i + 1] - '0') * 64 + (word[i + 2] - '0') * 8 + (word[i + 3] - '0')));
    if (octal) i += 3;
    if (!octal) path.push_back(word[i]);
  }
  return path;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (!(line = trim(line)).empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

std::vector<SwapDevice> swaps_on(ActionScope& scope) {
  std::vector<SwapDevice> devices;
  const std::string text = scope.host().read_file("/proc/swaps", std::size_t{1} << 20).value_or("");
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 5 || !words[0].starts_with('/')) continue;
    // Below zero the kernel counted by itself, in the order of switching on.
    devices.push_back({unescaped(words[0]), words[4].starts_with('-') ? "" : words[4]});
  }
  return devices;
}

std::vector<SwapDevice> unwanted(const SwapOff& action, ActionScope& scope) {
  std::vector<SwapDevice> devices = swaps_on(scope);
  std::erase_if(devices, [&](const SwapDevice& device) {
    return std::find(action.keep.begin(), action.keep.end(), device.path) != action.keep.end();
  });
  return devices;
}

bool is_on(const std::string& path, ActionScope& scope) {
  const std::vector<SwapDevice> devices = swaps_on(scope);
  return std::any_of(devices.begin(), devices.end(), [&](const SwapDevice& device) { return device.path == path; });
}

}  // namespace

ProbeResult probe(const SwapOff& action, ActionScope& scope) {
  return unwanted(action, scope).empty() ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const SwapOff& action, ActionScope& scope) {
  JsonValue on = JsonValue::array();
  for (const SwapDevice& device : unwanted(action, scope))
    on.push(JsonValue::object({{"path", JsonValue::string(device.path)}, {"priority", JsonValue::string(device.priority)}}));
  return JsonValue::object({{"on", on}});
}

void perform(const SwapOff& action, ActionScope& scope) {
  for (const SwapDevice& device : unwanted(action, scope))
    run_or_throw({.argv = {std::string(tools::k_swapoff), device.path}, .time_limit = 900}, scope);  // what is in it moves into memory
}

void take_back(const SwapOff&, const JsonValue& undo, bool, ActionScope& scope) {
  const JsonValue* on = undo.find("on");
  if (on == nullptr) return;
  for (const JsonValue& device : on->items()) {
    const std::string path = device.text("path").value_or("");
    const std::string priority = device.text("priority").value_or("");
    if (is_on(path, scope)) continue;
    if (!scope.host().exists(path)) {
      scope.context.progress.warn(cat("swap '", path, "' is no longer there and stays off"));
      continue;
    }
    std::vector<std::string> argv = {std::string(tools::k_swapon)};
    if (!priority.empty()) argv.insert(argv.end(), {"--priority", priority});
    argv.push_back(path);
    run_or_throw({.argv = std::move(argv), .time_limit = 60}, scope);
  }
}

}  // namespace rootcellar
