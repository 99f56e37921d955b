#include "builder/source/image_manifest.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/support/thrown.h"

namespace rootcellar {
namespace {

using test::error_of;

constexpr const char* k_oci = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* k_config = "application/vnd.oci.image.config.v1+json";
constexpr const char* k_layer = "application/vnd.oci.image.layer.v1.tar+gzip";

std::string descriptor(std::string_view type, std::string_view size = "10", std::string_view digest = "") {
  return cat(R"({"mediaType":")", type, R"(","digest":")", digest.empty() ? Digest{}.named() : digest, R"(","size":)", size, "}");
}

std::string manifest(const std::string& config, const std::string& layers) {
  return cat(R"({"schemaVersion":2,"mediaType":")", k_oci, R"(","config":)", config, R"(,"layers":[)", layers, "]}");
}

std::string index_of(std::initializer_list<const char*> platforms) {
  std::string items;
  for (const char* platform : platforms) {
    const std::vector<std::string_view> parts = split(platform, '/');
    items += cat(items.empty() ? "" : ",", R"({"mediaType":")", k_oci, R"(","digest":")", sha256(as_bytes(platform)).named(),
                 R"(","size":5,"platform":{"os":")", parts[0], R"(","architecture":")", parts[1], R"(","variant":")",
                 parts.size() > 2 ? parts[2] : "", R"("}})");
  }
  return cat(R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)", items, "]}");
}

std::string refusal(const std::string& text) {
  return error_of([&] { decode_manifest(text, "", "x:1"); });
}

TEST(Manifest, IsReadWithItsContent) {
  const ImageManifest found =
      decode_manifest(manifest(descriptor(k_config), cat(descriptor(k_layer, "7"), ",", descriptor(k_layer, "8"))), "", "x:1");
  EXPECT_FALSE(found.is_index);
  EXPECT_EQ(found.media_type, k_oci);
  EXPECT_EQ(found.config.size, 10u);
  ASSERT_EQ(found.layers.size(), 2u);
  EXPECT_EQ(found.layers[1].size, 8u);
}

TEST(Manifest, ItsTypeIsItsOwnThenTheServersThenItsShape) {
  const std::string bare = cat(R"({"schemaVersion":2,"config":)", descriptor(k_config), R"(,"layers":[]})");
  EXPECT_EQ(decode_manifest(bare, "", "x").media_type, k_oci);
  EXPECT_EQ(decode_manifest(bare, "text/plain", "x").media_type, k_oci);
  const char* docker = "application/vnd.docker.distribution.manifest.v2+json";
  EXPECT_EQ(decode_manifest(bare, docker, "x").media_type, docker);
  EXPECT_TRUE(decode_manifest(R"({"schemaVersion":2,"manifests":[]})", "", "x").is_index);
}

