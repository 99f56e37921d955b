#include <gtest/gtest.h>

#include "installer/commands/kept_state.h"
#include "tests/unit/commands_installer/site_fixture.h"

namespace rootcellar {
namespace {

using test::Site;

struct Installed {
  Site site;
  std::string folder = site.write_bundle();
  std::string key = site.write_key(test::first_key());
  MemoryTree before = site.host().tree();
  cli::Captured ran = site.run({"install", folder, "--trust", key, "--yes"});
};

TEST(Install, LeavesWhatStatusLogsAndUninstallNeed) {
  Installed installed;
  ASSERT_EQ(installed.ran.exit_code, 0) << installed.ran.err;
  for (const char* path : {"/usr/local/sbin/rootcellar-install", "/etc/rootcellar/trust.yaml", "/etc/rootcellar/answers.yaml",
                           "/var/lib/rootcellar/journal", "/var/lib/rootcellar/journal", "/srv/lab/motd"}) {
    EXPECT_TRUE(installed.site.host().exists(path)) << path;
  }
  EXPECT_EQ(installed.site.kept_bundles(), "bundle-* header.1.minisig header.txt index");
  EXPECT_EQ(installed.site.host().tree().at("/var/lib/rootcellar/serial/lab").content, "3\n");
  EXPECT_EQ(installed.site.host().tree().at("/usr/local/sbin/rootcellar-install").content, "the program");
}

TEST(Install, RunsItsStepsInAUnit) {
  Installed installed;
  const auto& calls = installed.site.host().calls();
  const auto call = std::find_if(calls.begin(), calls.end(), [](const auto& argv) { return argv[0] == "/usr/bin/systemd-run"; });
  ASSERT_NE(call, calls.end());
  const std::vector<std::string> expected{"/usr/bin/systemd-run",
                                          "--unit=rootcellar-install.service",
                                          "--description=Installation of an appliance by rootcellar",
                                          "--collect",
                                          "--quiet",
                                          "--no-ask-password",
                                          "--property=Type=exec",
                                          "--property=KillMode=mixed",
                                          "--property=TimeoutStopSec=120",
                                          "--property=StandardOutput=append:/var/log/rootcellar/unit.log",
                                          "--property=StandardError=append:/var/log/rootcellar/unit.log",
                                          "/usr/local/sbin/rootcellar-install",
                                          "resume",
                                          "--in-unit",
                                          "--from",
                                          installed.folder};
  EXPECT_EQ(*call, expected);
}

TEST(Install, ASecondTimeThereIsNothingToDo) {
  Installed installed;
  const auto again = installed.site.run({"install", installed.folder, "--yes"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.err, "'lab-cpu-3-amd64' is installed here already; 'rootcellar-install status' shows its state\n");
}

TEST(Install, WithoutYesAndWithoutATerminalNothingIsWritten) {
  Site site;
  const std::string folder = site.write_bundle();
  const std::string key = site.write_key(test::first_key());
  const MemoryTree before = site.host().tree();
  const auto ran = site.run({"install", folder, "--trust", key});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(ran.err,
            "error: cannot ask whether to install: this is no terminal\n"
            "hint: look at 'rootcellar-install plan', then give --yes\n"
            "nothing was installed\n");
  EXPECT_EQ(site.host().tree(), before);
}

TEST(Install, OnAMachineThatDoesNotFitNothingIsWritten) {
  Site site;
  site.host().add_file("/etc/os-release", "ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\n");
  const std::string folder = site.write_bundle();
  const std::string key = site.write_key(test::first_key());
  const MemoryTree before = site.host().tree();
  const auto ran = site.run({"install", folder, "--trust", key, "--yes"});
  EXPECT_EQ(ran.exit_code, 6);
  EXPECT_EQ(ran.err,
            "error: cannot install 'lab-cpu-3-amd64': the bundle is for debian 12 (bookworm), and this machine runs debian 13 (trixie)\n"
            "nothing was installed\n");
  EXPECT_EQ(site.host().tree(), before);
}

TEST(Install, AnotherKeyThanThePinnedOneIsRefused) {
  Installed installed;
  const std::string other = installed.site.write_bundle({.serial = 4, .signer = &test::second_key(), .folder = "forged"});
  EXPECT_EQ(installed.site.run({"install", other, "--yes"}).exit_code, 4);
  const auto ran = installed.site.run({"install", other, "--yes", "--trust", installed.site.write_key(test::second_key(), "other.pub")});
  EXPECT_EQ(ran.exit_code, 4);
  EXPECT_EQ(
      ran.err,
      "error: 'DIR/keys/other.pub' names other keys than '/etc/rootcellar/trust.yaml', where this machine has pinned whom it believes\n"
      "hint: leave out --trust; if the signer's key really has changed, uninstall first, then begin with the new key\n"
      "nothing was installed\n");
}

TEST(Install, ALowerSerialIsRefused) {
  Installed installed;
  const auto ran = installed.site.run({"install", installed.site.write_bundle({.serial = 2, .folder = "old"}), "--yes"});
  EXPECT_EQ(ran.exit_code, 6);
  EXPECT_EQ(
      ran.err,
      "error: cannot install 'lab-cpu-2-amd64': this machine has seen serial 3 of 'lab', and the bundle is serial 2: an older bundle is "
      "never installed over a newer one\nnothing was installed\n");
}

TEST(Install, AMissingVolumeIsNamedBeforeAnythingIsWritten) {
  Site site;
  const std::string folder = site.write_bundle({.volume_size = 2 << 20});
  remove_file(path_join(folder, list_directory(folder).back()));
  const auto ran = site.run({"install", folder, "--trust", site.write_key(test::first_key()), "--yes"});
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_EQ(
      ran.err,
      "error: cannot find volume 2 of 'lab-cpu-3-amd64' (of 2)\nhint: attach the stick that carries it and name its folder with --from\n"
      "nothing was installed\n");
  EXPECT_FALSE(site.host().exists("/etc/rootcellar"));
}

TEST(Install, TheUnitsErrorBecomesOursAndResumeGoesOn) {
  Site site;
  site.host().set_server([](MemoryHost&, const std::string&) { return HttpReply{0, "Connection refused", {}}; });
  const std::string folder = site.write_bundle();
  const auto ran = site.run({"install", folder, "--trust", site.write_key(test::first_key()), "--yes"});
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  EXPECT_NE(ran.err.find("page answers"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("run 'rootcellar-install resume' to go on"), std::string::npos) << ran.err;
  EXPECT_EQ(site.run({"status"}).exit_code, 1);

  site.host().set_server([](MemoryHost&, const std::string&) { return HttpReply{200, "hello", {}}; });
  const auto resumed = site.run({"resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(site.run({"status"}).exit_code, 0);
  EXPECT_EQ(site.run({"resume"}).err, "The installation is complete: there is nothing to resume.\n");
}

TEST(Install, AUnitThatDiesWithoutAWordIsSaid) {
  Site site;
  site.unit = [](const std::vector<std::string>&) {};
  const auto ran = site.run({"install", site.write_bundle(), "--trust", site.write_key(test::first_key()), "--yes"});
  EXPECT_EQ(ran.exit_code, 5);
  EXPECT_NE(ran.err.find("error: 'rootcellar-install.service' ended without a word\nhint: see '/var/log/rootcellar/unit.log'\n"
                         "run 'rootcellar-install resume' to go on, or 'rootcellar-install uninstall' to take it back\n"),
            std::string::npos)
      << ran.err;
}

TEST(Resume, WithoutAnInstallationSaysSo) {
  Site site;
  const auto ran = site.run({"resume"});
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_EQ(ran.err, "error: cannot resume: no installation was begun on this machine\nhint: begin with 'rootcellar-install install'\n");
}

TEST(Status, OfASoundInstallation) {
  Installed installed;
  const auto ran = installed.site.run({"status"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "lab-cpu-3-amd64, made 2026-11-21T06:03:00Z, signed by site: installed\n\n"
            "step                 state            what it is\n"
            "directory-srv-lab    as it should be  make directory /srv/lab\n"
            "file-motd            as it should be  put /srv/lab/motd in place\n"
            "check-motd-is-there  passed           check: look at /srv/lab/motd\n"
            "check-page-answers   passed           check: get http://127.0.0.1:80/\n");
}

TEST(Status, FindsWhatChangedAndWhatFails) {
  Installed installed;
  installed.site.host().add_file("/srv/lab/motd", "welcome, but not ours");
  installed.site.host().set_server([](MemoryHost&, const std::string&) { return HttpReply{503, "", {}}; });
  const auto ran = installed.site.run({"status"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.out.find("changed since the install"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("expected status 200"), std::string::npos) << ran.out;
}

TEST(Status, WhereNothingIsInstalled) {
  Site site;
  const auto ran = site.run({"status"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.err, "Nothing is installed here.\n");
}

TEST(Uninstall, LeavesTheMachineAsItWas) {
  Installed installed;
  const auto ran = installed.site.run({"uninstall", "--yes"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(installed.site.host().tree(), installed.before);
  EXPECT_EQ(installed.site.run({"uninstall", "--yes"}).err, "Nothing is installed here.\n");
}

TEST(Uninstall, AsksFirst) {
  Installed installed;
  const auto ran = installed.site.run({"uninstall"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(ran.out, "Taken back, last first:\n  - put /srv/lab/motd in place\n  - make directory /srv/lab\n");
  EXPECT_EQ(ran.err, "error: cannot ask whether to uninstall: this is no terminal\nhint: give --yes\n");
}

TEST(Uninstall, PurgingDataNeedsTheProductsName) {
  Installed installed;
  EXPECT_EQ(installed.site.run({"uninstall", "--purge-data", "--yes"}).err,
            "error: cannot ask for the product's name: this is no terminal\nhint: give --product lab to remove people's data\n");
  EXPECT_EQ(installed.site.run({"uninstall", "--purge-data", "--product", "lap"}).err,
            "error: expected the product's name 'lab', found 'lap'\n");
  EXPECT_EQ(installed.site.run({"uninstall", "--purge-data", "--product", "lab"}).exit_code, 0);
  EXPECT_EQ(installed.site.host().tree(), installed.before);
}

TEST(Logs, AreListedShownAndGuessed) {
  Installed installed;
  installed.site.host().add_file("/var/log/rootcellar/packages.log", "apt said so\n");
  EXPECT_EQ(installed.site.run({"logs", "packages"}).out, "apt said so\n");
  EXPECT_NE(installed.site.run({"logs"}).out.find("packages"), std::string::npos);
  const auto ran = installed.site.run({"logs", "package"});
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_EQ(ran.err, "error: cannot show the log of 'package': no such step has written one\nhint: did you mean 'packages'?\n");
  EXPECT_EQ(installed.site.run({"logs", "../../../etc/os-release"}).exit_code, 3);
}

}  // namespace
}  // namespace rootcellar
