// A lock's text: keys in alphabetical order, tables sorted, nothing of the machine that made it.
#include <algorithm>
#include <tuple>

#include "builder/lock/blob_text.h"
#include "builder/lock/cluster_text.h"
#include "builder/lock/lock.h"
#include "builder/lock/recipe_text.h"
#include "builder/lock/lan_text.h"
#include "builder/lock/storage_text.h"
#include "bundle/base/text.h"
#include "bundle/base/yaml.h"

namespace rootcellar {
namespace {

template <typename T, typename Key>
std::vector<const T*> sorted(const std::vector<T>& items, Key key) {
  std::vector<const T*> order;
  for (const T& item : items) order.push_back(&item);
  std::stable_sort(order.begin(), order.end(), [&](const T* a, const T* b) { return key(*a) < key(*b); });
  return order;
}

template <typename Items, typename Write>
void write_list(YamlWriter& out, std::string_view name, const Items& items, Write write) {
  out.key(name);
  out.begin_list();
  for (const auto& item : items) {
    out.begin_map();
    write(item);
    out.end_map();
  }
  out.end_list();
}

void entry_flag(YamlWriter& out, std::string_view name, bool truth) {
  out.key(name);
  out.value_plain(truth);
}

class LockWriter {
 public:
  explicit LockWriter(const Lock& lock) : lock_(lock) {}

  std::string write() {
    out_.comment("Made by `rootcellar lock`. Every input by digest and size; `rootcellar build` uses this file and nothing else.");
    out_.begin_map();
    out_.entry("architecture", lock_.architecture);
    out_.entry("builder", lock_.builder);
    write_checks();
    if (lock_.cluster.enabled) write_cluster(out_, lock_.cluster, lock_.deployed);
    out_.entry("created", format_time(lock_.created));
    if (!lock_.data.empty()) write_data(out_, lock_.data);
    out_.entry("expires", format_time(lock_.expires));
    write_files();
    if (lock_.gpu.enabled) write_gpu();
    write_images();
    out_.entry("installer_min", lock_.installer_min);
    if (lock_.lan.enabled) write_lan(out_, lock_.lan);
    if (lock_.nfs.enabled) write_nfs(out_, lock_.nfs);
    write_packages();
    out_.entry("product", lock_.product);
    write_registry();
    out_.entry_number("rootcellar-lock", 1);
    write_runtime();
    out_.entry_number("serial", lock_.serial);
    write_target();
    out_.entry("title", lock_.title);
    out_.entry("variant", lock_.variant);
    out_.entry("zstd", lock_.zstd);
    out_.end_map();
    return out_.finish();
  }

 private:
  void write_checks() {
    write_list(out_, "checks", lock_.checks, [&](const Check& check) {
      out_.entry_list("argv", check.argv);
      out_.entry("expect", check.expect);
      out_.entry("kind", check.kind);
      out_.entry("name", check.name);
      out_.entry("target", check.target);
      out_.entry_number("time_limit", check.time_limit);
    });
  }

  void write_files() {
    const auto order = sorted(lock_.files, [](const LockedFile& file) { return file.placed.name; });
    write_list(out_, "files", order, [&](const LockedFile* file) {
      write_blob_map(out_, "blob", file->blob);
      out_.entry("destination", file->placed.destination);
      out_.entry("group", file->placed.group);
      out_.entry("mode", mode_text(file->placed.mode));
      out_.entry("name", file->placed.name);
      out_.entry("owner", file->placed.owner);
      out_.entry("path", file->placed.path);
    });
  }

  void write_images() {
    write_list(out_, "images", lock_.images, [&](const LockedImage& image) {
      write_list(out_, "blobs", image.blobs, [&](const LockedBlob& blob) { write_blob(out_, blob); });
      out_.entry("digest", image.digest.named());
      write_list(out_, "manifests", image.manifests, [&](const ManifestEntry& manifest) { write_manifest(manifest); });
      if (image.recipe) {
        out_.key("recipe");
        write_recipe(out_, *image.recipe);
      }
      if (!image.recipe_packages.empty()) out_.entry_list("recipe_packages", image.recipe_packages);
      out_.entry("repository", image.repository);
      out_.entry_list("tags", image.tags);
    });
  }

