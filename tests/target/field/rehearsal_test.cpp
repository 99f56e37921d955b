// A rehearsal that is killed: nothing takes away its host, until the next one begins.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "tests/support/pseudo_terminal.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

class KilledRehearsal : public ::testing::Test {
 protected:
  std::vector<std::string> command() const {
    return {RC_BUILDER, "rehearse", workshop().stick({"notes"}), "--trust", workshop().public_key("site")};
  }
  std::vector<std::string> environment() const {
    const char* home = ::getenv("HOME");
    return {cat("HOME=", home == nullptr ? "/root" : home), cat("TMPDIR=", folder_.path()), "TERM=dumb",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  }
  std::vector<std::string> left() const { return list_directory(folder_.path()); }

  TemporaryDirectory folder_{"rc-killed"};
};

TEST_F(KilledRehearsal, IsTakenAwayByTheNext) {
  {
    test::PseudoTerminal first(command(), folder_.path(), environment());
    ASSERT_TRUE(first.wait_for("passed: boot: ")) << first.shown();
  }  // by SIGKILL
  EXPECT_EQ(left().size(), 1u);
  const ProcessResult next =
      run_process({.argv = command(), .environment = environment(), .directory = folder_.path(), .time_limit_seconds = 600});
  EXPECT_EQ(next.exit_code, 0) << next.error_output;
  EXPECT_TRUE(next.error_output.starts_with("taken away: what the host 're")) << next.error_output;
  EXPECT_NE(next.error_output.find("' of a killed rehearsal had left\n"), std::string::npos) << next.error_output;
  EXPECT_EQ(left(), std::vector<std::string>{});
}

}  // namespace
}  // namespace rootcellar::field
