// Needs root, mmdebstrap and the Debian mirror of this machine's apt sources. A lock of real packages is fetched, laid out as the bundle
// carries it, and installed by the target's own apt in a root without network; recipes give the same image in two caches that share
// nothing.
#include <gtest/gtest.h>

#include "builder/lock/lock.h"
#include "builder/source/sources.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

const TargetRelease k_target{"debian", "12", "bookworm"};

Recipe page_recipe() {
  Recipe recipe;
  recipe.packages = {"busybox"};
  ProfileFileContent page;
  page.text = "hello from the cellar\n";
  recipe.files = {{"/srv/www/index.html", page}};
  recipe.remove = {"/usr/share/doc", "/usr/share/man"};
  recipe.entrypoint = {"/bin/busybox", "cat"};
  recipe.command = {"/srv/www/index.html"};
  return recipe;
}

Profile profile_of(std::vector<std::string> install) {
  Profile profile;
  profile.product = "closure";
  profile.title = "A closure";
  profile.variant = "cpu";
  profile.architecture = "amd64";
  profile.target = k_target;
  profile.packages.install = std::move(install);
  return profile;
}

/// One builder: a cache of its own.
struct Builder {
  explicit Builder(const std::string& root) : cache(root) {}
  SourceContext context() { return {cache, http, silent_progress(), 2, ".", "amd64"}; }
  Cache cache;
  HttpClient http{{}, {}};
};

void run(const std::string& script, std::vector<std::string> arguments) {
  std::vector<std::string> argv{"/bin/sh", "-ec", script, "sh"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const ProcessResult result =
      run_process({.argv = argv,
                   .environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive"},
                   .time_limit_seconds = 900,
                   .merge_stderr = true});
  ASSERT_EQ(result.exit_code, 0) << result.output;
}

/// Every file of the bundle under its own path, as the installer spools it.
void lay_out(const Lock& lock, SourceContext& context, const std::string& media) {
  for (const PlannedBlob& blob : storage_order(lock)) obtain_blob(blob, lock, context);
  for (const FileEntry& file : index_tables(lock).files) {
    const std::string path = path_join(media, file.path);
    make_directories(path_parent(path));
    FileSource source(context.cache.find(file.digest, file.size).value());
    AtomicFile out(path);
    copy(source, out);
    out.commit(false);
  }
}

std::string sources_on_target(const Lock& lock) {
  std::string out;
  for (const AptSource& source : lock.apt_sources) {
    out += cat("Types: deb\nURIs: file:/media/", "apt/", source.name, "\nSuites: ", join(source.suites, " "),
               "\nComponents: ", join(source.components, " "), "\nSigned-By: /media/", source.keyring, "\n\n");
  }
  return out;
}

constexpr const char* k_make_root = R"(mmdebstrap --variant=minbase --mode=root bookworm "$1")";

constexpr const char* k_install = R"(
root=$1 media=$2 sources=$3
shift 3
mkdir -p "$root/media"
mount --make-rprivate /
mount --bind "$media" "$root/media"
mount -t proc proc "$root/proc"
rm -rf "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* "$root"/var/lib/apt/lists/*
printf %s "$sources" > "$root/etc/apt/sources.list.d/bundle.sources"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
chroot "$root" apt-get -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false update --error-on=any
chroot "$root" apt-get install -y --no-install-recommends "$@"
)";

TEST(AptClosure, InstallsFromThePartialPoolWithAuthenticationOn) {
  const TemporaryDirectory work("closure");
  Builder builder(path_join(work.path(), "cache"));
  SourceContext context = builder.context();
  const Lock lock = lock_profile(profile_of({"docker.io=20.10.24*", "docker-registry"}), 0, context);
  EXPECT_GT(lock.created, 1700000000);
  EXPECT_EQ(lock.serial, static_cast<std::uint64_t>(lock.created - 1577836800));
  const std::string text = encode_lock(lock);
  EXPECT_EQ(encode_lock(parse_lock(text, "closure.lock")), text);
  const std::string media = path_join(work.path(), "media");
  const std::string root = path_join(work.path(), "root");
  lay_out(parse_lock(text, "closure.lock"), context, media);
  run(k_make_root, {root});
  run(R"(exec unshare --mount --net /bin/sh -ec "$@")",
      {k_install, "sh", root, media, sources_on_target(lock), "docker.io", "docker-registry"});
  run(R"(chroot "$1" dpkg -s docker.io docker-registry containerd runc | grep -c '^Status: install ok installed' | grep -qx 4)", {root});
}

