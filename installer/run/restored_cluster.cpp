#include "installer/run/restored_cluster.h"

#include <array>

#include "bundle/base/error.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_format = 1;
constexpr std::size_t k_limit = std::size_t{16} << 20;
constexpr const char* k_etcd = "/var/lib/etcd";
constexpr const char* k_pki = "/etc/kubernetes/pki";
// The others are signed by these, for a name and an address: kubeadm makes them for this machine.
constexpr std::array<const char*, 8> k_authorities = {
    "ca.crt", "ca.key", "etcd/ca.crt", "etcd/ca.key", "front-proxy-ca.crt", "front-proxy-ca.key", "sa.key", "sa.pub"};

std::string manifest_path(const SitePaths& paths) { return path_join(restore_folder(paths), "manifest.json"); }

void copy_one(const std::string& from, const std::string& to, HostSystem& host) {
  const auto found = host.status(from);
  const std::unique_ptr<Source> source = host.open_source(from);
  if (!found || !source) return;
  host.make_directories(path_parent(to), 0700);
  const std::unique_ptr<StagedFile> file = host.create_file(to, found->mode, {});
  copy(*source, *file);
  file->commit(false);
}

void copy_tree(const std::string& from, const std::string& to, HostSystem& host) {
  for (const std::string& name : host.list(from)) {
    const std::string path = path_join(from, name);
    const auto found = host.status(path);
    if (found && found->type == FileStatus::Type::directory) copy_tree(path, path_join(to, name), host);
    copy_one(path, path_join(to, name), host);
  }
}

}  // namespace

JsonValue encode_backup_facts(const BackupFacts& facts) {
  return JsonValue::object({{"rootcellar-backup", JsonValue::number(k_format)},
                            {"product", JsonValue::string(facts.product)},
                            {"variant", JsonValue::string(facts.variant)},
                            {"serial", JsonValue::number(facts.serial)},
                            {"bundle", JsonValue::string(facts.bundle)},
                            {"node", JsonValue::string(facts.node)},
                            {"address", JsonValue::string(facts.address)},
                            {"time", JsonValue::string(format_time(facts.time))}});
}

BackupFacts decode_backup_facts(const JsonValue& manifest, const std::string& what) {
  const auto format = manifest.u64("rootcellar-backup");
  const auto product = manifest.text("product"), node = manifest.text("node");
  const auto time = parse_time(manifest.text("time").value_or(""));
  if (!format || !product || !node || !time) throw InputError(cat("'", what, "' is no backup of a cluster"));
  if (*format != k_format) throw InputError(cat("'", what, "' is a backup of format ", *format, "; this program reads ", k_format));
  return {.product = *product,
          .variant = manifest.text("variant").value_or(""),
          .serial = manifest.u64("serial").value_or(0),
          .bundle = manifest.text("bundle").value_or(""),
          .node = *node,
          .address = manifest.text("address").value_or(""),
          .time = *time};
}

std::string restore_folder(const SitePaths& paths) { return path_join(paths.state, "restore"); }

std::optional<BackupFacts> pending_restore(HostSystem& host, const SitePaths& paths) {
  const std::string path = manifest_path(paths);
  const auto text = host.read_file(path, k_limit);
  if (!text) return std::nullopt;
  return decode_backup_facts(parse_json(*text, path), path);
}

std::optional<std::string> restored_answers(HostSystem& host, const SitePaths& paths) {
  if (!host.exists(manifest_path(paths))) return std::nullopt;
  return host.read_file(path_join(restore_folder(paths), "answers.yaml"), k_limit);
}

void finish_restore_folder(const BackupFacts& facts, HostSystem& host, const SitePaths& paths) {
  host.sync_filesystem(restore_folder(paths));
  host.write_file(manifest_path(paths), encode_backup_facts(facts).dump(2) + "\n", 0600);
}

void put_back_secrets(HostSystem& host, const SitePaths& paths) {
  if (!host.exists(manifest_path(paths))) return;
  copy_tree(path_join(restore_folder(paths), "secrets"), paths.secrets(), host);
  host.sync_filesystem(paths.state);
}

bool put_back_cluster(const ActionScope& scope) {
  HostSystem& host = scope.host();
  if (!host.exists(manifest_path(scope.context.paths))) return false;
  const std::string folder = restore_folder(scope.context.paths);
  for (const char* name : k_authorities) copy_one(path_join(path_join(folder, "pki"), name), path_join(k_pki, name), host);
  host.remove_tree(path_join(k_etcd, "member"));
  host.make_directories(k_etcd, 0700);
  copy_tree(path_join(folder, "etcd"), k_etcd, host);
  host.sync_filesystem(k_etcd);
  return true;
}

void forget_restore(HostSystem& host, const SitePaths& paths) {
  // The manifest first: a rest is never taken for the whole.
  host.remove(manifest_path(paths));
  host.remove_tree(restore_folder(paths));
}

}  // namespace rootcellar
