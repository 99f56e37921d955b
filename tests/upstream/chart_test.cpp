// Charts from a repository and from an OCI registry, and files pinned by what upstream publishes beside them.
#include "builder/source/chart.h"

#include <gtest/gtest.h>

#include "builder/source/file_sources.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/upstream/fixture.h"

namespace rootcellar {
namespace {

std::vector<std::string> mirrors() {
  return {cat("https://charts.example/lab=https://", upstream("HTTPS"), "/charts"), cat("registry.example=http://", upstream("OPEN"))};
}

std::string served(const std::string& name) { return read_file(cat(upstream(""), "/files/charts/", name), 100000); }
Digest digest_of(const std::string& name) { return sha256(as_bytes(served(name))); }

ProfileChart in_repository(const std::string& name, const std::string& version) {
  ProfileChart chart;
  chart.repository = "https://charts.example/lab";
  chart.name = name;
  chart.version = version;
  return chart;
}

ProfileChart in_registry(const std::string& name, const std::string& version) {
  ProfileChart chart;
  chart.oci = cat("oci://registry.example/", name);
  chart.version = version;
  return chart;
}

std::string refused(const ProfileChart& chart) {
  Site site(mirrors());
  return error_of([&] { resolve_chart(chart, "chart of deployment 'web'", site.context); });
}

TEST(RepositoryChart, IsPinnedByWhatTheIndexSays) {
  Site site(mirrors());
  const Resolved<LockedBlob> found = resolve_chart(in_repository("web", "1.0.0"), "chart", site.context);
  EXPECT_EQ(found.value.url, "https://charts.example/lab/web-1.0.0.tgz");
  EXPECT_EQ(found.value.digest, digest_of("web-1.0.0.tgz"));
  EXPECT_EQ(found.value.size, served("web-1.0.0.tgz").size());
  EXPECT_EQ(format_time(found.newest), "2024-01-03T07:04:05Z");
  EXPECT_EQ(read_file(site.context.cache.blob_path(found.value.digest), 100000), served("web-1.0.0.tgz"));
}

TEST(RepositoryChart, MayLieElsewhereAndHaveALetterBeforeItsVersion) {
  Site site(mirrors());
  const LockedBlob found = resolve_chart(in_repository("web", "1.1.0"), "chart", site.context).value;
  EXPECT_EQ(found.url, "https://charts.example/lab/web-1.1.0.tgz");
  EXPECT_EQ(found.digest, digest_of("web-1.1.0.tgz"));
}

TEST(RepositoryChart, IsRefusedWhereTheIndexDoesNotPinIt) {
  EXPECT_EQ(refused(in_repository("wep", "1.0.0")),
            "error: 'https://charts.example/lab/index.yaml' has no chart 'wep'\nhint: did you mean 'web'?\n");
  EXPECT_EQ(refused(in_repository("web", "7.7.7-rc1")),
            "error: 'https://charts.example/lab/index.yaml' has no version '7.7.7-rc1' of chart 'web'\n"
            "hint: it has v1.1.0, 1.0.0, 0.9.0, 0.8.0, 0.7.0\n");
  EXPECT_EQ(refused(in_repository("web", "0.8.0")),
            "error: 'https://charts.example/lab/index.yaml' gives no SHA-256 of chart 'web' 0.8.0\n"
            "hint: name the chart's archive by url and sha256 instead\n");
  EXPECT_EQ(refused(in_repository("web", "0.7.0")),
            "error: 'https://charts.example/lab/index.yaml' names no address of chart 'web' 0.7.0\n");
}

TEST(RepositoryChart, IsRefusedWhenItIsNotWhatTheIndexSays) {
  EXPECT_EQ(refused(in_repository("web", "0.9.0")),
            cat("error: chart of deployment 'web' has other content: expected ", digest_of("web-1.1.0.tgz").named(), ", found ",
                digest_of("web-1.0.0.tgz").named(), "\n  while fetching 'https://charts.example/lab/web-1.0.0.tgz'\n"));
}

TEST(RepositoryChart, IsRefusedWithoutItsDependencies) {
  EXPECT_EQ(refused(in_repository("needy", "1.0.0")),
            "error: chart of deployment 'web' lacks what it depends on: redis 9.4.1\n"
            "hint: run 'helm dependency update' on the chart: helm asks for dependencies in charts/, switched off or not\n");
}

TEST(RepositoryChart, NeedsAnIndex) {
  ProfileChart chart = in_repository("web", "1.0.0");
  chart.repository = "https://charts.example/lab/none/";
  EXPECT_EQ(refused(chart), "error: cannot fetch 'https://charts.example/lab/none/index.yaml': the server answers 404 Not Found\n");
}

TEST(OciChart, IsPinnedByItsLayer) {
  Site site(mirrors());
  const Resolved<LockedBlob> found = resolve_chart(in_registry("charts/web", "1.1.0+build.1"), "chart", site.context);
  EXPECT_EQ(found.value.url, "oci://registry.example/charts/web");
  EXPECT_EQ(found.value.digest, digest_of("web-1.1.0.tgz"));
  EXPECT_EQ(format_time(found.newest), "2024-01-03T07:04:05Z");
  EXPECT_EQ(read_file(site.context.cache.blob_path(found.value.digest), 100000), served("web-1.1.0.tgz"));
}

TEST(OciChart, IsFetchedByItsPinAlone) {
  Site site(mirrors());
  const LockedBlob pin = resolve_chart(in_registry("charts/web", "1.1.0+build.1"), "chart", site.context).value;
  Site other(mirrors());
  fetch_oci_chart(pin, other.context);
  EXPECT_TRUE(other.context.cache.find(pin.digest, pin.size));
}

TEST(OciChart, IsNoImageAndNotNothing) {
  EXPECT_EQ(refused(in_registry("lab/app", "1.0")),
            "error: chart of deployment 'web' is not a chart: its manifest has no layer of type "
            "application/vnd.cncf.helm.chart.content.v1.tar+gzip\n");
  EXPECT_EQ(refused(in_registry("charts/web", "1.2.0")), cat("error: cannot find 'registry.example/charts/web:1.2.0': '", upstream("OPEN"),
                                                             "' has no tag '1.2.0' of it\nhint: its tags: 1.1.0_build.1\n"));
}

ProfileFileContent published(const std::string& name) {
  ProfileFileContent content;
  content.url = cat("https://charts.example/lab/", name);
  content.checksum_url = "https://charts.example/lab/SHA256SUMS";
  return content;
}

TEST(PublishedChecksum, PinsTheFileAndItsMember) {
  Site site(mirrors());
  ProfileFileContent content = published("web-1.1.0.tgz");
  EXPECT_EQ(resolve_content(content, "file 'web'", site.context).value.digest, digest_of("web-1.1.0.tgz"));
  content.member = "web/values.yaml";
  const LockedBlob member = resolve_content(content, "file 'web'", site.context).value;
  ASSERT_TRUE(member.archive);
  EXPECT_EQ(member.archive->digest, digest_of("web-1.1.0.tgz"));
  EXPECT_EQ(member.archive->size, served("web-1.1.0.tgz").size());
  EXPECT_EQ(member.digest, sha256(as_bytes("port: 80\n")));
  EXPECT_EQ(member.size, 9U);
  EXPECT_EQ(member.url, "https://charts.example/lab/web-1.1.0.tgz");
}

TEST(PublishedChecksum, MustNameTheFile) {
  Site site(mirrors());
  EXPECT_EQ(error_of([&] { resolve_content(published("needy-1.0.0.tgz"), "file 'needy'", site.context); }),
            "error: 'https://charts.example/lab/SHA256SUMS' names no SHA-256 of 'needy-1.0.0.tgz'\n");
}

TEST(WhenLocked, PinsWhatTheServerSends) {
  Site site(mirrors());
  ProfileFileContent content;
  content.url = "https://charts.example/lab/web-1.0.0.tgz";
  content.pin_when_locked = true;
  const Resolved<LockedBlob> found = resolve_content(content, "manifest 'x'", site.context);
  EXPECT_EQ(found.value.digest, digest_of("web-1.0.0.tgz"));
  EXPECT_EQ(format_time(found.newest), "2024-01-03T07:04:05Z");
  const auto with_size = [&](std::uint64_t size) {
    content.size = size;
    return error_of([&] { resolve_content(content, "manifest 'x'", site.context); });
  };
  EXPECT_EQ(with_size(found.value.size), "no error\n");
  EXPECT_EQ(with_size(10),
            "error: manifest 'x' is larger than the limit of 10 B\n  while fetching 'https://charts.example/lab/web-1.0.0.tgz'\n");
  EXPECT_EQ(with_size(1000), cat("error: manifest 'x' has another size: expected 1000 bytes, found ", found.value.size, "\n"));
}

}  // namespace
}  // namespace rootcellar
