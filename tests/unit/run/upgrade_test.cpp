// What an upgrade changes on a machine, and what it leaves to people.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/registry_contents.h"
#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_storage = "/srv/data/registry";

class Upgraded : public ::testing::Test {
 protected:
  Upgraded() {
    set_up_machine(host_);
    before_ = visible(host_);
    begin_plan(host_, "first");
    install(host_, first_, small_plan());
  }
  RunOutcome upgrade() { return upgrade(next_plan(next_)); }
  RunOutcome upgrade(const std::vector<Step>& steps) {
    begin_plan(host_, "next");
    return install(host_, next_, steps);
  }
  std::string tag(const std::string& repository, const std::string& name) {
    return host_.read_file(RegistryPaths(k_storage).tag_link(repository, name), 256).value_or("none");
  }
  std::string lines(const std::string& file) { return host_.read_file(file, 1 << 20).value_or(""); }
  static std::string web_of(const Bundle& bundle) { return bundle.index().images.back().digest.named(); }

  TemporaryDirectory first_directory_{"rc-first"}, next_directory_{"rc-next"};
  Bundle first_ = small_bundle(first_directory_.path());
  Bundle next_ = next_bundle(next_directory_.path());
  MemoryHost host_;
  MemoryTree before_;
};

TEST_F(Upgraded, IsTheNewBundleOnThisMachine) {
  upgrade();
  MemoryHost fresh;
  set_up_machine(fresh);
  begin_plan(fresh, "next");
  install(fresh, next_, next_plan(next_));
  MemoryTree expected = visible(fresh), found = visible(host_);
  // docker keeps the replaced image without a name, until uninstall gives the name back and removes it.
  expected.erase("/fake/images"), found.erase("/fake/images");
  EXPECT_EQ(difference(expected, found), "");
  EXPECT_EQ(lines("/fake/images"), cat("<none> ", web_of(first_), "\nquay.io/lab/web:1 ", web_of(next_), "\n"));
}

TEST_F(Upgraded, DoesOnlyWhatChanged) {
  const std::size_t calls = host_.calls().size();
  const RunOutcome outcome = upgrade();
  // motd, the registry's images, spool, packages, no spool, docker's settings, docker, the pull; and both proofs again.
  EXPECT_EQ(outcome.done, 10u);
  EXPECT_EQ(outcome.already, 6u);
  const std::vector<std::string> restart{"/usr/bin/systemctl", "restart", "--", "docker.service"};
  EXPECT_EQ(std::count(host_.calls().begin() + static_cast<std::ptrdiff_t>(calls), host_.calls().end(), restart), 1);
  EXPECT_EQ(lines("/fake/dpkg"), "docker.io\tinstalled\t21\nlibc6:amd64\tinstalled\nrunc\tinstalled\t1\n");
  EXPECT_EQ(lines("/fake/held"), "docker.io\nrunc\n");
}

TEST_F(Upgraded, AgainOverItselfDoesLittleMoreThanTheProofs) {
  upgrade();
  EXPECT_EQ(upgrade().done, 4u);  // and debs are spooled and removed again: the spool comes before the packages are looked at
}

TEST_F(Upgraded, TakesOutWhatOnlyTheOldBundleHad) {
  upgrade();
  EXPECT_FALSE(host_.exists("/opt/tools"));
  EXPECT_EQ(tag("quay.io/lab/web", "1"), web_of(next_));
  EXPECT_EQ(tag("quay.io/lab/web", "latest"), "none");
  const Digest old_layer = first_.index().images.back().manifests.front().blobs.back();
  EXPECT_FALSE(host_.exists(RegistryPaths(k_storage).blob(old_layer)));
  EXPECT_EQ(lines("/etc/docker/daemon.json").find("5000"), std::string::npos) << lines("/etc/docker/daemon.json");
}

TEST_F(Upgraded, LeavesATagThatPeoplePushedOver) {
  const std::string theirs = tag("docker.io/library/registry", "2");
  host_.write_file(RegistryPaths(k_storage).tag_link("quay.io/lab/web", "1"), theirs);
  std::vector<Step> steps = next_plan(next_);
  for (Step& step : steps) {
    if (auto* fill = std::get_if<FillRegistry>(&step.action)) fill->keep_tags = {"quay.io/lab/web:1"};
    if (auto* pull = std::get_if<PullImage>(&step.action)) pull->digest = {};
  }
  upgrade(steps);
  EXPECT_EQ(tag("quay.io/lab/web", "1"), theirs);
  uninstall(host_, false);
  EXPECT_EQ(tag("quay.io/lab/web", "1"), theirs);
}

TEST_F(Upgraded, DoesNotChangeWhatPeopleHold) {
  host_.add_file("/fake/dpkg", "docker.io\tinstalled\t20\tinstall\nlibc6\tinstalled\t1\thold\nrunc\tinstalled\t1\thold\n");
  host_.set_tool("/usr/bin/apt-get", [](MemoryHost&, const ToolCall&) {
    return ToolResult{.exit_code = 0, .timed_out = false, .output = "Inst libc6 [1] (2 Debian [amd64])\n", .error_output = {}};
  });
  try {
    upgrade();
    FAIL();
  } catch (const HostError& error) {
    EXPECT_EQ(error.message(), "cannot install 'docker.io': apt would change 'libc6', which people hold at its version");
  }
}

TEST_F(Upgraded, KeptStorageGetsTheNewAccountsNumber) {
  host_.write_file(cat(k_storage, "/people"), "pushed", 0644, {"rc-registry", "rc-registry"});
  host_.write_file(cat(k_storage, "/others"), "whose", 0644, {"7", "7"});
  uninstall(host_, false);
  ASSERT_EQ(host_.status(k_storage)->uid, 990u);
  host_.set_tool("/usr/sbin/useradd", [](MemoryHost& host, const ToolCall&) {
    host.write_file("/etc/passwd", "root:x:0:0::/:\nrc-registry:x:980:980::/:\n");
    host.write_file("/etc/group", "root:x:0:\nrc-registry:x:980:\n");
    return ToolResult{};
  });
  begin_plan(host_, "again");
  install(host_, first_, small_plan());
  EXPECT_EQ(host_.status(k_storage)->uid, 980u);
  EXPECT_EQ(host_.status(cat(k_storage, "/people"))->uid, 980u);
  EXPECT_EQ(host_.status(cat(k_storage, "/people"))->gid, 980u);
  EXPECT_EQ(host_.status(cat(k_storage, "/others"))->uid, 7u);
}

}  // namespace
}  // namespace rootcellar::test
