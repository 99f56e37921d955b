#include "installer/care/backup.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/care/backup_file.h"
#include "installer/run/cluster_api.h"
#include "installer/run/json_at.h"
#include "installer/run/own_file.h"
#include "installer/run/static_pods.h"

namespace rootcellar {
namespace {

constexpr const char* k_etcd = "/var/lib/etcd";
constexpr const char* k_pki = "/etc/kubernetes/pki";
constexpr std::uint64_t k_reserve = std::uint64_t{64} << 20;         // etcd's log may grow until it stands still
constexpr std::uint64_t k_fat_limit = (std::uint64_t{4} << 30) - 1;  // of one file

void add_tree(const std::string& path, const std::string& name, HostSystem& host, std::vector<BackupSource>& sources) {
  for (const std::string& entry : host.list(path)) {
    const std::string below = path_join(path, entry), inside = cat(name, "/", entry);
    const auto found = host.status(below);
    if (found && found->type == FileStatus::Type::directory) add_tree(below, inside, host, sources);
    if (found && found->type == FileStatus::Type::file) sources.push_back({inside, below, found->size, found->mode});
  }
}

std::uint64_t bytes_of(const std::vector<BackupSource>& sources) {
  std::vector<std::uint64_t> sizes;
  for (const BackupSource& source : sources) sizes.push_back(source.size);
  return backup_bytes(sizes);
}

void require_room(const std::string& folder, const std::vector<BackupSource>& sources, HostSystem& host) {
  const SpaceFacts space = host.space(folder);
  const std::uint64_t needed = bytes_of(sources) + k_reserve;
  if (space.read_only) throw HostError(cat("cannot back up to '", folder, "': its filesystem is read-only"));
  if (space.available < needed) {
    throw HostError(
        cat("cannot back up to '", folder, "': it needs ", human_size(needed), ", and ", human_size(space.available), " are free"),
        "make room there, or name another folder with --to");
  }
  if (space.filesystem == "vfat" && needed > k_fat_limit)
    throw HostError(cat("cannot back up to '", folder, "': a file of ", human_size(needed), " is more than FAT32 can hold"));
}

/// Of several, one's data are no cluster: the others would have to be gone, and etcd would have to forget them.
void require_only_one(const ActionScope& scope) {
  const ClusterApi api(scope, k_admin_kubeconfig);
  std::size_t count = 0;
  const JsonValue nodes = api.get_json({"nodes"}).value_or(JsonValue());
  for (const JsonValue& node : items_at(nodes, {"items"})) {
    const JsonValue* labels = find_at(node, {"metadata", "labels"});
    const auto has = [&](std::string_view name) { return labels != nullptr && labels->find(name) != nullptr; };
    if (has("node-role.kubernetes.io/control-plane") || has("node-role.kubernetes.io/master")) ++count;
  }
  if (count > 1) throw HostError(cat("cannot back up: the cluster has ", count, " control-plane nodes, and 'restore' brings back one"));
}

std::string file_name(const BackupFacts& facts) {
  std::string time = format_time(facts.time);
  std::replace(time.begin(), time.end(), ':', '-');  // which FAT does not take
  return cat(facts.product, "-", facts.node, "-", time, ".tar");
}

/// What a backup that was killed left; its name had another time.
void remove_parts(const std::string& folder, const BackupFacts& facts, HostSystem& host) {
  const std::string prefix = cat(".", facts.product, "-", facts.node, "-");
  for (const std::string& name : host.list(folder)) {
    if (name.starts_with(prefix) && name.ends_with(".part")) host.remove(path_join(folder, name));
  }
}

void write_members(const std::string& path, const BackupFacts& facts, const ActionScope& scope) {
  HostSystem& host = scope.host();
  const std::vector<BackupSource> sources = backup_sources(host, scope.context.paths);
  const std::unique_ptr<StagedFile> file = host.create_file(path, 0600, {"", ""});
  BackupWriter writer(*file, facts.time);
  for (const BackupSource& source : sources) {
    const std::unique_ptr<Source> content = host.open_source(source.path);
    if (!content) throw SystemError(cat("cannot back up '", source.path, "': it went away"));
    writer.add(source.name, source.mode, source.size, *content);
    scope.context.progress.note(source.path);
  }
  writer.finish(facts);
  file->commit(true);
  host.sync_filesystem(path);
}

std::unique_ptr<Source> open_backup(const std::string& file, HostSystem& host) {
  std::unique_ptr<Source> source = host.open_source(file);
  if (!source) throw InputError(cat("cannot restore '", file, "': expected a file, found none"));
  return source;
}

}  // namespace

std::vector<BackupSource> backup_sources(HostSystem& host, const SitePaths& paths) {
  std::vector<BackupSource> sources;
  add_tree(k_etcd, "etcd", host, sources);
  add_tree(k_pki, "pki", host, sources);
  add_tree(paths.secrets(), "secrets", host, sources);
  const std::string answers = path_join(paths.config, "answers.yaml");
  const auto found = host.status(answers);
  if (found) sources.push_back({"answers.yaml", answers, found->size, found->mode});
  std::sort(sources.begin(), sources.end(), [](const BackupSource& a, const BackupSource& b) { return a.name < b.name; });
  return sources;
}

void require_backup_possible(const std::string& folder, const ActionScope& scope) {
  HostSystem& host = scope.host();
  if (!host.exists(path_join(k_etcd, "member")) || !host.exists(path_join(k_pki, "ca.key"))) {
    throw HostError("cannot back up: this machine has no part of a cluster's memory (/var/lib/etcd, /etc/kubernetes/pki/ca.key)",
                    "run it on the control-plane node");
  }
  const auto found = host.status(folder);
  if (!found || found->type != FileStatus::Type::directory) {
    throw InputError(cat("cannot back up to '", folder, "': expected a folder, found ", found ? "something else" : "none"),
                     "a stick has to be mounted first");
  }
  require_room(folder, backup_sources(host, scope.context.paths), host);
  require_only_one(scope);
}

std::string take_backup(const std::string& folder, const BackupFacts& facts, const ActionScope& scope) {
  const std::string path = path_join(folder, file_name(facts));
  remove_parts(folder, facts, scope.host());
  try {
    stop_kubelet(scope);
    // The API server too: without etcd it would answer nobody, and the kubelet would wait for it before it starts etcd again.
    stop_static_pods({"kube-apiserver", "etcd"}, scope);
    write_members(path, facts, scope);
  } catch (...) {
    start_kubelet(scope);
    throw;
  }
  start_kubelet(scope);
  wait_for_api_server(scope);
  return path;
}

CheckedBackup check_backup(const std::string& file, HostSystem& host) {
  CheckedBackup checked;
  const std::unique_ptr<Source> source = open_backup(file, host);
  checked.facts = read_backup(*source, file, [&](const std::string&, unsigned, Source& content) {
    NullSink nowhere;
    checked.bytes += copy(content, nowhere);
  });
  return checked;
}

void lay_ready(const std::string& file, const BackupFacts& facts, const ActionScope& scope) {
  HostSystem& host = scope.host();
  const SitePaths& paths = scope.context.paths;
  forget_restore(host, paths);
  host.make_directories(paths.state);
  host.make_directories(restore_folder(paths), 0700);
  const std::unique_ptr<Source> source = open_backup(file, host);
  const BackupFacts read = read_backup(*source, file, [&](const std::string& name, unsigned mode, Source& content) {
    const std::string path = path_join(restore_folder(paths), name);
    host.make_directories(path_parent(path), 0700);
    const std::unique_ptr<StagedFile> out = host.create_file(path, mode & 0700, {});
    copy(content, *out);
    out->commit(false);
  });
  if (read != facts) throw InputError(cat("'", file, "' changed while it was read"));
  finish_restore_folder(facts, host, paths);
}

}  // namespace rootcellar
