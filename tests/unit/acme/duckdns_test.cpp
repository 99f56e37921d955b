// Names and tokens of DuckDNS; its answers are met by tests/upstream/acme.
#include "builder/acme/duckdns.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/support/thrown.h"

namespace rootcellar {
namespace {

using test::message_of;

TEST(DuckDnsDomain, OneLabelBelowDuckDns) {
  for (const std::string& good : {std::string("lab.duckdns.org"), std::string("a.duckdns.org"), std::string("lab-2.duckdns.org"),
                                  cat(std::string(63, 'a'), ".duckdns.org")})
    EXPECT_TRUE(is_duckdns_domain(good)) << good;
  for (const std::string& bad :
       {std::string(), std::string("duckdns.org"), std::string(".duckdns.org"), std::string("a.b.duckdns.org"),
        std::string("Lab.duckdns.org"), std::string("-a.duckdns.org"), std::string("a-.duckdns.org"), std::string("lab.duckdns.org."),
        std::string("lab.example.org"), std::string("a&b.duckdns.org"), cat(std::string(64, 'a'), ".duckdns.org")})
    EXPECT_FALSE(is_duckdns_domain(bad)) << bad;
}

class Token : public testing::Test {
 protected:
  std::string file(std::string_view text, unsigned mode = 0600) {
    const std::string path = path_join(folder_.path(), "token");
    write_file_atomically(path, text, mode);
    return path;
  }
  void TearDown() override { ::unsetenv("DUCKDNS_TOKEN"); }
  TemporaryDirectory folder_{"rc-token-"};
};

TEST_F(Token, IsTheFirstLine) {
  EXPECT_EQ(read_duckdns_token(file("0f1e-2d\nmore\n")).view(), "0f1e-2d");
  EXPECT_EQ(read_duckdns_token(file("0f1e-2d\r\n")).view(), "0f1e-2d");
  EXPECT_EQ(read_duckdns_token(file("0f1e-2d", 0400)).view(), "0f1e-2d");
}

TEST_F(Token, OfTheEnvironmentWhereNoFileIsGiven) {
  ::setenv("DUCKDNS_TOKEN", "from-outside", 1);
  EXPECT_EQ(read_duckdns_token({}).view(), "from-outside");
  EXPECT_EQ(read_duckdns_token(file("of-the-file")).view(), "of-the-file");
}

TEST_F(Token, WhatIsNone) {
  std::string hint;
  const std::string empty = file("\n");
  EXPECT_EQ(message_of([&] { read_duckdns_token(empty); }, &hint),
            cat("the first line of '", empty, "' is no token: expected letters, digits and dashes"));
  EXPECT_EQ(hint, "give --token-file FILE with the token that duckdns.org shows when you are logged in, or set DUCKDNS_TOKEN");
  ::setenv("DUCKDNS_TOKEN", "two words", 1);
  EXPECT_EQ(message_of([] { read_duckdns_token({}); }),
            "the first line of $DUCKDNS_TOKEN is no token: expected letters, digits and dashes");
  ::unsetenv("DUCKDNS_TOKEN");
  EXPECT_EQ(message_of([] { read_duckdns_token({}); }), "expected DuckDNS's token");
}

TEST_F(Token, OthersMayNotReadIt) {
  for (const unsigned mode : {0644U, 0640U, 0604U, 0620U}) {
    std::string hint;
    const std::string path = file("0f1e-2d\n", mode);
    EXPECT_EQ(message_of([&] { read_duckdns_token(path); }, &hint),
              cat("cannot use the token in '", path, "': others than its owner may read it"));
    EXPECT_EQ(hint, cat("chmod 600 ", path));
  }
}

}  // namespace
}  // namespace rootcellar
