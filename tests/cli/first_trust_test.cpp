// The six words at a real terminal: what a person on site types when the machine meets a signer for the first time, and a stick that is
// missing.
#include <gtest/gtest.h>

#include <filesystem>

#include "bundle/base/process.h"
#include "bundle/base/signing.h"
#include "bundle/base/text.h"
#include "tests/support/pseudo_terminal.h"
#include "tests/cli/session.h"

namespace rootcellar {
namespace {

using test::PseudoTerminal;
using test::Session;

constexpr std::string_view k_question = "the six words: ";
constexpr std::string_view k_greeting =
    "This machine has not met the signer of this bundle. Its key has a fingerprint of six words, printed on paper.\n";
constexpr std::string_view k_not_these = "These are not the words of a key that signed this bundle; ";
constexpr std::string_view k_profile = R"(rootcellar: 1
product: notes
target: {distribution: debian, version: "12", codename: bookworm}
architectures: [amd64]
files:
  - {name: notes.txt, path: notes.txt, destination: /opt/notes.txt}
)";

/// Text that zstd cannot make much smaller: the bundle needs several volumes.
std::string long_text() {
  std::string text;
  std::uint64_t state = 1;
  while (text.size() < 3'000'000) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    text.push_back(static_cast<char>('!' + (state >> 33) % 90));
  }
  return text;
}

/// A staged stick whose key this machine has never met.
class FirstTrust : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_FALSE(file_status("/etc/rootcellar/trust.yaml")) << "this machine has met a signer: the questions of these tests do not come";
    session_ = new Session;
    session_->write("notes.yaml", std::string(k_profile));
    session_->write("installer", test::tiny_installer());
    session_->write("notes.txt", long_text(), 1700000000);
    for (const char* folder : {"stick", "second"}) make_directories(session_->path(folder));
    ASSERT_EQ(session_->run({"keygen", "site", "--no-passphrase"}).exit_code, 0);
    ASSERT_EQ(session_->run({"lock", "notes.yaml", "--arch", "amd64", "--serial", "7", "-o", "lock.yaml"}).exit_code, 0);
    ASSERT_EQ(session_->run({"build", "lock.yaml", "--key", "site.key", "--installer", "installer", "--volume-size", "2MiB", "-o", "out"})
                  .exit_code,
              0);
    ASSERT_EQ(session_->run({"stage", "out", "--to", "stick"}).exit_code, 0);
    words_ = PublicKey::parse(read_file(session_->path("site.pub"), 4096), "site.pub").fingerprint_words();
  }
  static void TearDownTestSuite() { delete session_; }

  static PseudoTerminal start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RC_INSTALLER);
    return PseudoTerminal(arguments, session_->path("."),
                          {cat("HOME=", session_->path(".")), "PATH=/usr/bin:/bin", "LC_ALL=C", "NO_COLOR=1", "TERM=xterm"}, 200);
  }
  static PseudoTerminal verify() { return start({"verify", "stick", "-q"}); }
  static void answer(PseudoTerminal& terminal, std::string_view typed) {
    ASSERT_TRUE(terminal.wait_for(k_question)) << terminal.shown();
    terminal.type(cat(typed, "\n"));
  }

  static void move_second(const std::string& from, const std::string& to) {
    const std::string name = "notes-default-7-amd64.v02.cellar";
    std::filesystem::rename(session_->path(path_join(from, name)), session_->path(path_join(to, name)));
  }

  static Session* session_;
  static std::string words_;
};
Session* FirstTrust::session_ = nullptr;
std::string FirstTrust::words_;

TEST_F(FirstTrust, TheWordsFromPaperAreEnough) {
  PseudoTerminal terminal = start({"verify", "stick"});
  answer(terminal, words_);
  EXPECT_EQ(terminal.finish(), 0) << terminal.shown();
  EXPECT_TRUE(terminal.shown().starts_with(cat(k_greeting, k_question, words_, "\n"))) << terminal.shown();
  EXPECT_TRUE(terminal.shown().ends_with(": all as signed\n")) << terminal.shown();
}

