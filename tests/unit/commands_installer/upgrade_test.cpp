// A bundle with a higher serial over an installed one, from the command line to the last file taken back.
#include <gtest/gtest.h>

#include "installer/commands/kept_state.h"
#include "tests/unit/commands_installer/site_fixture.h"

namespace rootcellar {
namespace {

using test::Site;
using test::SiteBundle;

SiteBundle old_bundle() { return {.more_files = {{"tool", "files/motd", "/opt/tool", 0755, "root", "root"}}}; }
SiteBundle new_bundle() { return {.serial = 4, .folder = "new", .motd = "welcome back to the lab\n"}; }

struct Upgraded {
  Site site;
  MemoryTree before = site.host().tree();
  std::string key = site.write_key(test::first_key());
  cli::Captured first = site.run({"install", site.write_bundle(old_bundle()), "--trust", key, "--yes"});
  MemoryTree between = site.host().tree();
  std::string folder = site.write_bundle(new_bundle());
};

TEST(Upgrade, ThePlanSaysWhatChanges) {
  Upgraded upgraded;
  ASSERT_EQ(upgraded.first.exit_code, 0) << upgraded.first.err;
  const auto ran = upgraded.site.run({"plan", upgraded.folder});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out.substr(0, ran.out.find("\nPorts opened")),
            "Plan for lab-cpu-4-amd64, serial 4, made 2026-11-21T06:03:00Z\n"
            "Takes the place of serial 3, which is installed here\n"
            "\n"
            "Steps\n"
            "  1  already so: make directory /srv/lab\n"
            "  2  put /srv/lab/motd in place\n"
            "       The appliance brings it as 'motd'.\n"
            "       - owner root\n"
            "  3  check: look at /srv/lab/motd\n"
            "       Proof 'motd is there' of the appliance: it must show 'welcome'.\n"
            "       - changes nothing; gives up after 5 s\n"
            "  4  check: get http://127.0.0.1:80/\n"
            "       Proof 'page answers' of the appliance: it must show 'hello'.\n"
            "       - changes nothing; gives up after 5 s\n"
            "\n"
            "What only the installed bundle has\n"
            "  - taken back: put /opt/tool in place\n"
            "  - taken back: make directory /opt\n");
}

TEST(Upgrade, TakesTheInstalledOnesPlaceAndIsTakenBackWithIt) {
  Upgraded upgraded;
  ASSERT_TRUE(upgraded.site.host().exists("/opt/tool"));
  const auto ran = upgraded.site.run({"install", upgraded.folder, "--yes"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const MemoryTree& tree = upgraded.site.host().tree();
  EXPECT_EQ(tree.at("/srv/lab/motd").content, "welcome back to the lab\n");
  EXPECT_FALSE(tree.contains("/opt/tool"));
  EXPECT_EQ(tree.at("/var/lib/rootcellar/serial/lab").content, "4\n");
  EXPECT_EQ(upgraded.site.kept_bundles(), "bundle-* header.1.minisig header.txt index");
  const auto status = upgraded.site.run({"status"});
  EXPECT_EQ(status.exit_code, 0) << status.out;
  EXPECT_EQ(status.out,
            "lab-cpu-4-amd64, made 2026-11-21T06:03:00Z, signed by site: installed\n\n"
            "step                 state            what it is\n"
            "directory-srv-lab    as it should be  make directory /srv/lab\n"
            "file-motd            as it should be  put /srv/lab/motd in place\n"
            "check-motd-is-there  passed           check: look at /srv/lab/motd\n"
            "check-page-answers   passed           check: get http://127.0.0.1:80/\n");
  EXPECT_EQ(upgraded.site.run({"uninstall", "--yes"}).exit_code, 0);
  EXPECT_EQ(upgraded.site.host().tree(), upgraded.before);
}

TEST(Upgrade, ThatStoppedGoesOnAndKnowsWhichItIs) {
  Upgraded upgraded;
  upgraded.site.host().set_server([](MemoryHost&, const std::string&) { return HttpReply{0, "Connection refused", {}}; });
  EXPECT_EQ(upgraded.site.run({"install", upgraded.folder, "--yes"}).exit_code, 1);
  const auto status = upgraded.site.run({"status"});
  EXPECT_EQ(status.out.substr(0, status.out.find('\n')),
            "lab-cpu-4-amd64, made 2026-11-21T06:03:00Z, signed by site: not installed completely; run 'rootcellar-install resume'");
  upgraded.site.host().set_server([](MemoryHost&, const std::string&) { return HttpReply{200, "hello", {}}; });
  const auto resumed = upgraded.site.run({"resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_FALSE(upgraded.site.host().exists("/opt/tool"));
  EXPECT_EQ(upgraded.site.run({"status"}).exit_code, 0);
}

TEST(Upgrade, OverAnInstallThatNeverEnded) {
  Site site;
  const MemoryTree before = site.host().tree();
  site.host().set_server([](MemoryHost&, const std::string&) { return HttpReply{0, "Connection refused", {}}; });
  EXPECT_EQ(site.run({"install", site.write_bundle(old_bundle()), "--trust", site.write_key(test::first_key()), "--yes"}).exit_code, 1);
  site.host().set_server([](MemoryHost&, const std::string&) { return HttpReply{200, "hello", {}}; });
  EXPECT_EQ(site.run({"install", site.write_bundle(new_bundle()), "--yes"}).exit_code, 0);
  EXPECT_FALSE(site.host().exists("/opt/tool"));
  EXPECT_EQ(site.run({"uninstall", "--yes"}).exit_code, 0);
  EXPECT_EQ(site.host().tree(), before);
}

TEST(Upgrade, OfAnotherProductOrVariantIsRefused) {
  Upgraded upgraded;
  const auto product =
      upgraded.site.run({"install", upgraded.site.write_bundle({.serial = 9, .folder = "desk", .product = "desk"}), "--yes"});
  EXPECT_EQ(product.exit_code, 6);
  EXPECT_EQ(
      product.err,
      "error: cannot install 'desk-cpu-9-amd64': 'lab-cpu' serial 3 is installed here, and 'desk-cpu' serial 9 cannot be put beside it: "
      "take it back with 'rootcellar-install uninstall' first; pushed images and data are kept\nnothing was installed\n");
  const auto variant =
      upgraded.site.run({"install", upgraded.site.write_bundle({.serial = 9, .folder = "gpu", .variant = "gpu"}), "--yes"});
  EXPECT_EQ(variant.exit_code, 6);
  const auto same = upgraded.site.run({"install", upgraded.site.write_bundle({.folder = "same", .motd = "other\n"}), "--yes"});
  EXPECT_EQ(same.exit_code, 6);
  EXPECT_EQ(
      same.err,
      "error: cannot install 'lab-cpu-3-amd64': another bundle of 'lab-cpu' with the same serial 3 is installed here: only a higher serial "
      "takes its place\nnothing was installed\n");
  EXPECT_EQ(upgraded.site.host().tree(), upgraded.between);
}

TEST(Upgrade, SignedByAnotherKeyIsRefused) {
  Upgraded upgraded;
  SiteBundle forged = new_bundle();
  forged.signer = &test::second_key();
  forged.folder = "forged";
  EXPECT_EQ(upgraded.site.run({"install", upgraded.site.write_bundle(forged), "--yes"}).exit_code, 4);
  EXPECT_EQ(upgraded.site.host().tree(), upgraded.between);
}

TEST(Status, WithoutRootSaysWhatItDidNotSee) {
  Upgraded upgraded;
  upgraded.site.host().set_root(false);
  const auto ran = upgraded.site.run({"status"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "lab-cpu-3-amd64, made 2026-11-21T06:03:00Z, signed by site: its steps were not looked at: only root can\n");
}

}  // namespace
}  // namespace rootcellar
