// A profile with every input looked up: the only step that asks the world what it has today.
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <memory>

#include "builder/lock/lock.h"
#include "builder/lock/lock_cluster.h"
#include "builder/source/apt_resolve.h"
#include "builder/source/sources.h"
#include "bundle/base/error.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "bundle/base/zstd.h"

namespace rootcellar {
namespace {

constexpr std::int64_t k_serial_epoch = 1577836800;  // 2020-01-01T00:00:00Z: serials stay short enough to read out
constexpr std::int64_t k_day = 86400;

/// Archives already read, by release and suites: packages and recipes of one lock see the same indexes.
class Archives {
 public:
  explicit Archives(SourceContext& context) : context_(context) {}

  AptRoot& of(const TargetRelease& release, const std::vector<std::string>& suites) {
    std::unique_ptr<AptRoot>& root = roots_[cat(release.codename, "|", join(suites, "|"))];
    if (!root) {
      auto fresh = std::make_unique<AptRoot>(release, suites, context_);
      fresh->update();
      root = std::move(fresh);
    }
    return *root;
  }

 private:
  SourceContext& context_;
  std::map<std::string, std::unique_ptr<AptRoot>> roots_;
};

void lock_packages(const Profile& profile, Archives& archives, Lock& lock, SourceContext& context) {
  lock.packages_base = profile.packages.base;
  lock.packages_install = profile.packages.install;
  if (profile.packages.install.empty() && profile.packages.groups.empty()) return;
  if (profile.packages.sources != "system") {
    throw InputError(cat("unknown package sources '", profile.packages.sources, "': expected 'system'"));
  }
  AptRoot& apt = archives.of(profile.target, profile.packages.suites);
  Resolved<LockedPackages> resolved = resolve_packages_in(apt, profile.packages, profile.target, context);
  lock.apt_sources = std::move(resolved.value.sources);
  lock.apt_files = std::move(resolved.value.files);
  lock.packages = std::move(resolved.value.packages);
  lock.created = std::max(lock.created, resolved.newest);
}

Resolved<LockedImage> resolve_image(const ProfileImage& image, const Profile& profile, Archives& archives, SourceContext& context) {
  std::string reason;
  const auto name = parse_image_name(image.name, &reason);
  if (!name) throw InputError({Fault{image.place, cat("bad image name '", image.name, "': ", reason), {}}});
  if (!image.recipe) return resolve_registry_image(*name, context);
  TargetRelease release = profile.target;
  if (!image.recipe->suite.empty()) release.codename = image.recipe->suite;
  AptRoot& apt = archives.of(release, release.codename == profile.target.codename ? profile.packages.suites : std::vector<std::string>());
  return make_recipe_image_in(apt, *name, *image.recipe, release.codename, context);
}

/// Two names of one image are one image with two tags.
void add_image(LockedImage image, Lock& lock) {
  const auto same = [&](const LockedImage& one) { return one.repository == image.repository && one.digest == image.digest; };
  const auto known = std::find_if(lock.images.begin(), lock.images.end(), same);
  if (known == lock.images.end()) {
    lock.images.push_back(std::move(image));
    return;
  }
  for (const std::string& tag : image.tags) {
    if (std::find(known->tags.begin(), known->tags.end(), tag) == known->tags.end()) known->tags.push_back(tag);
  }
}

void lock_images(const Profile& profile, Archives& archives, Lock& lock, SourceContext& context) {
  for (const ProfileImage& image : profile.images) {
    Resolved<LockedImage> resolved =
        with_note(cat("locking the image '", image.name, "'"), [&] { return resolve_image(image, profile, archives, context); });
    lock.created = std::max(lock.created, resolved.newest);
    add_image(std::move(resolved.value), lock);
  }
}

void lock_files(const Profile& profile, Lock& lock, SourceContext& context) {
  for (const ProfileFile& file : profile.files) {
    Resolved<LockedFile> resolved = with_note(cat("locking the file '", file.name, "'"), [&] { return resolve_file(file, context); });
    lock.created = std::max(lock.created, resolved.newest);
    lock.files.push_back(std::move(resolved.value));
  }
}

void lock_data(const Profile& profile, Lock& lock, SourceContext& context) {
  lock.nfs = profile.nfs;
  lock.lan = profile.lan;
  for (const ProfileData& data : profile.data) {
    Resolved<LockedData> resolved =
        with_note(cat("locking the data '", data.described.name, "'"), [&] { return resolve_data(data, context); });
    lock.created = std::max(lock.created, resolved.newest);
    lock.data.push_back(std::move(resolved.value));
  }
}

/// Before anything is downloaded.
void require_tools(const Profile& profile) {
  for (const ProfileImage& image : profile.images) {
    if (image.recipe) return void(require_recipe_tools(image.name, ::geteuid() == 0, find_program));
  }
}

std::uint64_t serial_of(std::int64_t created) {
  return created > k_serial_epoch ? static_cast<std::uint64_t>(created - k_serial_epoch) : 1;
}

}  // namespace

Lock lock_profile(const Profile& profile, std::uint64_t serial, SourceContext& context) {
  Lock lock{.product = profile.product, .title = profile.title, .variant = profile.variant, .architecture = profile.architecture};
  lock.builder = ROOTCELLAR_VERSION;
  lock.installer_min = profile.installer_min.empty() ? ROOTCELLAR_VERSION : profile.installer_min;
  lock.zstd = zstd_version();
  lock.target = profile.target;
  lock.registry = profile.registry;
  lock.runtime = profile.runtime;
  lock.gpu = profile.gpu;
  lock.checks = profile.checks;
  require_tools(profile);
  // Files and what the cluster names come first: they are soon there, and an image that nobody declared is told before all others are made.
  lock_files(profile, lock, context);
  lock_cluster(profile, lock, context);
  Archives archives(context);
  lock_packages(profile, archives, lock, context);
  lock_images(profile, archives, lock, context);
  lock_data(profile, lock, context);
  // Inputs without a time of their own: the bundle is as old as its lock.
  if (lock.created == 0) lock.created = std::time(nullptr);
  lock.expires = lock.created + static_cast<std::int64_t>(profile.expires_after_days) * k_day;
  lock.serial = serial == 0 ? serial_of(lock.created) : serial;
  return lock;
}

}  // namespace rootcellar
