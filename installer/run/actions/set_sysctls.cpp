#include <algorithm>

#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"

namespace rootcellar {
namespace {

struct Setting {
  std::string name;
  std::string value;
  bool at_least = false;  ///< more is as good
};

Setting parse_setting(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos) throw InputError(cat("kernel setting '", printable(text), "': expected NAME=VALUE"));
  std::string_view name = std::string_view(text).substr(0, equals);
  const bool at_least = name.ends_with('>');
  if (at_least) name.remove_suffix(1);
  return {std::string(trim(name)), std::string(trim(std::string_view(text).substr(equals + 1))), at_least};
}

// sysctl(8): whichever of '.' and '/' comes first separates; the other is then part of a name ("net/ipv4/conf/eth0.1/forwarding").
std::string path_of(const std::string& name) {
  std::string path = name;
  const std::size_t first = path.find_first_of("./");
  if (first != path.npos && path[first] == '.') {
    for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
  }
  return cat("/proc/sys/", path);
}

// Settings of several numbers are separated by tabs there and by blanks here.
std::string even_blanks(std::string_view value) {
  std::string even;
  for (const char c : trim(value)) {
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (!blank || even.back() != ' ') even.push_back(blank ? ' ' : c);
  }
  return even;
}

std::optional<std::string> value_now(const std::string& name, ActionScope& scope) {
  const auto text = scope.host().read_file(path_of(name), std::size_t{64} << 10);
  return text ? std::optional(even_blanks(*text)) : std::nullopt;
}

bool fits(const Setting& setting, const std::optional<std::string>& now) {
  if (!now || !setting.at_least) return now == even_blanks(setting.value);
  return parse_u64(*now).value_or(0) >= parse_u64(setting.value).value_or(0);
}

void set_value(const Setting& setting, ActionScope& scope) {
  if (!value_now(setting.name, scope)) {
    throw HostError(cat("cannot set '", setting.name, "': expected '", path_of(setting.name), "', found none"),
                    setting.name.starts_with("net.bridge.") ? "the kernel module br_netfilter makes it; it is not loaded"
                                                            : "this kernel lacks the setting, or the module that makes it is not loaded");
  }
  scope.host().set_kernel_value(path_of(setting.name), setting.value);
}

}  // namespace

ProbeResult probe(const SetSysctls& action, ActionScope& scope) {
  const bool same = std::all_of(action.settings.begin(), action.settings.end(), [&](const std::string& text) {
    const Setting setting = parse_setting(text);
    return fits(setting, value_now(setting.name, scope));
  });
  return same ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const SetSysctls& action, ActionScope& scope) {
  JsonValue before = JsonValue::object();
  for (const std::string& text : action.settings) {
    const Setting setting = parse_setting(text);
    const auto now = value_now(setting.name, scope);
    if (now && !fits(setting, now)) before.set(setting.name, JsonValue::string(*now));
  }
  return JsonValue::object({{"before", before}});
}

void perform(const SetSysctls& action, ActionScope& scope) {
  for (const std::string& text : action.settings) {
    const Setting setting = parse_setting(text);
    if (!fits(setting, value_now(setting.name, scope))) set_value(setting, scope);
  }
}

// What somebody set otherwise since is theirs.
void take_back(const SetSysctls& action, const JsonValue& undo, bool, ActionScope& scope) {
  const JsonValue* before = undo.find("before");
  if (before == nullptr) return;
  for (const std::string& text : action.settings) {
    const Setting setting = parse_setting(text);
    const auto former = before->text(setting.name);
    if (former && value_now(setting.name, scope) == even_blanks(setting.value)) set_value({setting.name, *former}, scope);
  }
}

}  // namespace rootcellar