TEST(Manifest, WhatIsRefused) {
  const std::string lead = "error: cannot use the manifest of 'x:1': ";
  EXPECT_EQ(refusal(R"({"schemaVersion":1})"), lead +
                                                   "it is of the old kind schema 1, which names no sizes\n"
                                                   "hint: push the image again with a current docker or skopeo, or choose a newer tag\n");
  EXPECT_EQ(refusal("{}"), lead + "expected 'schemaVersion' 2\n");
  EXPECT_EQ(refusal("[]"), lead + "expected an object\n");
  EXPECT_EQ(refusal(R"({"schemaVersion":2,"mediaType":"a/b"})"), lead + "unknown media type 'a/b'\n");
  EXPECT_EQ(refusal(R"({"schemaVersion":2})"), lead + "it has no 'config'\n");
  EXPECT_EQ(refusal(manifest("[]", "")), lead + "expected an object\n");
  EXPECT_EQ(refusal(manifest(descriptor("application/vnd.cncf.helm.config.v1+json"), "")),
            lead + "it is not a container image but 'application/vnd.cncf.helm.config.v1+json'\n");
  EXPECT_EQ(refusal(manifest(descriptor(k_config, "99999999"), "")), lead + "its config is larger than 8.4 MB\n");
  EXPECT_EQ(refusal(manifest(descriptor(k_config), descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"))),
            lead +
                "layer 1 is not kept in registries ('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'); such images cannot be "
                "carried\n");
  EXPECT_EQ(refusal(manifest(descriptor(k_config), descriptor("a/b"))), lead + "layer 1 has the unknown media type 'a/b'\n");
  const std::string size = cat(lead, "the size of ", Digest{}.named(), " is missing or too large\n");
  for (const char* bad : {"-1", "1.5", "1e3", "\"10\"", "null", "99999999999999999999", "4398046511105"}) {
    EXPECT_EQ(refusal(manifest(descriptor(k_config), descriptor(k_layer, bad))), size) << bad;
  }
  EXPECT_EQ(refusal(manifest(descriptor(k_config), descriptor(k_layer, "1", "md5:00"))),
            lead + "expected a digest 'sha256:...', found 'md5:00'\n");
}

TEST(Manifest, IsBounded) {
  std::string layers;
  for (int i = 0; i < 1001; ++i) layers += cat(i == 0 ? "" : ",", descriptor(k_layer));
  EXPECT_EQ(refusal(manifest(descriptor(k_config), layers)), "error: cannot use the manifest of 'x:1': more than 1000 'layers'\n");
  EXPECT_NE(refusal(std::string(5 << 20, ' ')), "no error\n");
  EXPECT_NE(refusal(std::string(100000, '[')), "no error\n");
}

TEST(Manifest, CutAtEveryByteIsNeverTaken) {
  const std::string whole = manifest(descriptor(k_config), descriptor(k_layer));
  for (std::size_t length = 0; length < whole.size(); ++length) EXPECT_NE(refusal(whole.substr(0, length)), "no error\n") << length;
}

std::string chosen(std::initializer_list<const char*> platforms, std::string_view debian) {
  const ImageManifest index = decode_manifest(index_of(platforms), "", "x:1");
  return choose_platform(index, debian, "x:1").platform.text();
}

TEST(Platform, TheBestVariantThatRuns) {
  EXPECT_EQ(chosen({"linux/arm64", "linux/amd64"}, "amd64"), "linux/amd64");
  EXPECT_EQ(chosen({"linux/amd64/v3", "linux/amd64"}, "amd64"), "linux/amd64");
  EXPECT_EQ(chosen({"windows/amd64", "linux/amd64/v1"}, "amd64"), "linux/amd64/v1");
  EXPECT_EQ(chosen({"linux/arm64", "linux/arm64/v8"}, "arm64"), "linux/arm64/v8");
  EXPECT_EQ(chosen({"linux/arm/v5", "linux/arm/v6"}, "armhf"), "linux/arm/v6");
  EXPECT_EQ(chosen({"linux/arm/v7", "linux/arm/v5"}, "armel"), "linux/arm/v5");
  EXPECT_EQ(chosen({"linux/386"}, "i386"), "linux/386");
  EXPECT_EQ(chosen({"linux/ppc64le"}, "ppc64el"), "linux/ppc64le");
}

TEST(Platform, NoneThatFits) {
  const auto refused = [](std::initializer_list<const char*> platforms, std::string_view debian) {
    return error_of([&] { chosen(platforms, debian); });
  };
  EXPECT_EQ(refused({"linux/arm64/v8", "linux/amd64", "unknown/unknown"}, "riscv64"),
            "error: cannot choose an image of 'x:1': expected linux/riscv64, found linux/amd64, linux/arm64/v8\n");
  EXPECT_EQ(refused({"linux/amd64/v3"}, "amd64"), "error: cannot choose an image of 'x:1': expected linux/amd64, found linux/amd64/v3\n");
  EXPECT_EQ(refused({}, "amd64"), "error: cannot choose an image of 'x:1': expected linux/amd64, found no image for any platform\n");
  EXPECT_EQ(refused({"linux/amd64"}, "vax"), "error: cannot choose an image of 'x:1': unknown architecture 'vax'\n");
}

TEST(Config, PlatformAndTime) {
  const ImageConfig config =
      decode_image_config(R"({"os":"linux","architecture":"arm","variant":"v7","created":"2024-01-02T03:04:05.678901234Z"})", "x");
  EXPECT_EQ(config.platform.text(), "linux/arm/v7");
  EXPECT_EQ(format_time(config.created), "2024-01-02T03:04:05Z");
  EXPECT_EQ(decode_image_config(R"({"os":"linux","architecture":"arm"})", "x").created, 0);
  EXPECT_EQ(decode_image_config(R"({"os":"linux","architecture":"arm","created":"0001-01-01T00:00:00Z"})", "x").created, 0);
  EXPECT_EQ(error_of([] { decode_image_config("{}", "x"); }), "error: cannot use the config of 'x': it has no 'os'\n");
}

TEST(Config, TimesInAnyZone) {
  EXPECT_EQ(parse_any_time("2024-01-02T03:04:05Z"), parse_time("2024-01-02T03:04:05Z"));
  EXPECT_EQ(parse_any_time("2024-01-02T03:04:05+02:00"), parse_time("2024-01-02T01:04:05Z"));
  EXPECT_EQ(parse_any_time("2024-01-02T03:04:05.5-01:30"), parse_time("2024-01-02T04:34:05Z"));
  for (const char* bad :
       {"", "2024-01-02T03:04:05", "2024-01-02T03:04:05.", "2024-01-02T03:04:05X", "2024-01-02T03:04:05+2:00", "2024-13-02T03:04:05Z"}) {
    EXPECT_FALSE(parse_any_time(bad)) << bad;
  }
}

}  // namespace
}  // namespace rootcellar
