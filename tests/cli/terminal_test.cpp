// What a person at a terminal meets: questions without echo, a bar, colours, and Ctrl-C.
#include <gtest/gtest.h>

#include "bundle/base/process.h"
#include "bundle/base/signing.h"
#include "bundle/base/text.h"
#include "tests/support/pseudo_terminal.h"
#include "tests/cli/session.h"

namespace rootcellar {
namespace {

using test::PseudoTerminal;
using test::Session;

constexpr std::string_view k_passphrase = "correct horse battery";
constexpr std::string_view k_first_question = "passphrase for the new key: ";
constexpr std::string_view k_second_question = "the same once more: ";
constexpr std::string_view k_interrupt = "\x03";

class Terminal : public ::testing::Test {
 protected:
  PseudoTerminal start(std::vector<std::string> arguments, const std::vector<std::string>& more = {}, unsigned short columns = 80) {
    arguments.insert(arguments.begin(), RC_BUILDER);
    std::vector<std::string> environment = quiet_environment();
    environment.insert(environment.end(), more.begin(), more.end());
    environment.emplace_back("TERM=xterm");  // the first of a name counts
    return PseudoTerminal(arguments, session_.path("."), environment, columns);
  }
  std::vector<std::string> quiet_environment() const {
    return {cat("HOME=", session_.path(".")), cat("TMPDIR=", session_.path(".")), "PATH=/usr/bin:/bin", "LC_ALL=C"};
  }
  bool exists(const std::string& name) const { return file_status(session_.path(name)).has_value(); }

  /// A lock of one file of `size` bytes of text, a key, and something to carry as the installer.
  void prepare_build(std::size_t size) {
    session_.write("notes.yaml", k_profile);
    session_.write("installer", test::tiny_installer());
    std::string text;
    for (std::uint64_t line = 0; text.size() < size; ++line) text += cat(line * line, " potatoes, ", line % 977, " onions\n");
    session_.write("notes.txt", text, 1700000000);
    EXPECT_EQ(session_.run({"keygen", "site", "--no-passphrase"}).exit_code, 0);
    EXPECT_EQ(session_.run({"lock", "notes.yaml", "--arch", "amd64", "-o", "lock.yaml"}).exit_code, 0);
  }
  static std::vector<std::string> build(const std::string& level) {
    return {"build", "lock.yaml", "--key", "site.key", "--installer", "installer", "-o", "out", "--level", level};
  }

