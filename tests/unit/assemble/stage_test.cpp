#include "builder/assemble/stage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

using test::error_of;
using test::slurp;
using test::spill;

constexpr std::uint64_t k_mib = 1 << 20;
using Spread = std::vector<std::size_t>;

TEST(SpreadVolumes, InOrderOnTheFirstStickThatHasRoom) {
  EXPECT_EQ(spread_volumes({10, 10, 10}, {{"a", 100}}, 0), (Spread{0, 0, 0}));
  EXPECT_EQ(spread_volumes({10, 10, 10}, {{"a", 20}, {"b", 20}}, 0), (Spread{0, 0, 1}));
  EXPECT_EQ(spread_volumes({10, 30, 10}, {{"a", 20}, {"b", 30}}, 0), (Spread{0, 1, 0}));
  EXPECT_EQ(spread_volumes({}, {{"a", 0}}, 5), Spread{});
}

TEST(SpreadVolumes, ReservedBytesStayFreeOnEveryStick) {
  EXPECT_EQ(spread_volumes({10}, {{"a", 12}, {"b", 14}}, 4), Spread{1});
  EXPECT_EQ(spread_volumes({10}, {{"a", 3}}, 4), std::nullopt);
  EXPECT_EQ(spread_volumes({10, 10}, {{"a", 14}, {"b", 13}}, 4), std::nullopt);
}

/// A bundle of two volumes, and what stage() needs besides.
class StageTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"out", "stick", "other"}) make_directories(in(name));
    test::BuildOptions options;
    options.volume_size = 2 * k_mib;
    volumes_ = test::build(in("out"), {{test::noise(3 * k_mib, 1)}}, options);
    spill(in("rootcellar-install"), "#!/bin/sh\necho \"$0 $*\"\n");
    options_.sticks = {in("stick")};
    options_.installer = in("rootcellar-install");
    options_.installer_signature = sign(slurp(options_.installer));
    options_.start_signature = sign(stick_start_script(test::facts()));
  }

  std::string in(std::string_view name) const { return path_join(work_.path(), name); }
  static std::string sign(std::string_view bytes) { return test::first_key().sign(as_bytes(bytes), "test").file_text("test"); }
  StageResult run() {
    Bundle bundle = test::open({in("out")});
    return stage(bundle, options_, silent_progress());
  }
  std::string failure() {
    std::string text = error_of([&] { run(); });
    for (std::size_t at; (at = text.find(work_.path())) != std::string::npos;) text.replace(at, work_.path().size(), "WORK");
    return text;
  }
  std::vector<std::string> volume_names() const {
    std::vector<std::string> names;
    for (const std::string& path : volumes_) names.push_back(path_name(path));
    return names;
  }

  TemporaryDirectory work_{"stage"};
  std::vector<std::string> volumes_;
  StageOptions options_;
};

TEST_F(StageTest, TheStickHoldsTheBundleAndWhatItNeeds) {
  ASSERT_EQ(volumes_.size(), 2u);
  spill(in("stick/holiday.jpg"), "theirs");
  const StageResult result = run();
  ASSERT_EQ(result.sticks.size(), 1u);
  std::vector<std::string> expected{"README.txt",      "START.sh",        "START.sh.minisig",   "holiday.jpg",
                                    volume_names()[0], volume_names()[1], "rootcellar-install", "rootcellar-install.minisig"};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(list_directory(in("stick")), expected);
  for (const std::string& path : volumes_) EXPECT_EQ(slurp(path), slurp(in(cat("stick/", path_name(path)))));
  EXPECT_TRUE(test::open({in("stick")}).missing_volumes().empty());
}

