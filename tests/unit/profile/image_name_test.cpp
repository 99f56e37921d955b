#include <gtest/gtest.h>

#include "builder/profile/profile.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

const std::string k_digest = cat("sha256:", std::string(64, 'a'));

std::string full(std::string_view text) {
  const auto name = parse_image_name(text);
  return name ? name->text() : "refused";
}

std::string reason(std::string_view text) {
  std::string why;
  return parse_image_name(text, &why) ? "accepted" : why;
}

TEST(ImageName, IsWrittenInFull) {
  EXPECT_EQ(full("nginx"), "docker.io/library/nginx:latest");
  EXPECT_EQ(full("nginx:1.22"), "docker.io/library/nginx:1.22");
  EXPECT_EQ(full("docker.io/nginx:1.22"), "docker.io/library/nginx:1.22");
  EXPECT_EQ(full("index.docker.io/library/nginx"), "docker.io/library/nginx:latest");
  EXPECT_EQ(full("weaveworks/weave-kube:2.6.5"), "docker.io/weaveworks/weave-kube:2.6.5");
  EXPECT_EQ(full("quay.io/a/b/c_d__e-f---g.h:v1"), "quay.io/a/b/c_d__e-f---g.h:v1");
  EXPECT_EQ(full("localhost/x"), "localhost/x:latest");
  EXPECT_EQ(full("localhost:5000/x:1"), "localhost:5000/x:1");
  EXPECT_EQ(full("[::1]:5000/x"), "[::1]:5000/x:latest");
  EXPECT_EQ(full("Registry.Example.org/x:Tag_1.0-a"), "registry.example.org/x:Tag_1.0-a");
  EXPECT_EQ(full(cat("nginx@", k_digest)), cat("docker.io/library/nginx@", k_digest));
  EXPECT_EQ(full(cat("nginx:1@", k_digest)), cat("docker.io/library/nginx:1@", k_digest));
}

TEST(ImageName, KnowsHostAndPath) {
  const auto name = parse_image_name("nginx:1.22");
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->host(), "docker.io");
  EXPECT_EQ(name->path(), "library/nginx");
  EXPECT_EQ(name->repository, "docker.io/library/nginx");
}

TEST(ImageName, SaysWhatIsWrong) {
  EXPECT_EQ(reason(""), "it has no name");
  EXPECT_EQ(reason(":1"), "it has no name");
  EXPECT_EQ(reason("nginx@sha256:12"), "the digest after '@' must be sha256: and 64 lower-case hex digits");
  const std::string bad_tag = "a tag has 1 to 128 letters, digits, '_', '.' and '-', and starts with a letter, digit or '_'";
  EXPECT_EQ(reason("nginx:"), bad_tag);
  EXPECT_EQ(reason("nginx:-1"), bad_tag);
  EXPECT_EQ(reason(cat("nginx:", std::string(129, 'a'))), bad_tag);
  EXPECT_EQ(reason(cat("nginx:", std::string(128, 'a'))), "accepted");
  EXPECT_EQ(reason("a/Nginx"), "'Nginx' must be lower-case letters and digits, joined by single '.', '_', '__' or '-'");
  EXPECT_EQ(reason("a..b/c"), "'a..b' is not a host");
  EXPECT_EQ(reason("a/b..c"), "'b..c' must be lower-case letters and digits, joined by single '.', '_', '__' or '-'");
  EXPECT_EQ(reason("a//b"), "'' must be lower-case letters and digits, joined by single '.', '_', '__' or '-'");
  EXPECT_EQ(reason("host:0/x"), "'host:0' is not a host");
  EXPECT_EQ(reason("host:65536/x"), "'host:65536' is not a host");
  EXPECT_EQ(reason(std::string(64, 'a')), "64 hex digits are an image's id, not its name");
  EXPECT_EQ(reason(std::string(256, 'a')), "the name is longer than 255 characters");
  EXPECT_EQ(reason(std::string(255, 'a')), "accepted");
}

}  // namespace
}  // namespace rootcellar
