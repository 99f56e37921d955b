// Pulling images from Debian's docker-registry: open, with a password, with tokens, by tag, digest and platform.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/upstream/fixture.h"

namespace rootcellar {
namespace {

/// The upstream image as the internet knows it, fetched from a registry of the stand-in.
std::string from(const std::string& registry, std::string_view scheme = "https") {
  return cat("registry.example=", scheme, "://", registry);
}

void fetch_all(const LockedImage& image, SourceContext& context) {
  for (const LockedBlob& blob : image.blobs) fetch_registry_blob(image, blob, context);
}

void expect_complete(const LockedImage& image, SourceContext& context) {
  for (const LockedBlob& blob : image.blobs) {
    const std::optional<std::string> path = context.cache.find(blob.digest, blob.size);
    ASSERT_TRUE(path) << blob.media_type;
    FileSource source(*path);
    Sha256 hash;
    copy(source, hash);
    EXPECT_EQ(hash.finish(), blob.digest);
  }
}

TEST(Registry, PullsByTagFromALoopbackRegistryWithoutTls) {
  Site site;
  const Resolved<LockedImage> found = resolve_registry_image(image(cat(upstream("OPEN"), "/lab/app:1.0")), site.context);
  const LockedImage& app = found.value;
  EXPECT_EQ(app.repository, cat(upstream("OPEN"), "/lab/app"));
  EXPECT_EQ(app.tags, std::vector<std::string>{"1.0"});
  ASSERT_EQ(app.manifests.size(), 1u);
  EXPECT_EQ(app.manifests[0].media_type, "application/vnd.oci.image.manifest.v1+json");
  EXPECT_EQ(app.manifests[0].digest, app.digest);
  EXPECT_EQ(app.manifests[0].blobs.size(), 2u);
  ASSERT_EQ(app.blobs.size(), 3u);
  EXPECT_EQ(format_time(found.newest), "2024-01-02T03:04:05Z");
  fetch_all(app, site.context);
  expect_complete(app, site.context);
}

TEST(Registry, PullsDockerManifestsAsWell) {
  Site site({from(upstream("OPEN"), "http")});
  const LockedImage app = resolve_registry_image(image("registry.example/lab/app:1.0-docker"), site.context).value;
  EXPECT_EQ(app.repository, "registry.example/lab/app");
  EXPECT_EQ(app.manifests[0].media_type, "application/vnd.docker.distribution.manifest.v2+json");
  EXPECT_EQ(app.blobs[2].media_type, "application/vnd.docker.image.rootfs.diff.tar.gzip");
  fetch_all(app, site.context);
  expect_complete(app, site.context);
}

TEST(Registry, PullsByDigest) {
  Site site({from(upstream("OPEN"), "http")});
  const Digest digest = resolve_registry_image(image("registry.example/lab/app:1.0"), site.context).value.digest;
  const LockedImage app = resolve_registry_image(image(cat("registry.example/lab/app@", digest.named())), site.context).value;
  EXPECT_EQ(app.digest, digest);
  EXPECT_TRUE(app.tags.empty());
}

TEST(Registry, ChoosesThePlatformOfAnIndexAndKeepsTheIndex) {
  Site site({from(upstream("OPEN"), "http")});
  const LockedImage amd64 = resolve_registry_image(image("registry.example/lab/multi:1.0"), site.context).value;
  ASSERT_EQ(amd64.manifests.size(), 2u);
  EXPECT_EQ(amd64.manifests[0].media_type, "application/vnd.oci.image.index.v1+json");
  EXPECT_EQ(amd64.manifests[0].digest, amd64.digest);
  EXPECT_TRUE(amd64.manifests[0].blobs.empty());
  EXPECT_EQ(amd64.manifests[1].digest, resolve_registry_image(image("registry.example/lab/app:1.0"), site.context).value.digest);
  site.context.architecture = "arm64";
  const LockedImage arm64 = resolve_registry_image(image("registry.example/lab/multi:1.0"), site.context).value;
  EXPECT_EQ(arm64.digest, amd64.digest);
  EXPECT_NE(arm64.manifests[1].digest, amd64.manifests[1].digest);
}

TEST(Registry, AnotherPlatformIsRefused) {
  Site site({from(upstream("OPEN"), "http")});
  EXPECT_EQ(error_of([&] { resolve_registry_image(image("registry.example/lab/arm:1.0"), site.context); }),
            "error: cannot use 'registry.example/lab/arm:1.0': expected an image for linux/amd64, found linux/arm64\n");
  site.context.architecture = "riscv64";
  EXPECT_EQ(error_of([&] { resolve_registry_image(image("registry.example/lab/multi:1.0"), site.context); }),
            "error: cannot choose an image of 'registry.example/lab/multi:1.0': expected linux/riscv64, found linux/amd64, linux/arm64\n");
}

TEST(Registry, AWarmCacheTransfersNothing) {
  Site site({from(upstream("OPEN"), "http")});
  const LockedImage app = resolve_registry_image(image("registry.example/lab/app:1.0"), site.context).value;
  std::uint64_t bytes = 0;
  site.context.on_bytes = [&](std::uint64_t more) { bytes += more; };
  fetch_all(app, site.context);
  EXPECT_EQ(bytes, app.blobs.back().size);
  fetch_all(app, site.context);
  EXPECT_EQ(bytes, app.blobs.back().size);
}

TEST(Registry, AMissingTagIsNamedWithTheNearestOne) {
  Site site({from(upstream("OPEN"), "http")});
  const std::string host = upstream("OPEN");
  EXPECT_EQ(error_of([&] { resolve_registry_image(image("registry.example/lab/app:1.1"), site.context); }),
            cat("error: cannot find 'registry.example/lab/app:1.1': '", host, "' has no tag '1.1' of it\nhint: did you mean '1.0'?\n"));
  EXPECT_EQ(error_of([&] { resolve_registry_image(image("registry.example/lab/app:stable"), site.context); }),
            cat("error: cannot find 'registry.example/lab/app:stable': '", host,
                "' has no tag 'stable' of it\nhint: its tags: 1.0, 1.0-docker\n"));
  EXPECT_EQ(
      error_of([&] { resolve_registry_image(image("registry.example/lab/nothing:1"), site.context); }),
      cat("error: cannot find 'registry.example/lab/nothing:1': '", host, "' has no repository 'lab/nothing'\nhint: check the name\n"));
}

TEST(Registry, AMissingDigestHasVanished) {
  Site site({from(upstream("OPEN"), "http")});
  const std::string name = cat("registry.example/lab/app@", Digest{}.named());
  EXPECT_EQ(error_of([&] { resolve_registry_image(image(name), site.context); }),
            cat("error: '", name, "' has vanished upstream: '", upstream("OPEN"),
                "' no longer has it\nhint: choose a tag or digest that is there and run 'rootcellar lock' again\n"));
}

TEST(Registry, APasswordComesFromDockersConfig) {
  Site site({from(upstream("BASIC"))});
  site.log_in(upstream("BASIC"), upstream("PASSWORD"));
  const LockedImage app = resolve_registry_image(image("registry.example/lab/app:1.0"), site.context).value;
  fetch_all(app, site.context);
  expect_complete(app, site.context);
}

TEST(Registry, NoPasswordAndAWrongOneAreTwoThings) {
  Site site({from(upstream("BASIC"))});
  const std::string host = upstream("BASIC");
  EXPECT_EQ(error_of([&] { resolve_registry_image(image("registry.example/lab/app:1.0"), site.context); }),
            cat("error: cannot pull 'registry.example/lab/app:1.0': '", host,
                "' wants a login\nhint: check the name; for a private image run 'docker login ", host,
                "', which leaves the login in config.json of $DOCKER_CONFIG or ~/.docker\n"));
  site.log_in(host, "hunter2");
  EXPECT_EQ(error_of([&] { resolve_registry_image(image("registry.example/lab/app:1.0"), site.context); }),
            cat("error: cannot pull 'registry.example/lab/app:1.0': '", host, "' refuses the login from ", site.folder(),
                "/docker/config.json\nhint: run 'docker login ", host, "' again\n"));
}

TEST(Registry, TokensAreFetchedWithAndWithoutALogin) {
  Site site({from(upstream("TOKEN"))});
  const LockedImage app = resolve_registry_image(image("registry.example/lab/app:1.0"), site.context).value;
  fetch_all(app, site.context);
  expect_complete(app, site.context);
  site.log_in(upstream("TOKEN"), upstream("PASSWORD"));
  resolve_registry_image(image("registry.example/lab/multi:1.0"), site.context);
}

TEST(Registry, AnIdentityTokenIsExchanged) {
  Site site({from(upstream("TOKEN"))});
  site.log_in(cat(R"({"auths": {"https://)", upstream("TOKEN"), R"(/v2/": {"identitytoken": "refresh-me"}}})"));
  resolve_registry_image(image("registry.example/lab/app:1.0"), site.context);
  EXPECT_GE(log_lines("tokens", "POST /token"), 1u);
}

TEST(Registry, ATokenServerThatRefusesIsNamed) {
  Site site({from(upstream("TOKEN"))});
  site.log_in(upstream("TOKEN"), "hunter2");
  EXPECT_EQ(error_of([&] { resolve_registry_image(image("registry.example/lab/app:1.0"), site.context); }),
            cat("error: cannot log in: the token server 'https://", upstream("TOKENS"), "/token' refuses the login from ", site.folder(),
                "/docker/config.json (401 Unauthorized)\nhint: log in again with 'docker login', or correct the stored password\n"));
}

TEST(Registry, AnImageThatATokenDoesNotOpenWantsALogin) {
  Site site({from(upstream("TOKEN"))});
  const std::string host = upstream("TOKEN");
  EXPECT_EQ(error_of([&] { resolve_registry_image(image("registry.example/lab/private:1"), site.context); }),
            cat("error: cannot pull 'registry.example/lab/private:1': '", host,
                "' wants a login\nhint: check the name; for a private image run 'docker login ", host,
                "', which leaves the login in config.json of $DOCKER_CONFIG or ~/.docker\n"));
}

/// A docker-credential-helper in the PATH for as long as the test runs.
class HelperInPath {
 public:
  HelperInPath(const Site& site, const std::string& script) : before_(std::getenv("PATH")) {
    write_file_atomically(path_join(site.folder(), "docker-credential-lab"), cat("#!/bin/sh\n", script, "\n"), 0755);
    setenv("PATH", cat(site.folder(), ":", before_).c_str(), 1);
  }
  ~HelperInPath() { setenv("PATH", before_.c_str(), 1); }
  HelperInPath(const HelperInPath&) = delete;

 private:
  std::string before_;
};

TEST(Registry, ACredentialHelperIsAsked) {
  Site site({from(upstream("BASIC"))});
  site.log_in(cat(R"({"credHelpers": {")", upstream("BASIC"), R"(": "lab"}})"));
  const HelperInPath helper(site, cat("test \"$1\" = get && read -r server; test \"$server\" = ", upstream("BASIC"),
                                      " && printf '{\"ServerURL\":\"%s\",\"Username\":\"", upstream("USER"), "\",\"Secret\":\"",
                                      upstream("PASSWORD"), "\"}' \"$server\""));
  resolve_registry_image(image("registry.example/lab/app:1.0"), site.context);
}

TEST(Registry, AStoreWithoutALoginFallsBackToNone) {
  Site site({from(upstream("BASIC"))});
  site.log_in(R"({"credsStore": "lab"})");
  const HelperInPath helper(site, "echo 'credentials not found in native keychain'; exit 1");
  EXPECT_NE(error_of([&] { resolve_registry_image(image("registry.example/lab/app:1.0"), site.context); }).find("' wants a login"),
            std::string::npos);
}

TEST(Registry, AHelperThatFailsOrIsMissingIsNamed) {
  Site site({from(upstream("BASIC"))});
  const std::string host = upstream("BASIC");
  const auto pull = [&] { resolve_registry_image(image("registry.example/lab/app:1.0"), site.context); };
  site.log_in(R"({"credsStore": "lab"})");
  EXPECT_EQ(error_of(pull),
            cat("error: cannot find 'docker-credential-lab': Docker's config.json names it as the keeper of the login for '", host,
                "'\nhint: install it, or take it out of config.json and run 'docker login ", host, "'\n"));
  {
    const HelperInPath helper(site, "echo locked; exit 3");
    EXPECT_EQ(error_of(pull), "error: cannot get a login from 'docker-credential-lab': it ended with exit code 3\n");
  }
  const HelperInPath helper(site, "echo '{\"Username\": \"hunter2'");
  EXPECT_EQ(error_of(pull).find("hunter2"), std::string::npos);
}

TEST(Registry, AnUnknownAuthorityIsNamed) {
  Site site({from(upstream("BASIC"))}, false);
  EXPECT_EQ(error_of([&] { resolve_registry_image(image("registry.example/lab/app:1.0"), site.context); }),
            cat("error: cannot fetch 'https://", upstream("BASIC"),
                "/v2/lab/app/manifests/1.0': the certificate of '127.0.0.1' is signed by an authority this machine does not know\n"
                "hint: name the authority's certificate with --ca-file\n"));
}

TEST(Registry, ALayerIsContinuedAfterEveryCut) {
  Site site({cat("registry.example=http://", upstream("LYING"), "/cut")});
  const LockedImage app = resolve_registry_image(image("registry.example/lab/app:1.0"), site.context).value;
  std::uint64_t bytes = 0;
  site.context.on_bytes = [&](std::uint64_t more) { bytes += more; };
  fetch_all(app, site.context);
  expect_complete(app, site.context);
  EXPECT_EQ(bytes, app.blobs.back().size) << "what had arrived was asked for again";
  EXPECT_EQ(site.retries.size(), 2u);
}

TEST(Registry, LyingRegistriesGetOneClearMessageEach) {
  const std::string lying = upstream("LYING");
  const auto pull = [&](std::string_view mode) {
    Site site({cat("registry.example=http://", lying, "/", mode)});
    return error_of([&] { fetch_all(resolve_registry_image(image("registry.example/lab/app:1.0"), site.context).value, site.context); });
  };
  Site honest({from(upstream("OPEN"), "http")});
  const LockedImage app = resolve_registry_image(image("registry.example/lab/app:1.0"), honest.context).value;
  const std::string config = cat("config ", app.blobs[1].digest.hex().substr(0, 12), " of registry.example/lab/app");
  EXPECT_EQ(pull("html"), cat("error: ", config,
                              " cannot be fetched: the server sent an HTML page instead\n"
                              "hint: a login page or a proxy may stand between; look at the address in a browser\n"));
  EXPECT_EQ(pull("gone"), cat("error: ", config, " has vanished upstream: '", lying,
                              "' no longer has it\nhint: run 'rootcellar lock' again and build from the new lock\n"));
  EXPECT_EQ(pull("endless"), cat("error: ", config, " is longer than the ", app.blobs[1].size, " bytes expected\n"));
  EXPECT_EQ(pull("limit"), cat("error: cannot pull '", config, "': '", lying,
                               "' limits how much may be pulled (429 Too Many Requests)\nhint: run 'docker login ", lying,
                               "' for a higher limit, or try again later; what was fetched is kept\n"));
  EXPECT_EQ(pull("manifest-html"), cat("error: cannot pull 'registry.example/lab/app:1.0': '", lying,
                                       "' sent an HTML page instead of a manifest\n"
                                       "hint: a login page or a proxy may stand between; look at the address in a browser\n"));
  EXPECT_EQ(pull("manifest-endless"), cat("error: cannot fetch 'http://", lying,
                                          "/v2/manifest-endless/lab/app/manifests/1.0': it is larger than the limit of 4.2 MB\n"));
  EXPECT_NE(pull("flip").find(cat(config, " has other content: expected ", app.blobs[1].digest.named(), ", found sha256:")),
            std::string::npos);
  EXPECT_NE(pull("manifest-flip").find(cat("' sent another manifest: expected ", app.digest.named(), ", found sha256:")),
            std::string::npos);
}

}  // namespace
}  // namespace rootcellar
