// Reading a lock back: strict, because people merge and edit what lies in a repository.
#include <algorithm>

#include "builder/lock/blob_text.h"
#include "builder/lock/cluster_text.h"
#include "builder/lock/lock.h"
#include "builder/lock/recipe_text.h"
#include "builder/lock/lan_text.h"
#include "builder/lock/storage_text.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/base/yaml.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_lock = std::size_t{64} << 20;

class LockReader {
 public:
  explicit LockReader(YamlFaults& faults) : faults_(faults) {}

  Lock read(const YamlNode& root) {
    YamlMap map(root, faults_, "lock keys");
    if (root.find("rootcellar-lock") == nullptr) return refuse(root);
    map.one_of("rootcellar-lock", {"1"}, "1");
    read_identity(map);
    read_contents(map);
    map.finish();
    return std::move(lock_);
  }

 private:
  /// Another document: what else it lacks is no help.
  Lock refuse(const YamlNode& root) {
    if (root.kind == YamlNode::Kind::map)
      faults_.add(root, "missing key 'rootcellar-lock': this is not a lock", "locks are made by 'rootcellar lock'");
    return {};
  }

  void read_identity(YamlMap& map) {
    lock_.architecture = require_that(map, "architecture", is_architecture, "a Debian architecture");
    lock_.builder = map.require_text("builder");
    lock_.created = read_time(map, "created");
    lock_.expires = read_time(map, "expires");
    lock_.installer_min = require_that(map, "installer_min", is_version, "a version like 0.1.0");
    lock_.product = require_that(map, "product", is_product_name, "at most 32 lower-case letters, digits and dashes");
    lock_.serial = map.require_number("serial");
    lock_.title = map.require_text("title");
    lock_.variant = require_that(map, "variant", is_product_name, "at most 32 lower-case letters, digits and dashes");
    lock_.zstd = map.require_text("zstd");
  }

  void read_contents(YamlMap& map) {
    map.list("checks", [&](const YamlNode& node) { lock_.checks.push_back(read_check(node)); });
    if (const YamlNode* cluster = map.take("cluster")) read_locked_cluster(*cluster, faults_, lock_);
    map.list("data", [&](const YamlNode& node) { lock_.data.push_back(read_locked_data(node, faults_)); });
    if (const YamlNode* nfs = map.take("nfs")) lock_.nfs = read_locked_nfs(*nfs, faults_);
    map.list("files", [&](const YamlNode& node) { lock_.files.push_back(read_file_entry(node)); });
    if (const YamlNode* gpu = map.take("gpu")) read_gpu(*gpu);
    map.list("images", [&](const YamlNode& node) { lock_.images.push_back(read_image(node)); });
    if (const YamlNode* lan = map.take("lan")) lock_.lan = read_locked_lan(*lan, faults_);
    if (const YamlNode* packages = map.require("packages")) read_packages(*packages);
    if (const YamlNode* registry = map.require("registry")) read_registry(*registry);
    if (const YamlNode* runtime = map.require("runtime")) read_runtime(*runtime);
    if (const YamlNode* target = map.require("target")) read_target(*target);
  }

  std::string require_that(YamlMap& map, std::string_view key, bool (*rule)(std::string_view), std::string_view expected) {
    const std::string text = map.require_text(key);
    const YamlNode* node = map.take(key);
    if (node != nullptr && !rule(text))
      faults_.add(*node, cat("key '", key, "': expected ", expected, ", found '", printable(text, 80), "'"));
    return text;
  }

  std::int64_t read_time(YamlMap& map, std::string_view key) {
    const std::string text = map.require_text(key);
    const auto time = parse_time(text);
    const YamlNode* node = map.take(key);
    if (node != nullptr && !time)
      faults_.add(*node, cat("key '", key, "': expected a time like 2026-11-21T06:03:00Z, found '", printable(text, 80), "'"));
    return time.value_or(0);
  }