TEST_F(FirstTrust, TypedAsPeopleType) {
  PseudoTerminal terminal = verify();
  std::string typed = words_;
  for (char& letter : typed) letter = letter == ' ' ? '-' : static_cast<char>(letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter);
  answer(terminal, cat("  ", typed, " "));
  EXPECT_EQ(terminal.finish(), 0) << terminal.shown();
}

TEST_F(FirstTrust, AYesIsNoAnswer) {
  PseudoTerminal terminal = start({"verify", "stick"});
  for (const char* typed : {"y", "yes", "no idea"}) answer(terminal, typed);
  EXPECT_EQ(terminal.finish(), 4);
  EXPECT_EQ(
      terminal.shown(),
      cat(k_greeting, k_question, "y\n", k_not_these, "2 tries left.\n", k_question, "yes\n", k_not_these, "1 try left.\n", k_question,
          "no idea\nerror: cannot trust 'notes-default-7-amd64': the words typed belong to no key that signed it\n"
          "hint: type them as they stand on the paper that came from the people who built the bundle, not with it\n"));
}

TEST_F(FirstTrust, AWrongWordAndThenTheRightOnes) {
  PseudoTerminal terminal = start({"verify", "stick"});
  answer(terminal, words_.substr(0, words_.rfind(' ')));
  answer(terminal, words_);
  EXPECT_EQ(terminal.finish(), 0) << terminal.shown();
}

TEST_F(FirstTrust, CtrlCAtTheQuestionLeavesNothingBehind) {
  const std::vector<std::string> before = list_directory(session_->path(".")), stick = list_directory(session_->path("stick"));
  PseudoTerminal terminal = verify();
  ASSERT_TRUE(terminal.wait_for(k_question)) << terminal.shown();
  terminal.type("\x03");
  EXPECT_EQ(terminal.finish(), 130);
  EXPECT_EQ(terminal.shown(), cat(k_question, "^C\ninterrupted\n"));
  EXPECT_TRUE(terminal.echoes());
  EXPECT_EQ(list_directory(session_->path(".")), before);
  EXPECT_EQ(list_directory(session_->path("stick")), stick);
}

TEST_F(FirstTrust, TheEndOfInputIsNoAnswerEither) {
  PseudoTerminal terminal = verify();
  ASSERT_TRUE(terminal.wait_for(k_question)) << terminal.shown();
  terminal.type("\x04");
  EXPECT_EQ(terminal.finish(), 2) << terminal.shown();
  EXPECT_EQ(terminal.shown(), cat(k_question, "\nerror: cannot ask for the six words of the key: the input ended\n"));
}

TEST_F(FirstTrust, PlanAsksToo) {
  PseudoTerminal terminal = start({"plan", "stick"});
  answer(terminal, words_);
  EXPECT_NE(terminal.finish(), 4) << terminal.shown();  // whether it fits this machine is not the question here
  EXPECT_NE(terminal.shown().find("put /opt/notes.txt in place"), std::string::npos) << terminal.shown();
}

TEST_F(FirstTrust, AMissingVolumeIsAskedForByNumberAndLabel) {
  move_second("stick", "second");
  PseudoTerminal terminal = start({"verify", "stick", "--trust", "site.pub"});
  ASSERT_TRUE(terminal.wait_for("its folder (an empty line gives up): ")) << terminal.shown();
  EXPECT_NE(terminal.shown().find("Volume 2 of 'notes-default-7-amd64.v02.cellar' is not here. Attach the stick that carries it.\n"),
            std::string::npos)
      << terminal.shown();
  terminal.type("second\n");
  EXPECT_EQ(terminal.finish(), 0) << terminal.shown();
  EXPECT_TRUE(terminal.shown().ends_with(": all as signed\n")) << terminal.shown();
  move_second("second", "stick");
}

}  // namespace
}  // namespace rootcellar
