#include <gtest/gtest.h>

#include "builder/source/file_sources.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

const std::string k_one = std::string(63, '0') + "1", k_two = std::string(63, '0') + "2";

std::string found(const std::string& text) {
  const auto digest = find_checksum(text, "helm.tar.gz");
  return digest ? digest->hex().substr(63) : "none";
}

TEST(Checksum, IsFoundInEveryFormUpstreamsUse) {
  EXPECT_EQ(found(k_one), "1");
  EXPECT_EQ(found(k_one + "\n"), "1");
  EXPECT_EQ(found(k_two + "  other.tar.gz\n" + k_one + "  helm.tar.gz\n"), "1");
  EXPECT_EQ(found(k_two + " *./dist/other\r\n" + k_one + " *./dist/helm.tar.gz\r\n"), "1");
  EXPECT_EQ(found("SHA256 (other) = " + k_two + "\nSHA256 (helm.tar.gz) = " + k_one + "\n"), "1");
  EXPECT_EQ(found("# sums\n\n" + std::string(63, '0') + "A  helm.tar.gz"), "a");
}

TEST(Checksum, OfAnotherFileIsNone) {
  EXPECT_EQ(found(""), "none");
  EXPECT_EQ(found(k_one + "  other.tar.gz\n"), "none");
  EXPECT_EQ(found("SHA256 (other) = " + k_one), "none");
  EXPECT_EQ(found("SHA512 (helm.tar.gz) = " + k_one), "none");
  EXPECT_EQ(found(k_one + "0  helm.tar.gz"), "none");
  EXPECT_EQ(found("<html>"), "none");
}

}  // namespace
}  // namespace rootcellar
