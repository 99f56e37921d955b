#include "bundle/base/error.h"
#include "installer/host/accounts.h"
#include "installer/run/actions/actions.h"

namespace rootcellar {
namespace {

// Missing directories from the topmost down to `path`.
std::vector<std::string> missing_levels(const std::string& path, HostSystem& host) {
  std::vector<std::string> missing;
  for (std::string level = path; level != "/" && !host.exists(level); level = path_parent(level)) missing.insert(missing.begin(), level);
  return missing;
}

void remove_if_empty(const std::string& path, HostSystem& host) {
  const auto found = host.status(path);
  if (found && found->type == FileStatus::Type::directory && host.list(path).empty()) host.remove(path);
}

constexpr std::size_t k_accounts_limit = std::size_t{8} << 20;

struct Ids {
  unsigned uid = 0;
  unsigned gid = 0;
};

/// Kept data that belongs to somebody else than the service that will use it: an account made anew may have another number.
std::optional<Ids> other_owner(const MakeDirectory& action, HostSystem& host) {
  const auto found = host.status(action.path);
  if (!action.keep || action.owner.user.empty() || action.owner == Owner{}) return std::nullopt;
  if (!found || found->type != FileStatus::Type::directory) return std::nullopt;
  const auto uid = account_id(host.read_file("/etc/passwd", k_accounts_limit).value_or(""), action.owner.user);
  const auto gid = account_id(host.read_file("/etc/group", k_accounts_limit).value_or(""), action.owner.group);
  if (!uid || !gid || (found->uid == *uid && found->gid == *gid)) return std::nullopt;
  return Ids{*uid, *gid};
}

void give_back_to_former_owner(const MakeDirectory& action, const JsonValue& undo, HostSystem& host) {
  const auto uid = undo.u64("uid");
  const auto gid = undo.u64("gid");
  if (uid && gid && host.exists(action.path))
    host.change_owner_of_tree(action.path, static_cast<unsigned>(*uid), static_cast<unsigned>(*gid));
}

}  // namespace

ProbeResult probe(const MakeDirectory& action, ActionScope& scope) {
  const auto found = scope.host().status(action.path);
  // A link to a directory is how people move data to a larger disk.
  const bool is_there = found && (found->type == FileStatus::Type::directory || found->type == FileStatus::Type::symlink);
  return is_there && !other_owner(action, scope.host()) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const MakeDirectory& action, ActionScope& scope) {
  JsonValue undo = JsonValue::object();
  undo.set("made", JsonValue::string_array(missing_levels(action.path, scope.host())));
  if (other_owner(action, scope.host())) {
    const auto found = scope.host().status(action.path);
    undo.set("uid", JsonValue::number(found->uid));
    undo.set("gid", JsonValue::number(found->gid));
  }
  return undo;
}

void perform(const MakeDirectory& action, ActionScope& scope) {
  const std::string parent = path_parent(action.path);
  scope.host().make_directories(parent);
  scope.host().make_directory(action.path, action.mode, action.owner);
  if (const auto ids = other_owner(action, scope.host())) scope.host().change_owner_of_tree(action.path, ids->uid, ids->gid);
  scope.host().sync_filesystem(action.path);
}

void take_back(const MakeDirectory& action, const JsonValue& undo, bool purge_data, ActionScope& scope) {
  HostSystem& host = scope.host();
  const JsonValue* made = undo.find("made");
  if (made == nullptr) return;
  if (action.keep && purge_data) host.remove_tree(action.path);
  give_back_to_former_owner(action, undo, host);
  for (auto level = made->items().rbegin(); level != made->items().rend(); ++level) remove_if_empty(level->as_string(), host);
  host.sync_filesystem(action.path);
  if (!host.exists(action.path)) return;
  if (action.keep) scope.context.kept.push_back(action.path);
  if (!action.keep) scope.context.progress.warn(cat("'", action.path, "' is not empty and is left as it is"));
}

}  // namespace rootcellar
