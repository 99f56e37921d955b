// Images pulled several at a time: what the journal says, what a failure says, and what a finished installation gets back.
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "bundle/base/text.h"
#include "installer/run/cluster_status.h"
#include "installer/run/image_repair.h"
#include "tests/support/thrown.h"
#include "tests/unit/run/cluster_machine.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_crictl = "/usr/local/bin/crictl";

/// A machine in memory for several threads: each call by itself, but pulls wait until `together` of them have come.
class SharedHost final : public HostSystem {
 public:
  SharedHost(MemoryHost& inner, unsigned together) : inner_(inner), together_(together) {}

  ToolResult run(const ToolCall& call) override {
    std::unique_lock lock(mutex_);
    if (has(call, "pull") && ++pulls_ <= together_) {
      most_ = std::max(most_, ++inside_);
      all_here_.notify_all();
      all_here_.wait_for(lock, std::chrono::seconds(20), [&] { return pulls_ >= together_; });
      --inside_;
    }
    return inner_.run(call);
  }
  unsigned most() const { return most_; }

  template <typename Action>
  auto one(Action&& action) {
    const std::lock_guard lock(mutex_);
    return action();
  }
  std::optional<FileStatus> status(const std::string& path) override { return one([&] { return inner_.status(path); }); }
  std::optional<std::string> read_file(const std::string& path, std::size_t limit) override {
    return one([&] { return inner_.read_file(path, limit); });
  }
  std::unique_ptr<Source> open_source(const std::string& path) override { return one([&] { return inner_.open_source(path); }); }
  std::optional<std::string> read_link(const std::string& path) override { return one([&] { return inner_.read_link(path); }); }
  std::vector<std::string> list(const std::string& path) override { return one([&] { return inner_.list(path); }); }
  std::unique_ptr<StagedFile> create_file(const std::string& path, unsigned mode, const Owner& owner) override {
    return one([&] { return inner_.create_file(path, mode, owner); });
  }
  void make_directory(const std::string& path, unsigned mode, const Owner& owner) override {
    one([&] { inner_.make_directory(path, mode, owner); });
  }
  void make_symlink(const std::string& target, const std::string& path) override { one([&] { inner_.make_symlink(target, path); }); }
  void remove(const std::string& path) override { one([&] { inner_.remove(path); }); }
  void move(const std::string& from, const std::string& to) override { one([&] { inner_.move(from, to); }); }
  void sync_filesystem(const std::string& path) override { one([&] { inner_.sync_filesystem(path); }); }
  void change_owner(const std::string& path, unsigned uid, unsigned gid) override { one([&] { inner_.change_owner(path, uid, gid); }); }
  std::int64_t ticks() override { return one([&] { return inner_.ticks(); }); }
  void set_clock(std::int64_t utc) override { one([&] { inner_.set_clock(utc); }); }
  void set_kernel_value(const std::string& path, const std::string& value) override { one([&] { inner_.set_kernel_value(path, value); }); }
  SpaceFacts space(const std::string& path) override { return one([&] { return inner_.space(path); }); }
  ToolResult run_from_memory(const ToolCall& call, const std::function<void(Sink&)>& program) override {
    return one([&] { return inner_.run_from_memory(call, program); });
  }
  HttpReply http_get(const std::string& url, std::uint64_t time_limit, const std::string& authorization) override {
    return one([&] { return inner_.http_get(url, time_limit, authorization); });
  }
  std::string nameserver_fault(const std::string& address, std::uint64_t time_limit) override {
    return one([&] { return inner_.nameserver_fault(address, time_limit); });
  }
  std::map<std::string, std::string> answering(const std::vector<std::string>& addresses, std::uint64_t milliseconds) override {
    return one([&] { return inner_.answering(addresses, milliseconds); });
  }
  std::int64_t now() override { return one([&] { return inner_.now(); }); }
  void sleep(std::uint64_t milliseconds) override { one([&] { inner_.sleep(milliseconds); }); }
  bool is_root() override { return inner_.is_root(); }
  std::string machine() override { return inner_.machine(); }
  void append_durably(const std::string& path, std::string_view bytes) override { one([&] { inner_.append_durably(path, bytes); }); }
  std::optional<Digest> digest(const std::string& path) override { return one([&] { return inner_.digest(path); }); }

