#include <gtest/gtest.h>

#include "tests/unit/commands_installer/site_fixture.h"

namespace rootcellar {
namespace {

using test::Site;

/// The id follows from every byte of the header.
std::string without_id(std::string text) {
  constexpr std::size_t k_digits = 32;
  const std::size_t at = text.find("(id ");
  return at == std::string::npos ? text : text.replace(at + 4, k_digits, "ID");
}

TEST(Verify, WithoutTrustSaysWhatToGive) {
  Site site;
  const auto ran = site.run({"verify", site.write_bundle()});
  EXPECT_EQ(ran.exit_code, 4);
  EXPECT_EQ(
      ran.err,
      "error: cannot trust 'lab-cpu-3-amd64': this machine has pinned no key yet, and no --trust was given\n"
      "hint: give --trust FILE with a key that did not come with the bundle, or run it in a terminal and type the six words from paper\n");
  EXPECT_EQ(ran.out, "");
}

TEST(Verify, WithAKeyFromElsewhere) {
  Site site;
  const auto ran = site.run({"verify", site.write_bundle(), "--trust", site.write_key(test::first_key())});
  EXPECT_TRUE(ran.err.starts_with("verifying (3.1 MB)\nverifying: 3.1 MB in ")) << ran.err;
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(without_id(ran.out),
            "lab-cpu-3-amd64 (id ID), made 2026-11-21T06:03:00Z, signed by site\n"
            "1 frame, 3.1 MB: all as signed\n");
}

TEST(Verify, AKeyThatLiesWithTheBundleIsNotTrusted) {
  Site site;
  const std::string folder = site.write_bundle();
  write_file_atomically(path_join(folder, "site.pub"), test::first_key().public_key().file_text());
  make_directories(path_join(folder, "keys"));
  write_file_atomically(path_join(folder, "keys/site.pub"), test::first_key().public_key().file_text());
  for (const char* name : {"site.pub", "keys/site.pub"}) {
    const auto ran = site.run({"verify", folder, "--trust", path_join(folder, name)});
    EXPECT_EQ(ran.exit_code, 4);
    EXPECT_EQ(ran.err, std::string("error: cannot trust 'DIR/stick/") + name +
                           "': it lies with the bundle it would vouch for\n"
                           "hint: take the key from another way than the stick, or leave out --trust and type the six words from paper\n");
  }
}

TEST(Verify, AnotherKeyDoesNotDo) {
  Site site;
  const auto ran = site.run({"verify", site.write_bundle(), "--trust", site.write_key(test::second_key())});
  EXPECT_EQ(ran.exit_code, 4);
}

TEST(Verify, ADamagedByteIsNamed) {
  Site site;
  const std::string folder = site.write_bundle();
  const std::string key = site.write_key(test::first_key());
  test::flip(path_join(folder, list_directory(folder).front()), 1 << 20);
  const auto ran = site.run({"verify", folder, "--trust", key});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(without_id(ran.out),
            "lab-cpu-3-amd64 (id ID), made 2026-11-21T06:03:00Z, signed by site\n"
            "damaged: 'DIR/stick/lab-cpu-3-amd64.v01.cellar': frame 0 (bytes 4096 to 3149843) is not what was signed\n"
            "1 frame, 3.1 MB looked at\n");
  EXPECT_TRUE(ran.err.ends_with(
      "\nhint: copy the damaged volumes again from where the bundle was built; if that does not help, do not use this bundle\n"))
      << ran.err;
}

TEST(Verify, AMissingVolumeIsNamed) {
  Site site;
  const std::string folder = site.write_bundle({.volume_size = 2 << 20});
  const auto volumes = list_directory(folder);
  ASSERT_GT(volumes.size(), 1u);
  remove_file(path_join(folder, volumes.back()));
  const auto ran = site.run({"verify", path_join(folder, volumes.front()), "--trust", site.write_key(test::first_key())});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(without_id(ran.out),
            "lab-cpu-3-amd64 (id ID), made 2026-11-21T06:03:00Z, signed by site\n"
            "missing: volume 2 of 2 ('lab-cpu-3-amd64.v02.cellar')\n"
            "1 frame, 2.1 MB looked at\n");
}

TEST(Verify, WithoutABundleNamed) {
  Site site;
  const auto ran = site.run({"verify"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(ran.err, "error: no bundle is named\nhint: name a folder, a volume or a stick, or give --from DIR\n");
}

TEST(Plan, IsPrintedAndChangesNothing) {
  Site site;
  const std::string folder = site.write_bundle();
  const std::string key = site.write_key(test::first_key());
  const MemoryTree before = site.host().tree();
  const auto ran = site.run({"plan", folder, "--trust", key});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_NE(ran.out.find("put /srv/lab/motd in place"), std::string::npos) << ran.out;
  EXPECT_EQ(site.host().tree(), before);
}

TEST(Plan, OnAnotherReleaseSaysSoAndExitsWithSix) {
  Site site;
  site.host().add_file("/etc/os-release", "ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\n");
  const auto ran = site.run({"plan", site.write_bundle(), "--trust", site.write_key(test::first_key())});
  EXPECT_EQ(ran.exit_code, 6);
  EXPECT_NE(
      ran.out.find(
          "It cannot be installed here, because\n  - the bundle is for debian 12 (bookworm), and this machine runs debian 13 (trixie)\n"),
      std::string::npos)
      << ran.out;
}

}  // namespace
}  // namespace rootcellar
