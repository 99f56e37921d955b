// What must not be believed, on real parts: keys, sticks, volumes. Nothing of it may change the machine.
#include <gtest/gtest.h>

#include "bundle/base/signing.h"
#include "bundle/base/text.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

const StickOrder k_notes{"notes"};
constexpr const char* k_not_this_key =
    "hint: this is not what the owner of the trusted key made, or --trust names the wrong key; do not use it before you know which\n"
    "nothing was installed\n";

constexpr const char* k_second_is_missing =
    "exit 3\n"
    "error: cannot find volume 2 of 'field-default-5-amd64' (of 3)\n"
    "hint: attach the stick that carries it and name its folder with --from\n"
    "nothing was installed\n";

/// Ids are hashes of headers: "id" and 32 hex digits become "id ID".
std::string without_ids(std::string text) {
  for (std::size_t at = text.find("(id "); at != std::string::npos; at = text.find("(id ", at + 1)) text.replace(at + 4, 32, "ID");
  return text;
}

std::string key_id(const std::string& name) { return PublicKey::parse(read_file(workshop().public_key(name), 4096), name).id_text(); }

void flip_byte(const std::string& file, std::size_t at) {
  std::string bytes = read_file(file, std::size_t{64} << 20);
  bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
  write_file_atomically(file, bytes);
}

/// A machine that is compared with itself when its test is over.
class Untouched : public ::testing::Test {
 protected:
  void start(const MachineSetup& setup) {
    machine_ = std::make_unique<Machine>(setup);
    before_ = machine_->snapshot();
  }
  void TearDown() override {
    if (!machine_) return;
    EXPECT_EQ(differences(before_, machine_->snapshot()), "");
  }
  Machine& machine() { return *machine_; }
  std::string spoiled_stick(const StickOrder& order) { return workshop().copy_of_stick(order, work_.path()); }

 private:
  TemporaryDirectory work_{"rc-field-stick"};
  std::unique_ptr<Machine> machine_;
  HostSnapshot before_;
};

TEST_F(Untouched, WithoutTrust) {
  const std::string stick = spoiled_stick(k_notes);
  write_file_atomically(path_join(stick, "from-the-stick.pub"), read_file(workshop().public_key("site"), 4096));
  start(setup_of("trust", stick));
  machine().write("/var/tmp/stranger.pub", read_file(workshop().public_key("stranger"), 4096));
  EXPECT_EQ(
      machine().start_sh({"install", "--yes"}).text,
      "exit 4\n"
      "error: cannot trust 'field-default-5-amd64': this machine has pinned no key yet, and no --trust was given\n"
      "hint: give --trust FILE with a key that did not come with the bundle, or run it in a terminal and type the six words from paper\n"
      "nothing was installed\n");
  EXPECT_EQ(machine().start_sh({"install", "--yes", "--trust", cat(k_stick, "/from-the-stick.pub")}).text,
            "exit 4\n"
            "error: cannot trust '/media/stick/from-the-stick.pub': it lies with the bundle it would vouch for\n"
            "hint: take the key from another way than the stick, or leave out --trust and type the six words from paper\n"
            "nothing was installed\n");
  EXPECT_EQ(machine().start_sh({"install", "--yes", "--trust", "/var/tmp/stranger.pub"}).text,
            cat("exit 4\nerror: cannot trust '/media/stick/field-default-5-amd64.v01.cellar': expected 1 good signature of stranger (",
                key_id("stranger"), "), found 0; it is signed by ", key_id("site"), " (not trusted here)\n", k_not_this_key));
  EXPECT_EQ(machine().start_sh({"install", "--trust", k_key}).text,
            "exit 2\n"
            "error: cannot ask whether to install: this is no terminal\n"
            "hint: look at 'rootcellar-install plan', then give --yes\n"
            "nothing was installed\n");
  EXPECT_EQ(machine().start_sh({"install", "--yes", "--trust", "/root/none.pub"}).text,
            "exit 5\nerror: cannot open '/root/none.pub': No such file or directory\nnothing was installed\n");
}

TEST_F(Untouched, ByAnAlteredByte) {
  const std::string stick = spoiled_stick({});
  flip_byte(path_join(stick, volumes_in(stick).at(0)), 12'000'000);
  start(setup_of("byte", stick));
  const Answer verified = machine().start_sh({"verify", "--trust", k_key});
  EXPECT_EQ(verified.text, "exit 1\n");
  const std::string said = verified.output.substr(verified.output.find('\n') + 1);
  EXPECT_TRUE(said.starts_with(cat("damaged: '", k_stick, "/field-default-5-amd64.v01.cellar': frame "))) << said;
  EXPECT_TRUE(said.ends_with(" looked at\n")) << said;
  EXPECT_NE(said.find(") is not what was signed\n"), std::string::npos) << said;
}

TEST_F(Untouched, ByACutVolume) {
  const std::string stick = spoiled_stick({});
  const std::string second = path_join(stick, volumes_in(stick).at(1));
  const std::string bytes = read_file(second, std::size_t{64} << 20);
  write_file_atomically(second, bytes.substr(0, bytes.size() - 1'000'000));
  start(setup_of("cut", stick));
  EXPECT_EQ(machine().install().text,
            cat("exit 4\n"
                "error: cannot use '/media/stick/field-default-5-amd64.v02.cellar': expected ",
                bytes.size(), " bytes, found ", bytes.size() - 1'000'000,
                "\n"
                "hint: it is cut or was changed: copy 'field-default-5-amd64.v02.cellar' again from where the bundle was built\n"
                "nothing was installed\n"));
}