  void write_manifest(const ManifestEntry& manifest) {
    std::vector<std::string> blobs;
    for (const Digest& digest : manifest.blobs) blobs.push_back(digest.named());
    out_.entry_list("blobs", blobs);
    out_.entry("digest", manifest.digest.named());
    out_.entry("media_type", manifest.media_type);
  }

  void write_packages() {
    out_.key("packages");
    out_.begin_map();
    out_.entry("base", lock_.packages_base);
    const auto order = sorted(lock_.packages, [](const LockedPackage& deb) {
      return std::tuple(deb.package.name, deb.package.version, deb.package.architecture, deb.package.path);
    });
    write_list(out_, "debs", order, [&](const LockedPackage* deb) { write_deb(*deb); });
    out_.entry_list("install", lock_.packages_install);
    const auto lists = sorted(lock_.apt_files, [](const LockedAptFile& file) { return file.path; });
    write_list(out_, "lists", lists, [&](const LockedAptFile* file) {
      write_blob_map(out_, "blob", file->blob);
      out_.entry("path", file->path);
    });
    write_list(out_, "sources", sorted(lock_.apt_sources, [](const AptSource& source) { return source.name; }),
               [&](const AptSource* source) { write_source(*source); });
    out_.end_map();
  }

  void write_deb(const LockedPackage& deb) {
    out_.entry("architecture", deb.package.architecture);
    write_blob_map(out_, "blob", deb.blob);
    if (!deb.package.groups.empty()) out_.entry_list("groups", deb.package.groups);
    out_.entry_number("installed_size", deb.package.installed_size);
    out_.entry("name", deb.package.name);
    out_.entry("path", deb.package.path);
    out_.entry("version", deb.package.version);
  }

  void write_source(const AptSource& source) {
    out_.entry_list("components", source.components);
    out_.entry("keyring", source.keyring);
    out_.entry("name", source.name);
    out_.entry_list("suites", source.suites);
    out_.entry("uri", source.uri);
  }

  void write_registry() {
    out_.key("registry");
    out_.begin_map();
    out_.entry("account", lock_.registry.account);
    out_.entry("auth", lock_.registry.auth);
    entry_flag(out_, "enabled", lock_.registry.enabled);
    entry_flag(out_, "existing", lock_.registry.existing);
    out_.entry("listen", lock_.registry.listen);
    if (!lock_.registry.own_names.empty()) out_.entry_list("own_names", lock_.registry.own_names);
    out_.entry("program", lock_.registry.program);
    out_.entry_number("push_port", lock_.registry.push_port);
    out_.entry("storage", lock_.registry.storage);
    if (lock_.registry.tls) entry_flag(out_, "tls", true);
    out_.end_map();
  }

  void write_gpu() {
    out_.key("gpu");
    out_.begin_map();
    out_.entry_number("branch", lock_.gpu.branch);
    out_.entry("driver", lock_.gpu.driver);
    entry_flag(out_, "enabled", lock_.gpu.enabled);
    out_.entry_list("packages", lock_.gpu.packages);
    out_.entry("role", lock_.gpu.role);
    out_.end_map();
  }

  void write_runtime() {
    out_.key("runtime");
    out_.begin_map();
    out_.entry_list("insecure_registries", lock_.runtime.insecure_registries);
    out_.entry("kind", lock_.runtime.kind);
    out_.entry_number("log_max_files", lock_.runtime.log_max_files);
    out_.entry("log_max_size", lock_.runtime.log_max_size);
    entry_flag(out_, "nvidia", lock_.runtime.nvidia);
    if (lock_.runtime.nvidia_default) entry_flag(out_, "nvidia_default", true);
    out_.entry_list("preload", lock_.runtime.preload);
    out_.end_map();
  }

  void write_target() {
    out_.key("target");
    out_.begin_map();
    out_.entry("codename", lock_.target.codename);
    out_.entry("distribution", lock_.target.distribution);
    out_.entry("version", lock_.target.version);
    out_.end_map();
  }

  const Lock& lock_;
  YamlWriter out_;
};

}  // namespace

std::string encode_lock(const Lock& lock) { return LockWriter(lock).write(); }

}  // namespace rootcellar