 private:
  MemoryHost& inner_;
  unsigned together_;
  unsigned pulls_ = 0, inside_ = 0, most_ = 0;
  std::mutex mutex_;
  std::condition_variable all_here_;
};

std::string image(std::size_t number) { return cat("docker.io/lab/image-", number, ":1"); }

/// Of an image whose digest should be that of "another".
std::string wrong_digest(std::size_t number) {
  return cat("error: cannot pull '", image(number), "': expected digest ", sha256(as_bytes("another")).named(),
             ", found docker.io/lab/image-", number, "@", sha256(as_bytes(image(number))).named());
}

class Pulls : public ::testing::Test {
 protected:
  Pulls() {
    set_up_cluster_machine(host_);
    for (std::size_t i = 0; i < 5; ++i)
      steps_.push_back({cat("pull-", i), cat("pull ", image(i)), "", PullIntoContainerd{image(i), sha256(as_bytes(image(i))), true}});
    steps_.push_back({"motd", "write /etc/motd", "", WriteFile{"/etc/motd", "hello\n"}});
  }

  RunOutcome run(HostSystem& host, unsigned jobs) {
    Journal journal(host, k_journal);
    RunContext context{.host = host, .bundle = &bundle_, .progress = silent_progress(), .jobs = jobs};
    return run_plan(steps_, journal, context);
  }
  /// "begin pull-0", "done pull-0", ...
  std::vector<std::string> journal() {
    std::vector<std::string> lines;
    const Journal kept(host_, k_journal);
    for (const JournalRecord& record : kept.records()) {
      const bool begin = record.kind == JournalRecord::Kind::begin;
      if (!record.step.empty()) lines.push_back(cat(begin ? "begin " : "done ", record.step));
    }
    return lines;
  }
  ProbeResult probe(const Step& step) {
    RunContext context{.host = host_, .progress = silent_progress()};
    return probe_step(step, context);
  }
  /// As a pull by somebody else does: containerd's record of the image is a new one.
  void drop_pin(std::size_t number) {
    set_member(host_, "/fake/cri", cat(image(number), " ", sha256(as_bytes(image(number))).named(), " pinned"), false);
  }
  void drop_image(std::size_t number) {
    drop_pin(number);
    set_member(host_, "/fake/cri", cat(image(number), " ", sha256(as_bytes(image(number))).named()), false);
  }

  static constexpr const char* k_journal = "/var/lib/rootcellar/journal";
  TemporaryDirectory directory_{"rc-pulls"};
  Bundle bundle_ = cluster_bundle(directory_.path());
  std::vector<Step> steps_;
  MemoryHost host_;
};

TEST_F(Pulls, ThreeAtATimeAndWrittenDownInOrder) {
  SharedHost shared(host_, 3);
  const RunOutcome outcome = run(shared, 8);
  EXPECT_EQ(outcome.done, 6u);
  EXPECT_EQ(shared.most(), 3u);
  EXPECT_EQ(journal(), (std::vector<std::string>{"begin pull-0", "begin pull-1", "begin pull-2", "begin pull-3", "begin pull-4",
                                                 "done pull-0", "done pull-1", "done pull-2", "done pull-3", "done pull-4", "begin motd",
                                                 "done motd"}));
  EXPECT_EQ(read_lines(host_, "/fake/cri").size(), 11u);  // five images with their pins, and one of others
}

