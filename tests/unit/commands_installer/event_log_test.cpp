#include "installer/commands/event_log.h"

#include <gtest/gtest.h>

#include "tests/support/memory_host.h"

namespace rootcellar {
namespace {

constexpr const char* k_path = "/var/events.jsonl";

class Recorder final : public Progress {
 public:
  void begin(std::string_view task, std::uint64_t total, bool) noexcept override {
    text += "begin " + std::string(task) + " " + std::to_string(total) + "\n";
  }
  void advance(std::uint64_t amount) noexcept override { sum += amount; }
  void end() noexcept override { text += "end\n"; }
  void note(std::string_view line) noexcept override { text += "note " + std::string(line) + "\n"; }
  void warn(std::string_view line) noexcept override { text += "warn " + std::string(line) + "\n"; }
  void event(std::string_view kind, const JsonValue&) noexcept override { text += "event " + std::string(kind) + "\n"; }

  std::string text;
  std::uint64_t sum = 0;
};

TEST(EventLog, WhatIsWrittenIsPassedOn) {
  MemoryHost host;
  EventLog log(host, k_path);
  Recorder seen;
  EventFollower follower(host, k_path, seen);
  {
    ProgressTask task(log, "copying", 10);
    for (int i = 0; i < 10; ++i) task.advance(1);
  }
  log.note("a line\nwith a break");
  log.warn("careful");
  log.event("step", JsonValue::object({{"id", JsonValue::string("x")}}));
  follower.poll();
  follower.poll();
  EXPECT_EQ(seen.text, "begin copying 10\nend\nnote a line\nwith a break\nwarn careful\nevent step\n");
  EXPECT_EQ(seen.sum, 10u);
  EXPECT_FALSE(follower.result());
}

TEST(EventLog, AnErrorCrossesWhole) {
  MemoryHost host;
  EventLog log(host, k_path);
  HostError error("cannot do 'it': why", "do that");
  error.add_note("doing it");
  error.set_machine_state("half done");
  log.missing_volume(2, "lab");
  log.failed(error);
  EventFollower follower(host, k_path, silent_progress());
  follower.poll();
  ASSERT_TRUE(follower.result());
  EXPECT_EQ(follower.result()->code, ExitCode::host);
  EXPECT_EQ(follower.result()->message, "cannot do 'it': why");
  EXPECT_EQ(follower.result()->hint, "do that");
  EXPECT_EQ(follower.result()->machine_state, "half done");
  EXPECT_EQ(follower.result()->notes, std::vector<std::string>{"doing it"});
  ASSERT_TRUE(follower.missing_volume());
  EXPECT_EQ(follower.missing_volume()->volume, 2u);
  EXPECT_EQ(follower.missing_volume()->label, "lab");
}

TEST(EventLog, ALineThatIsBeingWrittenIsWaitedFor) {
  MemoryHost host;
  host.add_file(k_path, "{\"event\":\"note\",\"line\":\"a\"}\n{\"event\":\"res");
  Recorder seen;
  EventFollower follower(host, k_path, seen);
  follower.poll();
  EXPECT_EQ(seen.text, "note a\n");
  host.append_durably(k_path, "ult\",\"exit_code\":0}\n");
  follower.poll();
  ASSERT_TRUE(follower.result());
  EXPECT_EQ(follower.result()->code, ExitCode::ok);
}

}  // namespace
}  // namespace rootcellar
