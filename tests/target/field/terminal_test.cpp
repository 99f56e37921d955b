// A person at a real terminal of the machine: the six words, the yes, a stick that is missing, Ctrl-C while it installs.
#include <gtest/gtest.h>

#include <filesystem>

#include "bundle/base/signing.h"
#include "bundle/base/text.h"
#include "tests/support/pseudo_terminal.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

using test::PseudoTerminal;

constexpr std::string_view k_words_question = "the six words: ";
constexpr std::string_view k_install_question = "Type 'yes' to install: ";
constexpr std::string_view k_volume_question = "its folder (an empty line gives up): ";
constexpr std::string_view k_uninstall_question = "Type 'yes' to take it back: ";
constexpr const char* k_second_stick = "/media/second";

/// A stick without its second volume, which is on another one; the signer's key lies on the stick, as `stage` leaves it.
class OnSite : public ::testing::Test {
 protected:
  OnSite() {
    const std::string stick = workshop().copy_of_stick({}, work_.path()), second = path_join(work_.path(), "second");
    const std::string volume = volumes_in(stick).at(1);
    make_directories(second);
    std::filesystem::rename(path_join(stick, volume), path_join(second, volume));
    MachineSetup setup = setup_of("tty", stick);
    setup.more_sticks = {{second, k_second_stick}};
    machine_ = std::make_unique<Machine>(setup);
    before_ = machine_->snapshot();
  }

  PseudoTerminal at_terminal(const std::vector<std::string>& command) {
    return PseudoTerminal(machine_->host().command_inside(command), "/",
                          {"PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=xterm", "NO_COLOR=1"}, 200);
  }
  PseudoTerminal install() { return at_terminal({"sh", cat(k_stick, "/START.sh")}); }
  static void answer(PseudoTerminal& terminal, std::string_view question, std::string_view typed) {
    ASSERT_TRUE(terminal.wait_for(question)) << terminal.shown();
    terminal.type(typed);
  }
  std::string words() const { return PublicKey::parse(read_file(workshop().public_key("site"), 4096), "site.pub").fingerprint_words(); }
  void expect_untouched() { EXPECT_EQ(differences(before_, machine_->snapshot()), ""); }

  TemporaryDirectory work_{"rc-field-stick"};
  std::unique_ptr<Machine> machine_;
  HostSnapshot before_;
};

TEST_F(OnSite, WhatIsNotTheSixWordsInstallsNothing) {
  PseudoTerminal stopped = install();
  answer(stopped, k_words_question, "\x03");
  EXPECT_EQ(stopped.finish(), 130);
  PseudoTerminal yes = install();
  for (const char* typed : {"y\n", "yes\n", "abandon ability able\n"}) answer(yes, k_words_question, typed);
  EXPECT_EQ(yes.finish(), 4);
  EXPECT_TRUE(
      yes.shown().ends_with("\nerror: cannot trust 'field-default-5-amd64': the words typed belong to no key that signed it\n"
                            "hint: type them as they stand on the paper that came from the people who built the bundle, not with it\n"
                            "nothing was installed\n"))
      << yes.shown();
  PseudoTerminal ended = install();
  answer(ended, k_words_question, "\x04");
  EXPECT_EQ(ended.finish(), 2);
  EXPECT_TRUE(ended.shown().ends_with("\nerror: cannot ask for the six words of the key: the input ended\nnothing was installed\n"))
      << ended.shown();
  expect_untouched();
}

TEST_F(OnSite, WithoutAYesNothingIsInstalledEither) {
  PseudoTerminal stopped = install();
  answer(stopped, k_words_question, words() + "\n");
  answer(stopped, k_install_question, "\x03");
  EXPECT_EQ(stopped.finish(), 130);
  PseudoTerminal y = install();
  answer(y, k_words_question, words() + "\n");
  answer(y, k_install_question, "y\n");
  EXPECT_EQ(y.finish(), 2);
  EXPECT_TRUE(y.shown().ends_with("\nerror: the answer was not 'yes'\nnothing was installed\n")) << y.shown();
  expect_untouched();
}

TEST_F(OnSite, InstallsWithTheSecondStickWhenItIsAskedForAndCtrlCOnlyStopsWatching) {
  machine_->write("/etc/dpkg/dpkg.cfg.d/field", "post-invoke=touch /root/installing; while [ ! -e /root/go ]; do sleep 0.1; done\n");
  PseudoTerminal watching = install();
  answer(watching, k_words_question, words() + "\n");
  answer(watching, k_install_question, "yes\n");
  ASSERT_TRUE(watching.wait_until([&] { return machine_->exists("/root/installing"); })) << watching.shown();
  watching.type("\x03");
  EXPECT_EQ(watching.finish(), 130);
  EXPECT_NE(watching.shown().find("The installation goes on in 'rootcellar-install.service'; run 'rootcellar-install install' again to "
                                  "watch it, or 'systemctl stop rootcellar-install.service' to stop it.\n"),
            std::string::npos)
      << watching.shown();

  PseudoTerminal again = install();
  ASSERT_TRUE(again.wait_for("An installation is running in 'rootcellar-install.service'; this is what it does:")) << again.shown();
  machine_->write("/root/go", "");
  answer(again, k_volume_question, "/media/nowhere\n");
  answer(again, k_volume_question, cat(k_second_stick, "\n"));
  EXPECT_EQ(again.finish(), 0) << again.shown();
  EXPECT_NE(again.shown().find("Volume 2 of 'field-default-5-amd64.v02.cellar' is not here. Attach the stick that carries it.\n"),
            std::string::npos)
      << again.shown();
  EXPECT_EQ(machine_->installed({"status"}).text, "exit 0\n");

  PseudoTerminal no = at_terminal({"rootcellar-install", "uninstall"});
  answer(no, k_uninstall_question, "y\n");
  EXPECT_EQ(no.finish(), 2);
  EXPECT_TRUE(no.shown().ends_with("\nerror: the answer was not 'yes'\n")) << no.shown();
  PseudoTerminal uninstall = at_terminal({"rootcellar-install", "uninstall"});
  answer(uninstall, k_uninstall_question, "yes\n");
  EXPECT_EQ(uninstall.finish(), 0) << uninstall.shown();
  machine_->shell("rm -f /root/go /root/installing /etc/dpkg/dpkg.cfg.d/field");
  expect_untouched();
}

}  // namespace
}  // namespace rootcellar::field
