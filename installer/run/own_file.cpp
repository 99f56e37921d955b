#include "installer/run/own_file.h"

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_previous_limit = std::size_t{256} << 20;  // what people keep where a bundle places files: programs at most

JsonValue missing_parents(const std::string& path, HostSystem& host) {
  JsonValue missing = JsonValue::array();
  for (std::string parent = path_parent(path); parent != "/" && !host.exists(parent); parent = path_parent(parent))
    missing.push(JsonValue::string(parent));
  return missing;
}

void keep_bytes(const std::string& path, const Digest& digest, RunContext& context) {
  const std::string attic = attic_path(context.paths);
  const std::string kept = path_join(attic, digest.hex());
  if (context.host.exists(kept)) return;
  const auto bytes = context.host.read_file(path, k_previous_limit);
  context.host.make_directories(attic, 0700);
  context.host.write_file(kept, bytes.value_or(""), 0600);
}

void keep_file(const std::string& path, const FileStatus& found, JsonValue& undo, RunContext& context) {
  const auto digest = context.host.digest(path);
  if (!digest) throw SystemError(cat("cannot keep '", path, "': it vanished"));
  keep_bytes(path, *digest, context);
  undo.set("previous", JsonValue::string("file"));
  undo.set("digest", JsonValue::string(digest->named()));
  undo.set("mode", JsonValue::number(found.mode));
  undo.set("uid", JsonValue::number(found.uid));
  undo.set("gid", JsonValue::number(found.gid));
}

void put_file_back(const std::string& path, const JsonValue& undo, RunContext& context) {
  const auto digest = Digest::from_named(undo.text("digest").value_or(""));
  const std::string kept = path_join(attic_path(context.paths), digest ? digest->hex() : "");
  const auto bytes = context.host.read_file(kept, k_previous_limit);
  if (!bytes) throw SystemError(cat("cannot put back '", path, "': expected its former content in '", kept, "', found nothing"));
  const Owner owner{std::to_string(undo.u64("uid").value_or(0)), std::to_string(undo.u64("gid").value_or(0))};
  context.host.write_file(path, *bytes, static_cast<unsigned>(undo.u64("mode").value_or(0644)), owner);
}

void remove_made_parents(const JsonValue& undo, HostSystem& host) {
  const JsonValue* parents = undo.find("parents");
  if (parents == nullptr) return;
  for (const JsonValue& parent : parents->items()) {
    if (host.exists(parent.as_string()) && host.list(parent.as_string()).empty()) host.remove(parent.as_string());
  }
}

// Ours is there, or nothing: then taking it back loses nobody's work. A link is never ours.
bool changed_since(const std::string& path, const JsonValue& undo, HostSystem& host) {
  const auto found = host.status(path);
  if (!found) return false;
  const auto ours = Digest::from_named(undo.text("ours").value_or(""));
  if (found->type == FileStatus::Type::symlink) return host.read_link(path) != undo.text("target");
  const auto now = host.digest(path);
  if (!now || !ours) return !now;
  return *now != *ours && now->named() != undo.text("digest").value_or("");
}

}  // namespace

std::string attic_path(const SitePaths& paths) { return path_join(paths.state, "attic"); }

JsonValue keep_previous(const std::string& path, const std::optional<Digest>& ours, RunContext& context) {
  JsonValue undo = JsonValue::object();
  const auto found = context.host.status(path);
  if (!found) {
    undo.set("previous", JsonValue::string("absent"));
    undo.set("parents", missing_parents(path, context.host));
  } else if (found->type == FileStatus::Type::file) {
    keep_file(path, *found, undo, context);
  } else if (found->type == FileStatus::Type::symlink) {
    undo.set("previous", JsonValue::string("symlink"));
    undo.set("target", JsonValue::string(context.host.read_link(path).value_or("")));
  } else {
    throw HostError(cat("cannot write '", path, "': expected a file or nothing there, found a directory or a device"), "move it away");
  }
  if (ours) undo.set("ours", JsonValue::string(ours->named()));
  return undo;
}

void put_in_place(const std::string& path, unsigned mode, const Owner& owner, RunContext& context,
                  const std::function<void(Sink&)>& write) {
  context.host.make_directories(path_parent(path));
  remove_leftovers(path, context.host);
  auto file = context.host.create_file(path, mode, owner);
  write(*file);
  file->commit(true);
  context.host.sync_filesystem(path);
}

void put_back_previous(const std::string& path, const JsonValue& undo, RunContext& context) {
  HostSystem& host = context.host;
  remove_leftovers(path, host);
  if (changed_since(path, undo, host)) {
    context.progress.warn(cat("'", path, "' was changed since the installation and is left as it is"));
    return;
  }
  const std::string previous = undo.text("previous").value_or("absent");
  if (previous == "file") put_file_back(path, undo, context);
  if (previous == "symlink") host.make_symlink(undo.text("target").value_or(""), path);
  if (previous == "absent") host.remove(path);
  remove_made_parents(undo, host);
  host.sync_filesystem(path_parent(path));
}

void remove_leftovers(const std::string& path, HostSystem& host) {
  const std::string parent = path_parent(path);
  const std::string prefix = cat('.', path_name(path).substr(0, 200), '.');
  for (const std::string& name : host.list(parent)) {
    if (name.starts_with(prefix) && name.ends_with(".part")) host.remove(path_join(parent, name));
  }
}

}  // namespace rootcellar
