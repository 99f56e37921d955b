#include "builder/source/apt_text.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/support/thrown.h"

namespace rootcellar {
namespace {

using test::message_of;

const std::string k_hash(64, 'a');

TEST(AptText, ReadsInRelease) {
  const ReleaseFile release = parse_in_release(
      cat("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nDate: Sat, 06 Sep 2025 09:57:31 UTC\nAcquire-By-Hash: yes\n"
          "MD5Sum:\n 0123 7 main/binary-amd64/Packages.xz\nSHA256:\n ",
          k_hash, "     1234 main/binary-amd64/Packages.xz\n-----BEGIN PGP SIGNATURE-----\nSHA256:\n junk\n"),
      "InRelease");
  EXPECT_EQ(format_time(release.date), "2025-09-06T09:57:31Z");
  EXPECT_TRUE(release.by_hash);
  ASSERT_EQ(release.files.size(), 1u);
  EXPECT_EQ(release.files.at("main/binary-amd64/Packages.xz").first.hex(), k_hash);
  EXPECT_EQ(release.files.at("main/binary-amd64/Packages.xz").second, 1234u);
}

TEST(AptText, RefusesAnIncompleteInRelease) {
  EXPECT_EQ(message_of([] { parse_in_release("SHA256:\n", "R"); }), "cannot read 'R': expected a Date, found none");
  EXPECT_EQ(message_of([] { parse_in_release("Date: Sat, 06 Sep 2025 09:57:31 UTC\n", "R"); }),
            "cannot read 'R': expected a SHA256 section, found none");
  EXPECT_EQ(message_of([] { parse_in_release("SHA256:\n xyz 1 a\n", "R"); }),
            "cannot read 'R': expected 'SHA256 SIZE NAME', found ' xyz 1 a'");
}

TEST(AptText, ReadsDates) {
  EXPECT_EQ(parse_release_date("Thu, 1 Jan 1970 00:00:10 UTC"), 10);
  EXPECT_EQ(parse_release_date("Thu, 01 Jan 1970 00:00:10 CET"), std::nullopt);
  EXPECT_EQ(parse_release_date("Thu, 01 Foo 1970 00:00:10 UTC"), std::nullopt);
  EXPECT_EQ(parse_release_date(""), std::nullopt);
}

TEST(AptText, ReadsAndWritesControl) {
  const std::string text = "Package: a\nVersion: 1:2\nDescription: short\n long\n\n";
  const auto paragraphs = parse_control(text + "\n\nPackage: b\n");
  ASSERT_EQ(paragraphs.size(), 2u);
  EXPECT_EQ(paragraphs[0].field("Version"), "1:2");
  EXPECT_EQ(paragraphs[0].field("None"), "");
  EXPECT_EQ(render_control(paragraphs[0]), text);
}

TEST(AptText, ReadsThePlan) {
  const auto plan = parse_solution(
      "NOTE: This is only a simulation!\n"
      "Inst libc6 [2.36-9] (2.36-9+deb12u14 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []\n"
      "Inst libx:i386 (1 Debian:12 [i386])\nInst tzdata (2026f-0 Debian:12 [all])\nConf libc6 (2.36-9+deb12u14 Debian:12 [amd64])\n");
  ASSERT_EQ(plan.size(), 3u);
  EXPECT_EQ(plan[0].selector(), "libc6:amd64=2.36-9+deb12u14");
  EXPECT_EQ(plan[1].selector(), "libx:i386=1");
  EXPECT_EQ(plan[2].selector(), "tzdata=2026f-0");
  EXPECT_EQ(message_of([] { parse_solution("Inst x nothing\n"); }), "cannot read apt's plan: found 'Inst x nothing'");
}

TEST(AptText, PinsBySha256Only) {
  const auto uris = parse_printed_uris(cat("Reading package lists...\n'http://x.example/a%2b1.deb' a_1.deb 12 SHA256:", k_hash, "\n"));
  ASSERT_EQ(uris.size(), 1u);
  EXPECT_EQ(uris[0].uri, "http://x.example/a%2b1.deb");
  EXPECT_EQ(uris[0].size, 12u);
  EXPECT_EQ(message_of([] { parse_printed_uris("'http://x.example/a.deb' a.deb 12 MD5Sum:0123\n"); }),
            "cannot pin 'http://x.example/a.deb': apt gave no SHA-256 for it");
}

TEST(AptText, ErrorsBecomeOneLine) {
  EXPECT_EQ(
      apt_errors("W: nothing\nE: Unable to locate package x\nReading\nE: Unable to locate package x\nW: Failed to fetch http://a  404\n"),
      "Unable to locate package x; Failed to fetch http://a  404");
  EXPECT_EQ(apt_errors("all is well\n"), "");
}

}  // namespace
}  // namespace rootcellar
