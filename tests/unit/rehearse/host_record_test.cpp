#include "builder/rehearse/host_record.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/unit/rehearse/notes.h"

namespace rootcellar {
namespace {

using test::Notes;

class HostRecords : public ::testing::Test {
 protected:
  HostTraces traces(const std::string& name = "test") const {
    return {.host = name, .networks = {"rc-no-such-network"}, .cgroup = "rc-no-such-group"};
  }
  std::string said() {
    Notes notes;
    remove_dead_hosts(records_, notes);
    for (std::size_t at = notes.said.find(records_); at != std::string::npos; at = notes.said.find(records_))
      notes.said.replace(at, records_.size(), "RECORDS");
    return notes.said;
  }
  std::vector<std::string> left() const { return list_directory(records_); }
  void spill(const std::string& name, const std::string& text) {
    make_directories(records_);
    write_file_atomically(path_join(records_, name), text);
  }

  TemporaryDirectory work_{"rc-records"};
  std::string records_ = path_join(work_.path(), "records");
};

/// A process that does nothing until it is killed.
class Sleeper {
 public:
  Sleeper() : pid_(::fork()) {
    if (pid_ == 0) {
      ::alarm(60);
      for (;;) ::pause();
    }
  }
  ~Sleeper() {
    if (pid_ > 0) ::kill(pid_, SIGKILL), ::waitpid(pid_, nullptr, 0);
  }
  Sleeper(const Sleeper&) = delete;
  pid_t pid() const { return pid_; }
  bool ended() {
    if (::waitpid(pid_, nullptr, WNOHANG) != pid_) return false;
    pid_ = 0;
    return true;
  }

 private:
  pid_t pid_;
};

TEST_F(HostRecords, OfAHostThatIsTakenDownInOrderNothingIsLeft) {
  {
    HostRecord record(records_, traces());
    record.add_folder(work_.path());
    EXPECT_EQ(left(), (std::vector<std::string>{"test.json", "test.json.lock"}));
    EXPECT_EQ(said(), "");  // its owner lives
    EXPECT_EQ(left().size(), 2u);
  }
  EXPECT_EQ(left(), std::vector<std::string>{});
}

TEST_F(HostRecords, WhereNobodyRehearsedThereIsNothingToDo) {
  EXPECT_EQ(said(), "");
  EXPECT_FALSE(file_status(records_));
}

TEST_F(HostRecords, WhatAKilledOwnerLeftIsTakenAway) {
  const std::string folder = path_join(work_.path(), "host");
  make_directories(path_join(folder, "root/etc"));
  Sleeper nspawn;
  const auto killed = [&] {
    HostRecord record(records_, traces());
    record.add_folder(folder);
    record.set_process(nspawn.pid());
    ::raise(SIGKILL);
  };
  EXPECT_EXIT(killed(), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EQ(left().size(), 2u);
  EXPECT_EQ(said(), "taken away: what the host 'test' of a killed rehearsal had left\n");
  EXPECT_FALSE(file_status(folder));
  EXPECT_TRUE(nspawn.ended());
  EXPECT_EQ(left(), std::vector<std::string>{});
}

TEST_F(HostRecords, AProcessThatGotTheNumberLaterLives) {
  Sleeper somebody;
  spill("test.json",
        cat(R"({"host":"test","networks":[],"cgroup":"rc-none","folders":[],"process":)", somebody.pid(), R"(,"process_start":1})"));
  EXPECT_EQ(said(), "taken away: what the host 'test' of a killed rehearsal had left\n");
  EXPECT_FALSE(somebody.ended());
}

TEST_F(HostRecords, OneThatNamesWhatIsNotOursRemovesNothing) {
  spill("a.json", R"({"host":"a","networks":["../../etc"],"cgroup":"rc-a","folders":[]})");
  spill("b.json", R"({"host":"b","networks":[],"cgroup":"system.slice","folders":[]})");
  spill("c.json", R"({"host":"c","networks":[],"cgroup":"rc-c","folders":["/"]})");
  spill("d.json", "");
  EXPECT_EQ(said(),
            "warning: cannot take away what 'RECORDS/a.json' tells of: expected a name that begins with 'rc-' as a network, found "
            "'../../etc'\n"
            "warning: cannot take away what 'RECORDS/b.json' tells of: expected a name that begins with 'rc-' as a control group, found "
            "'system.slice'\n"
            "warning: cannot take away what 'RECORDS/c.json' tells of: expected an absolute path, found '/'\n"
            "warning: cannot take away what 'RECORDS/d.json' tells of: RECORDS/d.json:1:1: not valid JSON: unexpected end of input; "
            "expected '[', '{', "
            "or a literal\n");
}

}  // namespace
}  // namespace rootcellar