  static constexpr const char* k_profile = R"(rootcellar: 1
product: notes
title: Notes for the site
target: {distribution: debian, version: "12", codename: bookworm}
architectures: [amd64]
files:
  - {name: notes.txt, path: notes.txt, destination: /opt/notes.txt}
)";
  Session session_;
};

TEST_F(Terminal, APassphraseIsAskedTwiceAndNeverShown) {
  PseudoTerminal terminal = start({"keygen", "site"});
  ASSERT_TRUE(terminal.wait_for(k_first_question)) << terminal.shown();
  EXPECT_FALSE(terminal.echoes());
  terminal.type(cat(k_passphrase, "\n"));
  ASSERT_TRUE(terminal.wait_for(k_second_question)) << terminal.shown();
  EXPECT_FALSE(terminal.echoes());
  terminal.type(cat(k_passphrase, "\n"));
  EXPECT_EQ(terminal.finish(), 0);
  const std::string open = read_file(session_.path("site.pub"), 4096), secret = read_file(session_.path("site.key"), 4096);
  const PublicKey key = PublicKey::parse(open, "site.pub");
  EXPECT_EQ(terminal.shown(),
            cat(k_first_question, "\n", k_second_question, "\n", "secret key   site.key\npublic key   site.pub\nkey id       ",
                key.id_text(), "\nfingerprint  ", key.fingerprint_words(),
                "\nWrite the six words on paper, and let the paper travel another way than the stick.\n"));
  EXPECT_EQ(SecretKey::parse(secret, k_passphrase, "site.key").public_key().file_text(), open);
}

TEST_F(Terminal, TwoDifferentPassphrasesMakeNoKey) {
  PseudoTerminal terminal = start({"keygen", "site"}, {"NO_COLOR=1"});
  ASSERT_TRUE(terminal.wait_for(k_first_question));
  terminal.type(cat(k_passphrase, "\n"));
  ASSERT_TRUE(terminal.wait_for(k_second_question));
  terminal.type("correct house\n");
  EXPECT_EQ(terminal.finish(), 2);
  EXPECT_EQ(terminal.shown(), cat(k_first_question, "\n", k_second_question,
                                  "\nerror: the two passphrases differ\nhint: nothing was written; run the command again\n"));
  EXPECT_FALSE(exists("site.key"));
  EXPECT_FALSE(exists("site.pub"));
}

TEST_F(Terminal, CtrlCAtAQuestionLeavesTheTerminalAsItWas) {
  PseudoTerminal terminal = start({"keygen", "site"});
  ASSERT_TRUE(terminal.wait_for(k_first_question));
  EXPECT_FALSE(terminal.echoes());
  terminal.type(k_interrupt);
  EXPECT_EQ(terminal.finish(), 130);
  EXPECT_TRUE(terminal.echoes());
  EXPECT_FALSE(exists("site.key"));
}

TEST_F(Terminal, ABarIsForTerminalsOnly) {
  prepare_build(300000);
  PseudoTerminal terminal = start(build("1"), {}, 60);
  EXPECT_EQ(terminal.finish(), 0);
  const std::string shown = terminal.shown();
  EXPECT_NE(shown.find("\r\x1b[Kwriting the bundle [....................]"), std::string::npos) << shown;
  for (const std::string_view drawn : split(shown, '\r')) EXPECT_LT(drawn.substr(0, drawn.find('\n')).size(), 60u + 3) << drawn;
  remove_tree(session_.path("out"));
  const ProcessResult piped = session_.run(build("1"));
  EXPECT_EQ(piped.exit_code, 0);
  for (const char control : {'\r', '\x1b'}) EXPECT_EQ(cat(piped.output, piped.error_output).find(control), std::string::npos);
}

TEST_F(Terminal, ColoursUnlessTheyAreNotWanted) {
  const std::string plain = "error: cannot open 'absent.yaml': No such file or directory\n";
  PseudoTerminal coloured = start({"lint", "absent.yaml"});
  EXPECT_EQ(coloured.finish(), 5);
  EXPECT_TRUE(coloured.shown().starts_with("\x1b[1;31merror:\x1b[0m")) << coloured.shown();
  for (const char* unwanted : {"NO_COLOR=1", "TERM=dumb"}) {
    PseudoTerminal terminal = start({"lint", "absent.yaml"}, {unwanted});
    EXPECT_EQ(terminal.finish(), 5);
    EXPECT_EQ(terminal.shown().find('\x1b'), std::string::npos) << unwanted;
    EXPECT_TRUE(terminal.shown().starts_with(plain)) << terminal.shown();
  }
}

TEST_F(Terminal, CtrlCDuringABuildLeavesNothingHalfNamed) {
  prepare_build(std::size_t{64} << 20);
  PseudoTerminal terminal = start(build("17"), {"NO_COLOR=1"});
  const auto is_writing = [&] {
    if (!exists("out")) return false;
    for (const std::string& name : list_directory(session_.path("out"))) {
      if (name.ends_with(".partial")) return true;
    }
    return false;
  };
  ASSERT_TRUE(terminal.wait_until(is_writing)) << terminal.shown();
  ASSERT_TRUE(terminal.wait_for("writing the bundle")) << terminal.shown();
  terminal.type(k_interrupt);
  EXPECT_EQ(terminal.finish(), 130);
  EXPECT_EQ(join(list_directory(session_.path("out")), " "), "");
  EXPECT_TRUE(terminal.shown().ends_with("interrupted\n")) << terminal.shown();
}

}  // namespace
}  // namespace rootcellar