TEST_F(StageTest, ACertificateGoesAlongAndThePageTellsItsEnd) {
  options_.certificate = StagedCertificate{"the chain", "the key", {"lab.duckdns.org", "*.lab.duckdns.org"}, 1'800'000'000};
  const StageResult result = run();
  EXPECT_EQ(slurp(in("stick/certificate/chain.pem")), "the chain");
  EXPECT_EQ(slurp(in("stick/certificate/key.pem")), "the key");
  const std::vector<std::string>& files = result.sticks.front().files;
  EXPECT_NE(std::find(files.begin(), files.end(), "certificate/key.pem"), files.end());
  EXPECT_NE(slurp(in("stick/README.txt")).find(
                "certificate   lab.duckdns.org\r\n"
                "              *.lab.duckdns.org\r\n"
                "              good until 2027-01-15; the answers name it as lan.certificate:\r\n"
                "              {chain: STICK/certificate/chain.pem,\r\n"
                "               key: STICK/certificate/key.pem}\r\n"
                "              Whoever holds this stick holds its key.\r\n"),
            std::string::npos);
  EXPECT_TRUE(test::open({in("stick")}).missing_volumes().empty());
}

TEST_F(StageTest, StagingAgainChangesNothing) {
  run();
  const auto before = file_status(in(cat("stick/", volume_names()[0])));
  run();
  EXPECT_EQ(file_status(in(cat("stick/", volume_names()[0])))->inode, before->inode);
}

TEST_F(StageTest, ADamagedCopyOnTheStickIsReplaced) {
  run();
  test::flip(in(cat("stick/", volume_names()[1])), 100000);
  run();
  EXPECT_EQ(slurp(volumes_[1]), slurp(in(cat("stick/", volume_names()[1]))));
}

TEST_F(StageTest, ADamagedSourceIsNotStaged) {
  test::flip(volumes_[0], 100000);
  EXPECT_EQ(failure().substr(0, 44), "error: cannot stage 'lab-cpu-3-amd64': volum");
  EXPECT_TRUE(list_directory(in("stick")).empty());
}

TEST_F(StageTest, AMissingVolumeIsNamed) {
  remove_file(volumes_[1]);
  EXPECT_EQ(failure(), "error: cannot stage 'lab-cpu-3-amd64': volume 2 of 2 is missing\nhint: name the folder that holds all of them\n");
}

TEST_F(StageTest, AnothersStartScriptIsLeftAlone) {
  spill(in("stick/START.sh"), "echo mine\n");
  EXPECT_EQ(
      failure(),
      "error: cannot stage on 'WORK/stick': its START.sh is not of rootcellar\nhint: move that file elsewhere, or use another stick\n");
  EXPECT_EQ(list_directory(in("stick")), std::vector<std::string>{"START.sh"});
}

TEST_F(StageTest, AStickThatIsNotThereIsSaid) {
  options_.sticks = {in("stick"), in("nowhere")};
  EXPECT_EQ(
      failure(),
      "error: cannot stage on 'WORK/nowhere': expected a mounted stick or a folder\nhint: mount the stick and name its mount point\n");
  EXPECT_TRUE(list_directory(in("stick")).empty());
}

TEST_F(StageTest, AStickIsNamedOnce) {
  ASSERT_EQ(::symlink("stick", in("link").c_str()), 0);
  const auto refused = [](const std::string& again, const std::string& first) {
    return cat("error: cannot stage on '", again, "': it was given before, as '", first, "'\nhint: name each stick once\n");
  };
  options_.sticks = {in("stick"), in("stick")};
  EXPECT_EQ(failure(), refused("WORK/stick", "WORK/stick"));
  options_.sticks = {in("stick"), in("other"), in("link")};
  EXPECT_EQ(failure(), refused("WORK/link", "WORK/stick"));
  EXPECT_TRUE(list_directory(in("stick")).empty());
}

TEST_F(StageTest, TheBundlesOwnFolderIsNoStick) {
  const auto before = list_directory(in("out"));
  options_.sticks = {in("stick"), in("out/../out")};
  EXPECT_EQ(failure(),
            "error: cannot stage on 'WORK/out/../out': the bundle itself lies there\n"
            "hint: name the mount point of a stick, or a folder of its own\n");
  EXPECT_EQ(list_directory(in("out")), before);
  EXPECT_TRUE(list_directory(in("stick")).empty());
}

/// A filesystem that says it has no room.
constexpr const char* k_full = "/proc";

TEST_F(StageTest, TooLittleRoomIsSaid) {
  options_.sticks = {k_full};
  EXPECT_EQ(failure(),
            "error: cannot stage 2 volumes: expected room for 7.4 MB, found 0 B on '/proc'\n"
            "hint: free some space, or add another --to STICK\n");
  for (const std::string& volume : volumes_) remove_file(volume);
  test::build(in("out"), {{test::noise(1000, 1)}});
  EXPECT_EQ(failure(),
            "error: cannot stage 1 volume: expected room for 4.2 MB, found 0 B on '/proc'\n"
            "hint: free some space, or add another --to STICK\n");
}

TEST(StickTexts, ThePageIsAsciiWithCrlfAndNarrow) {
  const StagedCertificate many{{}, {}, std::vector<std::string>(6, std::string(200, 'a') + "\xc3\xa4.example"), 1'800'000'000};
  const std::string page = stick_readme(test::facts(), {"0123456789ABCDEF", "FEDCBA9876543210"}, many);
  std::size_t lines = 0;
  for (std::string_view line : split(page, '\n')) {
    if (line.empty()) continue;
    ++lines;
    EXPECT_EQ(line.back(), '\r') << line;
    EXPECT_LE(line.size(), 79u) << line;
    for (const char c : line) EXPECT_TRUE((c >= ' ' && c <= '~') || c == '\r') << line;
  }
  EXPECT_LE(lines, 66u);  // a printed page
  EXPECT_NE(page.find("              and 2 more\r\n"), std::string::npos);
  EXPECT_NE(page.find("signed by     0123456789ABCDEF, FEDCBA9876543210\r\n"), std::string::npos);
  EXPECT_EQ(page.find(test::first_key().public_key().base64()), std::string::npos);
  EXPECT_EQ(page.find(test::first_key().public_key().fingerprint_words()), std::string::npos);
}

/// START.sh run as on site, with a stand-in installer that prints how it was called. `machine` is what uname says.
class StartScriptTest : public StageTest {
 protected:
  ProcessResult start(const std::vector<std::string>& arguments) {
    ProcessSpec spec;
    spec.argv = {"/bin/sh", in("stick/START.sh")};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    return run_process(spec);
  }
  /// What the installer was called with, the folder it ran in cut off.
  std::string arguments_of(const std::vector<std::string>& arguments) {
    const std::string said = start(arguments).output;
    const std::size_t space = said.find(' ');
    return space == std::string::npos ? said : said.substr(space + 1);
  }
};

TEST_F(StartScriptTest, PassesFromAndAllArguments) {
  run();
  const std::string from = cat("--from ", in("stick"));
  EXPECT_EQ(arguments_of({}), cat("install ", from, "\n"));
  EXPECT_EQ(arguments_of({"--yes"}), cat("install ", from, " --yes\n"));
  EXPECT_EQ(arguments_of({"plan", "--trust", "a key.pub"}), cat("plan ", from, " --trust a key.pub\n"));
  EXPECT_EQ(arguments_of({"status"}), "status\n");
  EXPECT_EQ(arguments_of({"--help"}), "--help\n");
}

TEST_F(StartScriptTest, RunsACopyOffTheStickAndRemovesItAndKeepsTheExitCode) {
  spill(in("rootcellar-install"), "#!/bin/sh\n[ \"$1\" = --version ] && exit\necho \"$0\"\nexit 4\n");
  options_.installer_signature = sign(slurp(options_.installer));
  run();
  const ProcessResult result = start({"verify"});
  EXPECT_EQ(result.exit_code, 4);
  const std::string program(trim(result.output));
  EXPECT_FALSE(program.starts_with(in("stick")));
  EXPECT_TRUE(program.ends_with("/rootcellar-install"));
  EXPECT_FALSE(file_status(path_parent(program)));
}

TEST_F(StartScriptTest, AnotherMachineIsRefused) {
  run();
  Header header = test::facts();
  header.architecture = "arm64";
  spill(in("stick/START.sh"), stick_start_script(header));
  const ProcessResult result = start({});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_EQ(result.error_output,
            "error: cannot install here: expected an aarch64 machine, found x86_64\nhint: bring the stick made for x86_64\nnothing was "
            "changed\n");
}

TEST_F(StartScriptTest, WithoutTheInstallerItSaysSo) {
  run();
  remove_file(in("stick/rootcellar-install"));
  const ProcessResult result = start({});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.error_output, cat("error: cannot find '", in("stick"),
                                     "/rootcellar-install'\nhint: stage the bundle on this stick again\nnothing was changed\n"));
}

TEST_F(StartScriptTest, AProgramThatCannotRunAnywhereIsSaid) {
  spill(in("rootcellar-install"), "#!/bin/sh\nexit 1\n");
  options_.installer_signature = sign(slurp(options_.installer));
  run();
  const ProcessResult result = start({});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_EQ(
      result.error_output,
      "error: cannot run the installer from /run, /tmp or /var/tmp\nhint: one of them needs 20 MB of space and a mount without noexec\n"
      "nothing was changed\n");
}

/// The commands of the stick's page, run as they stand there, on genuine and on forged sticks.
class ForgedStickTest : public StageTest {
 protected:
  void SetUp() override {
    StageTest::SetUp();
    spill(in("elsewhere.pub"), test::first_key().public_key().file_text());
    run();
  }

  /// The indented lines between two sentences of the page.
  static std::string commands(std::string_view after, std::string_view before) {
    const std::string page = stick_readme(test::facts(), {});
    const std::size_t start = page.find(after);
    EXPECT_NE(start, std::string::npos) << after;
    std::string out;
    for (const std::string_view line : split(std::string_view(page).substr(start, page.find(before, start) - start), '\n')) {
      if (line.starts_with("    ")) out += cat(line.substr(4, line.size() - 5), "\n");
    }
    return out;
  }

  int check(const std::string& road) const {
    std::string script = cat(commands("1. Check", "With minisign"), road);
    const auto replace = [&](std::string_view what, const std::string& with) { script.replace(script.find(what), what.size(), with); };
    replace("/path/to/NAME.pub", in("elsewhere.pub"));
    replace("/path/to/stick", in("stick"));
    ProcessSpec spec;
    spec.argv = {"/bin/sh", "-e", "-c", script};
    spec.environment = {"PATH=/usr/bin:/bin:/usr/sbin", cat("TMPDIR=", work_.path())};
    return run_process(spec).exit_code;
  }
  bool minisign_believes() const { return check(commands("With minisign", "Or with OpenSSL")) == 0; }
  bool openssl_believes() const { return check(commands("Or with OpenSSL", "Anything else")) == 0; }
  void expect_refused(const char* what) const {
    EXPECT_FALSE(minisign_believes()) << what;
    EXPECT_FALSE(openssl_believes()) << what;
  }
  std::string forged(std::string_view bytes) const { return test::second_key().sign(as_bytes(bytes), "test").file_text("test"); }
};

TEST_F(ForgedStickTest, AGenuineStickIsBelieved) {
  EXPECT_TRUE(minisign_believes());
  EXPECT_TRUE(openssl_believes());
}

TEST_F(ForgedStickTest, AStickWithItsOwnKeyInstallerAndSignaturesIsRefused) {
  const std::string evil = "#!/bin/sh\necho evil\n", start = slurp(in("stick/START.sh"));
  spill(in("stick/rootcellar-install"), evil);
  spill(in("stick/rootcellar-install.minisig"), forged(evil));
  spill(in("stick/START.sh.minisig"), forged(start));
  spill(in("stick/elsewhere.pub"), test::second_key().public_key().file_text());
  expect_refused("all forged");
}

TEST_F(ForgedStickTest, AForgedPartIsEnough) {
  const std::string start = slurp(in("stick/START.sh")), installer = slurp(in("stick/rootcellar-install"));
  spill(in("stick/START.sh"), cat(start, "echo evil\n"));
  expect_refused("START.sh changed");
  spill(in("stick/START.sh.minisig"), forged(slurp(in("stick/START.sh"))));
  expect_refused("START.sh changed and signed by another");
  spill(in("stick/START.sh"), start);
  spill(in("stick/START.sh.minisig"), options_.start_signature);
  spill(in("stick/rootcellar-install"), cat(installer, "echo evil\n"));
  expect_refused("installer changed");
  remove_file(in("stick/rootcellar-install.minisig"));
  expect_refused("signature removed");
}

}  // namespace
}  // namespace rootcellar