std::vector<std::string> groups_of(const Lock& lock, const std::string& name) {
  for (const LockedPackage& deb : lock.packages) {
    if (deb.package.name == name) return deb.package.groups;
  }
  return {"not carried"};
}

TEST(AptClosure, AMachineOfOneRoleInstallsFromThePartThatIsForIt) {
  const TemporaryDirectory work("closure");
  Builder builder(path_join(work.path(), "cache"));
  SourceContext context = builder.context();
  Profile profile = profile_of({"socat"});
  profile.packages.groups = {{"role:a", {"jq"}}, {"role:b", {"tree", "libonig5"}}};
  const Lock lock = lock_profile(profile, 0, context);
  using Groups = std::vector<std::string>;
  EXPECT_EQ(groups_of(lock, "socat"), Groups{});
  EXPECT_EQ(groups_of(lock, "jq"), Groups{"role:a"});
  EXPECT_EQ(groups_of(lock, "tree"), Groups{"role:b"});
  EXPECT_EQ(groups_of(lock, "libonig5"), (Groups{"role:a", "role:b"}));
  const std::string media = path_join(work.path(), "media"), root = path_join(work.path(), "root");
  lay_out(lock, context, media);
  for (const LockedPackage& deb : lock.packages) {
    if (!needed_by(deb.package, {"role:a"})) remove_file(path_join(media, deb.package.path));
  }
  run(k_make_root, {root});
  run(R"(exec unshare --mount --net /bin/sh -ec "$@")", {k_install, "sh", root, media, sources_on_target(lock), "socat", "jq"});
  run(R"(chroot "$1" dpkg -s socat jq libonig5 | grep -c '^Status: install ok installed' | grep -qx 3)", {root});
}

TEST(AptClosure, FaultsAreOneClearMessage) {
  const TemporaryDirectory work("closure");
  Builder builder(path_join(work.path(), "cache"));
  SourceContext context = builder.context();
  const auto message = [&](ProfilePackages packages, const TargetRelease& target) {
    try {
      resolve_packages(packages, target, context);
    } catch (const Error& error) {
      return render_error(error);
    }
    return std::string("no error");
  };
  EXPECT_EQ(message({.install = {"no-such-thing"}}, k_target),
            "error: cannot resolve the packages 'no-such-thing': Unable to locate package no-such-thing\n");
  EXPECT_EQ(message({.install = {"--allow-" "unauthenticated"}}, k_target),
            "error: bad package '--allow-" "unauthenticated': expected NAME or NAME=VERSION\n");
  EXPECT_EQ(message({.base = "debian-12-minimla", .install = {"hello"}}, k_target),
            "error: unknown package base 'debian-12-minimla': expected one of debian-12-minimal, debian-12-systemd\n"
            "hint: did you mean 'debian-12-minimal'?\n");
  EXPECT_EQ(
      message({.suites = {"nosuch"}, .install = {"hello"}}, k_target),
      "error: cannot find packages for 'debian 12': expected nosuch in this machine's apt sources, found none signed by a Debian archive "
      "keyring\nhint: build on debian 12, or add its archive to /etc/apt/sources.list.d\n");
}

TEST(AptClosure, ARecipeGivesTheSameImageEverywhere) {
  const TemporaryDirectory work("closure");
  Builder one(path_join(work.path(), "one")), two(path_join(work.path(), "two"));
  const ImageName name = parse_image_name("registry.example.org/lab/page:1").value();
  SourceContext first = one.context(), second = two.context();
  const LockedImage image = make_recipe_image(name, page_recipe(), k_target, first).value;
  EXPECT_EQ(make_recipe_image(name, page_recipe(), k_target, second).value.digest, image.digest);
  EXPECT_EQ(image.blobs.size(), 3u);
  EXPECT_NE(join(image.recipe_packages, "\n").find("\nbusybox="), std::string::npos);

  // Gone from the cache: made again, to the pinned digest.
  Lock lock;
  lock.target = k_target;
  lock.images = {image};
  for (const LockedBlob& blob : image.blobs) one.cache.forget(blob.digest);
  for (const PlannedBlob& blob : storage_order(lock)) obtain_blob(blob, lock, first);
  EXPECT_TRUE(one.cache.find(image.blobs.back().digest, image.blobs.back().size));
}

}  // namespace
}  // namespace rootcellar