  Check read_check(const YamlNode& node) {
    YamlMap map(node, faults_, "check keys");
    Check check;
    check.argv = map.text_list("argv");
    check.expect = map.text("expect");
    check.kind = map.one_of("kind", {"run", "http", "pull", "file", "container"}, "run");
    check.name = map.require_text("name");
    check.target = map.text("target");
    check.time_limit = map.require_number("time_limit");
    map.finish();
    return check;
  }

  LockedFile read_file_entry(const YamlNode& node) {
    YamlMap map(node, faults_, "file keys");
    LockedFile file;
    file.blob = require_locked_blob(map);
    file.placed.destination = require_that(map, "destination", is_destination, "an absolute path outside rootcellar's own folders");
    file.placed.group = map.require_text("group");
    file.placed.mode = read_locked_mode(map);
    file.placed.name = map.require_text("name");
    file.placed.owner = map.require_text("owner");
    file.placed.path = read_bundle_path(map);
    map.finish();
    return file;
  }

  LockedImage read_image(const YamlNode& node) {
    YamlMap map(node, faults_, "image keys");
    LockedImage image;
    map.list("blobs", [&](const YamlNode& item) { image.blobs.push_back(read_locked_blob(item, faults_)); });
    image.digest = read_locked_digest(map, "digest");
    map.list("manifests", [&](const YamlNode& item) { image.manifests.push_back(read_manifest(item)); });
    if (const YamlNode* recipe = map.take("recipe")) image.recipe = read_locked_recipe(*recipe, faults_);
    image.recipe_packages = map.text_list("recipe_packages");
    image.repository = require_that(
        map, "repository",
        [](std::string_view text) {
          const auto name = parse_image_name(text);
          return name && name->repository == text;
        },
        "a repository in full, host first");
    image.tags = map.text_list("tags");
    map.finish();
    check_blobs(node, image);
    return image;
  }

  ManifestEntry read_manifest(const YamlNode& node) {
    YamlMap map(node, faults_, "manifest keys");
    ManifestEntry manifest;
    map.list("blobs", [&](const YamlNode& item) { manifest.blobs.push_back(read_digest_item(item)); });
    manifest.digest = read_locked_digest(map, "digest");
    manifest.media_type = map.require_text("media_type");
    map.finish();
    return manifest;
  }

  Digest read_digest_item(const YamlNode& item) {
    const auto digest = Digest::from_named(yaml_text(item, faults_, "a digest"));
    if (!digest) faults_.add(item, cat("expected sha256: and 64 lower-case hex digits, found '", printable(item.scalar, 80), "'"));
    return digest.value_or(Digest());
  }

  /// Every digest that a manifest names has a size, or the bundle would lack it.
  void check_blobs(const YamlNode& node, const LockedImage& image) {
    const auto expect = [&](const Digest& digest) {
      const bool is_there =
          std::any_of(image.blobs.begin(), image.blobs.end(), [&](const LockedBlob& blob) { return blob.digest == digest; });
      if (!is_there) faults_.add(node, cat("image ", image.repository, ": ", digest.named(), " is not among its blobs"));
    };
    expect(image.digest);
    for (const ManifestEntry& manifest : image.manifests) {
      expect(manifest.digest);
      for (const Digest& digest : manifest.blobs) expect(digest);
    }
  }

  void read_packages(const YamlNode& node) {
    YamlMap map(node, faults_, "packages keys");
    lock_.packages_base = map.require_text("base");
    map.list("debs", [&](const YamlNode& item) { lock_.packages.push_back(read_deb(item)); });
    lock_.packages_install = map.text_list("install");
    map.list("lists", [&](const YamlNode& item) { lock_.apt_files.push_back(read_apt_file(item)); });
    map.list("sources", [&](const YamlNode& item) { lock_.apt_sources.push_back(read_source(item)); });
    map.finish();
  }