TEST_F(Pulls, TheFirstFailureNamesItsImageAndWhatIsDoneStays) {
  const auto works = [](MemoryHost& host, const ToolCall& call) {
    if (has(call, "pull")) set_member(host, "/fake/cri", cat(call.argv.back(), " ", sha256(as_bytes(call.argv.back())).named()), true);
    const bool there = read_lines(host, "/fake/cri").contains(cat(call.argv.back(), " ", sha256(as_bytes(call.argv.back())).named()));
    return there ? good(cat(R"({"status":{"repoDigests":["x@)", sha256(as_bytes(call.argv.back())).named(), R"("]}})")) : bad(1);
  };
  host_.set_tool(k_crictl, [&](MemoryHost& host, const ToolCall& call) {
    return has(call, "pull") && call.argv.back() == image(2) ? bad(1, "manifest unknown") : works(host, call);
  });
  EXPECT_EQ(error_of([&] { run(host_, 1); }),
            "error: cannot run '/usr/local/bin/crictl': exit status 1: manifest unknown\n  while pull docker.io/lab/image-2:1\n"
            "hint: its whole output is in /var/log/rootcellar/pull-2.log\n"
            "2 of 6 steps are done and stay; run 'rootcellar-install resume' to go on\n");
  host_.set_tool(k_crictl, works);
  EXPECT_EQ(run(host_, 1).done, 4u);
}

TEST_F(Pulls, AFailureAmongSeveralEndsTheOthersFirst) {
  SharedHost shared(host_, 3);
  std::vector<Step> steps = steps_;
  std::get<PullIntoContainerd>(steps_[1].action).digest = sha256(as_bytes("another"));
  const std::string said = error_of([&] { run(shared, 3); });
  EXPECT_EQ(said.substr(0, said.find(" of 6 steps") - 1), cat(wrong_digest(1), "\n  while pull ", image(1), "\n"));
  const auto done = journal();
  EXPECT_EQ(std::count(done.begin(), done.end(), "done pull-0") + std::count(done.begin(), done.end(), "done pull-2"), 2);
  EXPECT_EQ(std::count(done.begin(), done.end(), "done pull-1"), 0);
  steps_ = steps;
  run(host_, 1);
  EXPECT_EQ(probe(steps_.back()), ProbeResult::already);
}

TEST_F(Pulls, WhatLostItsPinOrIsGoneIsPutRightWithoutTheStick) {
  run(host_, 1);
  RunContext context{.host = host_, .progress = silent_progress()};
  EXPECT_EQ(repair_images(steps_, context), std::vector<std::string>{});
  drop_pin(1);
  drop_image(3);
  EXPECT_EQ(cluster_step_fault(steps_[1], context), "lost its pin; 'rootcellar-install resume' pins it again");
  EXPECT_EQ(cluster_step_fault(steps_[3], context), "is not in containerd; 'rootcellar-install resume' pulls it again");
  const std::size_t before = host_.calls().size();
  EXPECT_EQ(repair_images(steps_, context), (std::vector<std::string>{image(1), image(3)}));
  const auto pulls = std::count_if(host_.calls().begin() + static_cast<std::ptrdiff_t>(before), host_.calls().end(), [](const auto& argv) {
    return argv[0] == k_crictl && std::find(argv.begin(), argv.end(), "pull") != argv.end();
  });
  EXPECT_EQ(pulls, 1);  // what only lost its pin is not pulled
  for (const Step& step : steps_) EXPECT_EQ(probe(step), ProbeResult::already) << step.id;
}

TEST_F(Pulls, WhatCannotBePutRightIsTheErrorAfterTheOthers) {
  run(host_, 1);
  RunContext context{.host = host_, .progress = silent_progress()};
  std::get<PullIntoContainerd>(steps_[0].action).digest = sha256(as_bytes("another"));
  EXPECT_EQ(cluster_step_fault(steps_[0], context), cat("expected digest ", sha256(as_bytes("another")).named(),
                                                        ", found docker.io/lab/image-0@", sha256(as_bytes(image(0))).named()));
  drop_pin(4);
  EXPECT_EQ(error_of([&] { repair_images(steps_, context); }), cat(wrong_digest(0), "\n  while pull ", image(0), "\n"));
  EXPECT_EQ(probe(steps_[4]), ProbeResult::already);
}

}  // namespace
}  // namespace rootcellar::test
