#include "installer/host/tools.h"

#include <gtest/gtest.h>

#include "installer/host/accounts.h"
#include "installer/host/redaction.h"

namespace rootcellar {
namespace {

TEST(Tools, AreAFixedListAndWhatTheBundlePlaced) {
  for (const auto path : allowed_tools()) EXPECT_TRUE(tool_allowed(path)) << path;
  EXPECT_TRUE(tool_allowed("/usr/local/bin/kubectl"));
  EXPECT_TRUE(tool_allowed("/usr/local/sbin/rootcellar-install"));
  for (const char* path : {"/bin/sh", "/usr/bin/bash", "apt-get", "/usr/bin/apt-get/", "/usr/local/bin/", "/usr/local/bin/..",
                           "/usr/local/bin/a/b", "/tmp/apt-get", ""}) {
    EXPECT_FALSE(tool_allowed(path)) << path;
  }
}

std::string hide(std::string_view text, std::vector<std::string> secrets) { return redact(text, secrets); }

TEST(Redaction, HidesSecretsWhereverTheyStand) {
  EXPECT_EQ(hide("token abc123 and abc123", {"abc123"}), "token *** and ***");
  EXPECT_EQ(hide("abcdef abc", {"abc", "abcdef"}), "*** ***");
  EXPECT_EQ(hide("nothing", {""}), "nothing");
  EXPECT_EQ(hide("first and second", {"first\nsecond"}), "*** and ***");
  EXPECT_EQ(hide("pulling from http://me:pw@10.0.0.1/v2 now", {}), "pulling from http://***@10.0.0.1/v2 now");
  EXPECT_EQ(hide("see http://10.0.0.1/a@b", {}), "see http://10.0.0.1/a@b");
  EXPECT_EQ(hide("****", {"*"}), "************");
}

TEST(Accounts, ComeFromTheFilesText) {
  constexpr std::string_view text = "root:x:0:0:root:/root:/bin/sh\nlab:x:1001:1002::/:\nbad:x\n";
  EXPECT_EQ(account_id(text, "root"), 0u);
  EXPECT_EQ(account_id(text, "lab"), 1001u);
  EXPECT_EQ(account_id(text, "1234"), 1234u);
  EXPECT_EQ(account_id(text, "bad"), std::nullopt);
  EXPECT_EQ(account_id(text, "nobody"), std::nullopt);
  EXPECT_EQ(account_id(text, "4294967295"), std::nullopt);
  EXPECT_EQ(account_id(text, "-1"), std::nullopt);
}

}  // namespace
}  // namespace rootcellar
