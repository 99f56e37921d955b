#include "bundle/base/error.h"
#include "installer/host/accounts.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_accounts_limit = std::size_t{8} << 20;

// Digits alone would be taken for an id; no account of ours is named so.
std::optional<unsigned> id_in(const char* file, const std::string& name, ActionScope& scope) {
  return account_id(scope.host().read_file(file, k_accounts_limit).value_or(""), name);
}

bool has_user(const std::string& name, ActionScope& scope) { return id_in("/etc/passwd", name, scope).has_value(); }

}  // namespace

ProbeResult probe(const AddUser& action, ActionScope& scope) {
  return has_user(action.name, scope) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const AddUser& action, ActionScope& scope) {
  JsonValue undo = JsonValue::object();
  undo.set("user", JsonValue::boolean(has_user(action.name, scope)));
  if (const auto group = id_in("/etc/group", action.name, scope)) undo.set("group", JsonValue::number(*group));
  return undo;
}

void perform(const AddUser& action, ActionScope& scope) {
  if (has_user(action.name, scope)) return;
  std::vector<std::string> argv = {
      std::string(tools::k_useradd), "--system", "--home-dir", action.home, "--no-create-home", "--shell", "/usr/sbin/nologin"};
  if (id_in("/etc/group", action.name, scope))
    argv.insert(argv.end(), {"--gid", action.name});
  else
    argv.push_back("--user-group");
  argv.push_back(action.name);
  run_or_throw({.argv = std::move(argv), .time_limit = 60}, scope);
}

void take_back(const AddUser& action, const JsonValue& undo, bool, ActionScope& scope) {
  if (undo.truth("user").value_or(false)) return;
  if (has_user(action.name, scope)) run_or_throw({.argv = {std::string(tools::k_userdel), action.name}, .time_limit = 60}, scope);
  // userdel takes a group of the same name along, also one that was there before.
  const auto group = undo.u64("group");
  if (!group || id_in("/etc/group", action.name, scope)) return;
  run_or_throw({.argv = {std::string(tools::k_groupadd), "--gid", std::to_string(*group), action.name}, .time_limit = 60}, scope);
}

}  // namespace rootcellar
