// Data is unpacked whole, what people changed stays, and exports are in force or gone.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/data_record.h"
#include "tests/unit/base/error_text.h"
#include "tests/unit/run/storage_machine.h"
#include "tests/unit/run/warned.h"

namespace rootcellar::test {
namespace {

class StorageSteps : public ::testing::Test {
 protected:
  StorageSteps() { set_up_storage_machine(host_); }

  void run(Bundle& bundle, const std::vector<Step>& steps) {
    Journal journal(host_, "/var/lib/rootcellar/journal");
    RunContext context{.host = host_, .bundle = &bundle, .progress = warned_};
    run_plan(steps, journal, context);
  }
  void install_first() {
    begin_plan(host_, "first");
    run(bundle_, storage_plan());
  }
  void install_next() {
    begin_plan(host_, "next");
    run(next_, next_storage_plan(next_));
  }
  std::string content(const std::string& path) { return host_.read_file(path, 10000).value_or("nothing"); }
  std::string names() { return join(host_.list("/srv/media"), " "); }

  TemporaryDirectory directory_{"rc-storage"}, next_directory_{"rc-storage-next"};
  Bundle bundle_ = storage_bundle(directory_.path());
  Bundle next_ = next_storage_bundle(next_directory_.path());
  MemoryHost host_;
  Warned warned_;
};

TEST_F(StorageSteps, UnpackWithOwnerAndMode) {
  install_first();
  EXPECT_EQ(names(), "nearest readme sky");
  EXPECT_EQ(content("/srv/media/sky/near"), "M31 0.68\n");
  EXPECT_EQ(content("/srv/media/sky/again"), "M31 0.68\n");
  EXPECT_EQ(host_.read_link("/srv/media/nearest"), "sky/near");
  const auto near = host_.status("/srv/media/sky/near"), sky = host_.status("/srv/media/sky");
  EXPECT_EQ(cat(near->mode, " ", near->uid, " ", near->gid), "416 1000 1000");
  EXPECT_EQ(cat(sky->mode, " ", sky->uid, " ", sky->gid), "488 1000 1000");
  EXPECT_EQ(content("/fake/exports"), "# ours\n/srv/media 192.0.2.0/24(rw,sync)\n");
  EXPECT_EQ(warned_.warnings, std::vector<std::string>{});
}

TEST_F(StorageSteps, ReplaceWhatNobodyChanged) {
  install_first();
  host_.write_file("/srv/media/uploaded", "people's");
  install_next();
  EXPECT_EQ(names(), "changes nearest sky uploaded");
  EXPECT_EQ(content("/srv/media/sky/near"), "M31 0.78 and M33\n");
  EXPECT_EQ(content("/srv/media/uploaded"), "people's");
  EXPECT_EQ(content("/fake/exports"), "# ours\n/srv/media 192.0.2.0/24(ro,sync)\n");
  EXPECT_EQ(warned_.warnings, std::vector<std::string>{});
}

TEST_F(StorageSteps, LeaveWhatPeopleChanged) {
  install_first();
  host_.write_file("/srv/media/sky/mine", "people's");
  install_next();
  EXPECT_EQ(names(), "nearest readme sky");
  EXPECT_EQ(content("/srv/media/sky/near"), "M31 0.68\n");
  EXPECT_EQ(warned_.warnings, std::vector<std::string>{"people changed data 'sky' in '/srv/media': it stays as it is"});
}

TEST_F(StorageSteps, LeaveWhatPeoplePutInTheWay) {
  install_first();
  host_.write_file("/srv/media/changes", "people's");
  install_next();
  EXPECT_EQ(names(), "changes nearest readme sky");
  EXPECT_EQ(content("/srv/media/changes"), "people's");
  EXPECT_EQ(warned_.warnings,
            std::vector<std::string>{"data 'sky' would stand where '/srv/media/changes' is: the data that is there stays as it is"});
}

TEST_F(StorageSteps, RefuseToReplaceWhatNoInstallPutThere) {
  host_.add_file("/srv/media/sky", "people's");
  EXPECT_EQ(error_text([&] { install_first(); }).substr(0, 56), "error: data 'sky' would stand where '/srv/media/sky' is\n");
  EXPECT_EQ(content("/srv/media/sky"), "people's");
  EXPECT_EQ(names(), "sky");
}

TEST_F(StorageSteps, GoOnWithWhatAnUninstallKept) {
  install_first();
  uninstall(host_, false);
  EXPECT_EQ(names(), "nearest readme sky");
  EXPECT_FALSE(host_.exists("/etc/exports.d"));
  EXPECT_EQ(content("/fake/exports"), "");
  host_.write_file("/srv/media/readme", "people's");
  install_first();
  EXPECT_EQ(content("/srv/media/readme"), "people's");
  uninstall(host_, true);
  EXPECT_FALSE(host_.exists("/srv/media"));
  host_.remove("/var/lib/rootcellar/journal");  // as the command does, when nothing is kept
  install_first();
  EXPECT_EQ(names(), "nearest readme sky");
}

TEST_F(StorageSteps, SayWhyAMountFails) {
  std::vector<Step> steps = storage_plan();
  std::get<TryMount>(steps.back().action).path = "/srv/other";
  begin_plan(host_, "first");
  EXPECT_EQ(error_text([&] { run(bundle_, steps); }).substr(0, 96),
            "error: cannot mount '192.0.2.10:/srv/other': exit status 32: mount.nfs: access denied by server\n");
}

TEST_F(StorageSteps, AreLookedAtAgain) {
  install_first();
  RunContext context{.host = host_, .bundle = &bundle_, .progress = warned_};
  const std::vector<Step> steps = storage_plan();
  EXPECT_EQ(probe_step(steps[1], context), ProbeResult::already);
  EXPECT_EQ(probe_step(steps[3], context), ProbeResult::already);
  host_.write_file("/fake/exports", "");
  EXPECT_EQ(probe_step(steps[3], context), ProbeResult::needed);
  host_.remove_tree("/srv/media");
  EXPECT_EQ(probe_step(steps[1], context), ProbeResult::needed);
}

}  // namespace
}  // namespace rootcellar::test