TEST_F(Untouched, ByAForeignVolumeInItsPlace) {
  const std::string stick = spoiled_stick({});
  const std::string& foreign = workshop().stick({.serial = 6});
  write_file_atomically(path_join(stick, volumes_in(stick).at(1)),
                        read_file(path_join(foreign, volumes_in(foreign).at(1)), std::size_t{64} << 20));
  start(setup_of("foreign", stick));
  const Answer several = machine().install();
  EXPECT_EQ(several.exit_code, 2);
  EXPECT_EQ(without_ids(several.text),
            "exit 2\n"
            "error: several bundles in '/media/stick': field-default-5-amd64 (id ID, /media/stick), field-default-5-amd64 (id ID, "
            "/media/stick)\n"
            "hint: choose one with --bundle NAME or --bundle ID\n"
            "nothing was installed\n");
  // By a volume's file the choice is made; then the foreign one is not its second.
  EXPECT_EQ(machine().install({cat(k_stick, "/", volumes_in(stick).at(0))}).text, k_second_is_missing);
}

TEST_F(Untouched, WithAVolumeMissing) {
  const std::string stick = spoiled_stick({});
  remove_file(path_join(stick, volumes_in(stick).at(1)));
  start(setup_of("missing", stick));
  EXPECT_EQ(machine().install().text, k_second_is_missing);
}

TEST_F(Untouched, OnAnotherArchitecture) {
  start(setup_of("arch", workshop().stick({.profile = "notes", .architecture = "arm64"})));
  EXPECT_EQ(machine().start_sh({"install"}).text,
            "exit 6\n"
            "error: cannot install here: expected an aarch64 machine, found x86_64\n"
            "hint: bring the stick made for x86_64\n"
            "nothing was changed\n");
  machine().write("/var/tmp/rootcellar-install", read_file(RC_INSTALLER, std::size_t{64} << 20), 0755);
  EXPECT_EQ(machine().shell(cat("/var/tmp/rootcellar-install install --yes --trust ", k_key, " ", k_stick, " 2>&1 || echo exit $?")),
            "error: cannot install 'field-default-5-arm64': the bundle is for arm64, and this machine is amd64\n"
            "nothing was installed\n"
            "exit 6\n");
}

TEST(Damaged, IsFoundOnTheWayAndAGoodStickGoesOn) {
  const TemporaryDirectory work("rc-field-stick");
  const std::string stick = workshop().copy_of_stick({}, work.path());
  flip_byte(path_join(stick, volumes_in(stick).at(1)), 8'000'000);  // in the image: the package is in the first
  MachineSetup setup = setup_of("damaged", stick);
  setup.more_sticks = {{workshop().stick({}), "/media/again"}};
  Machine machine(setup);
  const HostSnapshot before = machine.snapshot();
  const Answer found = machine.install();
  const std::string head = "exit 4\nerror: cannot use '/media/stick/field-default-5-amd64.v02.cellar': frame ";
  const std::string tail =
      ") is not what was signed\n"
      "  while write 1 image into /var/lib/rootcellar/registry\n"
      "hint: copy 'field-default-5-amd64.v02.cellar' again from where the bundle was built; if that does not help, do not use this bundle\n"
      "5 of 16 steps are done and stay; run 'rootcellar-install resume' to go on\n";
  EXPECT_TRUE(found.text.starts_with(head) && found.text.ends_with(tail)) << found.text;
  EXPECT_EQ(machine.installed({"resume", "/media/again"}).text, "exit 0\n");
  EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
  EXPECT_EQ(machine.installed({"uninstall", "--yes"}).text, "exit 0\n");
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

TEST(Pinned, RefusesAnotherKeyAndAnOlderBundle) {
  MachineSetup setup = setup_of("pinned", workshop().stick({"notes", 5}));
  setup.more_sticks = {{workshop().stick({"notes", 4}), "/media/older"}, {workshop().stick({"notes", 6, "stranger"}), "/media/stranger"}};
  Machine machine(setup);
  const HostSnapshot before = machine.snapshot();
  EXPECT_EQ(machine.install().text, "exit 0\n");
  machine.write("/var/tmp/stranger.pub", read_file(workshop().public_key("stranger"), 4096));
  EXPECT_EQ(
      machine.installed({"install", "/media/older", "--yes"}).text,
      "exit 6\n"
      "error: cannot install 'field-default-4-amd64': this machine has seen serial 5 of 'field', and the bundle is serial 4: an older "
      "bundle is never installed over a newer one\n"
      "nothing was installed\n");
  EXPECT_EQ(machine.installed({"install", "/media/stranger", "--yes"}).text,
            cat("exit 4\nerror: cannot trust '/media/stranger/field-default-6-amd64.v01.cellar': expected 1 good signature of site (",
                key_id("site"), "), found 0; it is signed by ", key_id("stranger"), " (not trusted here)\n", k_not_this_key));
  EXPECT_EQ(machine.installed({"install", "/media/stranger", "--yes", "--trust", "/var/tmp/stranger.pub"}).text,
            "exit 4\n"
            "error: '/var/tmp/stranger.pub' names other keys than '/etc/rootcellar/trust.yaml', where this machine has pinned whom it "
            "believes\n"
            "hint: leave out --trust; if the signer's key really has changed, uninstall first, then begin with the new key\n"
            "nothing was installed\n");
  EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
  EXPECT_EQ(machine.installed({"uninstall", "--yes"}).text, "exit 0\n");
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

}  // namespace
}  // namespace rootcellar::field
