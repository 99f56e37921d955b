#include "bundle/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace rootcellar {
namespace {

TEST(Error, PlainMessageWithHint) {
  EXPECT_EQ(render_error(UsageError("unknown command 'instal'", "did you mean 'install'?")),
            "error: unknown command 'instal'\nhint: did you mean 'install'?\n");
}

TEST(Error, SystemErrorNamesOperationPathAndReason) {
  const SystemError error("open", "/no/such", ENOENT);
  EXPECT_EQ(render_error(error), "error: cannot open '/no/such': No such file or directory\n");
  EXPECT_EQ(error.errno_value(), ENOENT);
  EXPECT_EQ(error.code(), ExitCode::system);
}

TEST(Error, SystemErrorWithoutErrnoIsAShortRead) {
  EXPECT_EQ(render_error(SystemError("read", "v01.cellar", 0)), "error: cannot read 'v01.cellar': it ended too early\n");
}

TEST(Error, EveryKindHasItsExitCode) {
  EXPECT_EQ(UsageError("x").code(), ExitCode::usage);
  EXPECT_EQ(InputError("x").code(), ExitCode::input);
  EXPECT_EQ(TrustError("x").code(), ExitCode::trust);
  EXPECT_EQ(SystemError("x").code(), ExitCode::system);
  EXPECT_EQ(HostError("x").code(), ExitCode::host);
}

TEST(Error, FaultShowsLineAndCaret) {
  const InputError error(std::vector<Fault>{{{"lab.yaml", 12, 3, "  pakages:"}, "unknown key 'pakages'", "did you mean 'packages'?"}});
  EXPECT_STREQ(error.what(), "lab.yaml:12:3: unknown key 'pakages'");
  EXPECT_EQ(render_error(error),
            "error: lab.yaml:12:3: unknown key 'pakages'\n"
            "    pakages:\n"
            "    ^\n"
            "hint: did you mean 'packages'?\n");
}

TEST(Error, AllFaultsAreShown) {
  const InputError error(std::vector<Fault>{{{"a.yaml", 1, 1, "x"}, "first", ""}, {{"a.yaml", 0, 0, ""}, "second", ""}});
  EXPECT_EQ(render_error(error), "error: a.yaml:1:1: first\n  x\n  ^\nerror: a.yaml: second\n");
}

TEST(Error, CaretStandsUnderTheCharacterNotTheByte) {
  const InputError error(std::vector<Fault>{{{"a", 1, 3, "\xC3\xA4\xC3\xB6?"}, "odd", ""}});
  EXPECT_EQ(render_error(error), "error: a:1:3: odd\n  \xC3\xA4\xC3\xB6?\n    ^\n");
}

TEST(Error, LongLinesAreCutAroundTheFault) {
  const std::string line = std::string(200, 'a') + "X" + std::string(200, 'b');
  const InputError error(std::vector<Fault>{{{"a", 1, 201, line}, "odd", ""}});
  EXPECT_EQ(render_error(error),
            "error: a:1:201: odd\n  " + std::string(50, 'a') + "X" + std::string(49, 'b') + "\n  " + std::string(50, ' ') + "^\n");
}

TEST(Error, ControlCharactersOfTheLineCannotReachTheTerminal) {
  const InputError error(std::vector<Fault>{{{"a", 1, 1, "x\x1b[2J"}, "odd", ""}});
  EXPECT_EQ(render_error(error), "error: a:1:1: odd\n  x\\x1b[2J\n  ^\n");
}

TEST(Error, FourNotesAndTheMachineStateOnce) {
  try {
    with_note("5", [] {
      with_note("4", [] { with_note("3", [] { with_note("2", [] { with_note("1", [] { throw InputError("bad", "mend it"); }); }); }); });
    });
    FAIL();
  } catch (Error& error) {
    error.set_machine_state("nothing was changed");
    error.set_machine_state("a later caller knows less");
    EXPECT_EQ(render_error(error), "error: bad\n  while 1\n  while 2\n  while 3\n  while 4\nhint: mend it\nnothing was changed\n");
  }
}

TEST(Error, WithNoteGivesBackTheResult) {
  EXPECT_EQ(with_note("adding", [] { return 1 + 1; }), 2);
}

}  // namespace
}  // namespace rootcellar
