#include "installer/run/package_accounts.h"

#include <set>

#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/own_file.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{8} << 20;

// An upgrade runs the same step again, with other accounts before it.
std::string note_path(const JsonValue& before, const ActionScope& scope) {
  return cat(attic_path(scope.context.paths), "/accounts-", scope.step.id, "-", sha256(as_bytes(before.dump())).hex(), ".json");
}

std::set<std::string> names_in_file(const char* file, HostSystem& host) {
  std::set<std::string> names;
  const std::string text = host.read_file(file, k_limit).value_or("");
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) names.emplace(line.substr(0, line.find(':')));
  }
  return names;
}

std::vector<std::string> texts(const JsonValue& object, std::string_view name) {
  std::vector<std::string> found;
  if (const JsonValue* list = object.find(name)) {
    for (const JsonValue& item : list->items()) found.push_back(item.as_string());
  }
  return found;
}

JsonValue appeared(const JsonValue& before, HostSystem& host) {
  const JsonValue now = accounts_now(host);
  JsonValue fresh = JsonValue::object();
  for (const char* kind : {"users", "groups"}) {
    const auto old = texts(before, kind);
    const std::set<std::string> known(old.begin(), old.end());
    std::vector<std::string> names;
    for (const std::string& name : texts(now, kind)) {
      if (!known.contains(name)) names.push_back(name);
    }
    fresh.set(kind, JsonValue::string_array(names));
  }
  return fresh;
}

// The fourth field of group(5): people who were added to a package's group.
bool has_members(const std::string& group, HostSystem& host) {
  const std::string text = host.read_file("/etc/group", k_limit).value_or("");
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with(group + ':')) return !line.ends_with(':');
  }
  return false;
}

void remove_account(std::string_view tool, const std::string& name, ActionScope& scope) {
  const ToolResult result = run_logged({.argv = {std::string(tool), name}, .time_limit = 60}, scope);
  if (result.exit_code != 0) scope.context.progress.warn(cat("account '", name, "' is left: ", describe_failure(result, 60)));
}

}  // namespace

JsonValue accounts_now(HostSystem& host) {
  const auto users = names_in_file("/etc/passwd", host);
  const auto groups = names_in_file("/etc/group", host);
  JsonValue accounts = JsonValue::object();
  accounts.set("users", JsonValue::string_array({users.begin(), users.end()}));
  accounts.set("groups", JsonValue::string_array({groups.begin(), groups.end()}));
  return accounts;
}

void note_new_accounts(const JsonValue& before, ActionScope& scope) {
  scope.host().make_directories(attic_path(scope.context.paths), 0700);
  scope.host().write_file(note_path(before, scope), appeared(before, scope.host()).dump(), 0600);
}

// Without a note the installation was stopped before its end, and what appeared is the packages'.
void remove_noted_accounts(const JsonValue& before, ActionScope& scope) {
  HostSystem& host = scope.host();
  const auto note = host.read_file(note_path(before, scope), k_limit);
  const JsonValue fresh = note ? parse_json(*note, note_path(before, scope)) : appeared(before, host);
  for (const std::string& user : texts(fresh, "users")) {
    if (names_in_file("/etc/passwd", host).contains(user)) remove_account(tools::k_userdel, user, scope);
  }
  for (const std::string& group : texts(fresh, "groups")) {
    if (!names_in_file("/etc/group", host).contains(group)) continue;
    if (has_members(group, host))
      scope.context.progress.warn(cat("group '", group, "' is left: it has members"));
    else
      remove_account(tools::k_groupdel, group, scope);
  }
}

}  // namespace rootcellar