  LockedPackage read_deb(const YamlNode& node) {
    YamlMap map(node, faults_, "package keys");
    LockedPackage deb;
    deb.package.architecture = map.require_text("architecture");
    deb.blob = require_locked_blob(map);
    deb.package.groups = map.text_list("groups");
    deb.package.size = deb.blob.size;
    deb.package.installed_size = map.require_number("installed_size");
    deb.package.name = map.require_text("name");
    deb.package.path = read_bundle_path(map);
    deb.package.version = map.require_text("version");
    map.finish();
    return deb;
  }

  LockedAptFile read_apt_file(const YamlNode& node) {
    YamlMap map(node, faults_, "file of apt keys");
    LockedAptFile file;
    file.blob = require_locked_blob(map);
    file.path = read_bundle_path(map);
    map.finish();
    return file;
  }

  AptSource read_source(const YamlNode& node) {
    YamlMap map(node, faults_, "source of packages keys");
    AptSource source;
    source.components = map.text_list("components");
    source.keyring = map.require_text("keyring");
    source.name = map.require_text("name");
    source.suites = map.text_list("suites");
    source.uri = map.require_text("uri");
    map.finish();
    return source;
  }

  void read_registry(const YamlNode& node) {
    YamlMap map(node, faults_, "registry keys");
    lock_.registry.account = require_that(map, "account", is_account, "an account's name");
    lock_.registry.auth = map.one_of("auth", {"none", "htpasswd"}, "none");
    lock_.registry.enabled = map.boolean("enabled", false);
    lock_.registry.existing = map.boolean("existing", false);
    lock_.registry.listen = require_that(map, "listen", is_numeric_endpoint, "a numeric ADDRESS:PORT");
    lock_.registry.own_names = map.text_list("own_names");
    lock_.registry.program = map.text("program");
    lock_.registry.push_port = map.require_number("push_port");
    lock_.registry.storage = require_that(map, "storage", is_absolute_path, "an absolute path");
    lock_.registry.tls = map.boolean("tls", false);
    map.finish();
  }

  void read_gpu(const YamlNode& node) {
    YamlMap map(node, faults_, "gpu keys");
    lock_.gpu.branch = map.require_number("branch");
    lock_.gpu.driver = map.one_of("driver", {"host", "packages"}, "host");
    lock_.gpu.enabled = map.boolean("enabled", false);
    lock_.gpu.packages = map.text_list("packages");
    lock_.gpu.role = map.text("role");
    map.finish();
  }

  void read_runtime(const YamlNode& node) {
    YamlMap map(node, faults_, "runtime keys");
    lock_.runtime.insecure_registries = map.text_list("insecure_registries");
    lock_.runtime.kind = map.one_of("kind", {"docker", "containerd", "none"}, "none");
    lock_.runtime.log_max_files = map.require_number("log_max_files");
    lock_.runtime.log_max_size = require_that(map, "log_max_size", is_log_size, "a size like 50m");
    lock_.runtime.nvidia = map.boolean("nvidia", false);
    lock_.runtime.nvidia_default = map.boolean("nvidia_default", false);
    lock_.runtime.preload = map.text_list("preload");
    map.finish();
  }

  void read_target(const YamlNode& node) {
    YamlMap map(node, faults_, "target keys");
    lock_.target.codename = map.require_text("codename");
    lock_.target.distribution = map.require_text("distribution");
    lock_.target.version = map.require_text("version");
    map.finish();
  }

  YamlFaults& faults_;
  Lock lock_;
};

}  // namespace

Lock parse_lock(std::string_view text, std::string_view file) {
  const YamlNode root = parse_yaml(text, std::string(file), k_max_lock);
  YamlFaults faults;
  Lock lock = LockReader(faults).read(root);
  faults.throw_if_any();
  return lock;
}

Lock read_lock(const std::string& path) { return parse_lock(read_file(path, k_max_lock), path); }

}  // namespace rootcellar
