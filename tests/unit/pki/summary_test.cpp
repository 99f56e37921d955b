// What is told of a certificate: names and the first end.
#include "bundle/pki/summary.h"

#include <gtest/gtest.h>

#include "tests/unit/pki/issued.h"

namespace rootcellar::test {
namespace {

TEST(Summary, NamesAndTheFirstEndOfTheChain) {
  const Issued site;
  const std::string server = site.certificate({"lab.example", "*.lab.example"}, {"192.0.2.10"});
  const auto summary = summary_of(cat(server, site.authority));
  ASSERT_TRUE(summary);
  const auto validity = certificate_validity(server);
  EXPECT_EQ(summary->names, (std::vector<std::string>{"lab.example", "*.lab.example"}));
  EXPECT_EQ(summary->from, validity.from);
  EXPECT_EQ(summary->until, validity.until);
}

TEST(Summary, AnAuthorityHasNoNames) {
  const Issued site;
  const auto summary = summary_of(site.authority);
  ASSERT_TRUE(summary);
  EXPECT_TRUE(summary->names.empty());
}

TEST(Summary, WhatIsNoCertificate) {
  const Issued site;
  EXPECT_FALSE(summary_of(""));
  EXPECT_FALSE(summary_of("some words"));
  EXPECT_FALSE(summary_of(site.certificate({"lab.example"}).substr(0, 200)));
}

}  // namespace
}  // namespace rootcellar::test
