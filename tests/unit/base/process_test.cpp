// Programs, interrupts and threads.
#include "bundle/base/last_line.h"
#include "bundle/base/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "bundle/base/file.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/parallel.h"
#include "bundle/base/text.h"
#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

ProcessSpec shell(std::string script) {
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", std::move(script)};
  return spec;
}

TEST(Process, TheLastLineThatSaysSomething) {
  EXPECT_EQ(last_line(""), "");
  EXPECT_EQ(last_line("\n \n"), "");
  EXPECT_EQ(last_line("first\n  E: no such package \n\n"), "E: no such package");
  EXPECT_EQ(last_line("a\n\x1b[31mred"), printable("\x1b[31mred"));
  EXPECT_EQ(last_line(std::string(301, 'x')), printable(std::string(301, 'x'), 300));
}

TEST(Process, OutputErrorsAndExitCode) {
  const ProcessResult result = run_process(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.error_output, "err\n");
  EXPECT_FALSE(result.timed_out);
}

TEST(Process, MergedStreamsAndLines) {
  ProcessSpec spec = shell("echo one; echo two >&2; printf three");
  spec.merge_stderr = true;
  std::vector<std::string> lines;
  spec.on_output = [&](std::string_view line) { lines.emplace_back(line); };
  const ProcessResult result = run_process(spec);
  EXPECT_EQ(result.output, "one\ntwo\nthree");
  EXPECT_EQ(result.error_output, "");
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(Process, NoOtherFileIsInherited) {
  const int number = dup(0);
  ASSERT_GE(number, 3);
  const ProcessResult result = run_process(shell("test -e /proc/self/fd/" + std::to_string(number) + " && echo inherited || echo closed"));
  close(number);
  EXPECT_EQ(result.output, "closed\n");
}

TEST(Process, EnvironmentIsExactlyWhatIsGiven) {
  ProcessSpec spec;
  spec.argv = {"/usr/bin/env"};
  spec.environment = {"A=1", "LC_ALL=de_DE.UTF-8"};
  EXPECT_EQ(run_process(spec).output, "A=1\nLC_ALL=C\n");
}

TEST(Process, DirectoryAndInput) {
  ProcessSpec spec = shell("pwd; cat");
  spec.directory = "/usr";
  spec.input = std::string(1 << 20, 'x');
  spec.output_limit = 2 << 20;
  EXPECT_EQ(run_process(spec).output, "/usr\n" + spec.input);
}

TEST(Process, InputIsClosedWhenEmpty) { EXPECT_EQ(run_process(shell("cat; echo end")).output, "end\n"); }

TEST(Process, InputNobodyReadsIsNoError) {
  ProcessSpec spec = shell("exit 0");
  spec.input = std::string(1 << 20, 'x');
  EXPECT_EQ(run_process(spec).exit_code, 0);
}

TEST(Process, OnlyTheEndOfMuchOutputIsKept) {
  ProcessSpec spec = shell("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done");
  spec.output_limit = 10;
  EXPECT_EQ(run_process(spec).output, "line 2999\n");
}

TEST(Process, EndedByASignal) { EXPECT_EQ(run_process(shell("kill -9 $$")).exit_code, 137); }

TEST(Process, TimeLimitEndsTheWholeGroup) {
  ProcessSpec spec = shell("sleep 100 & sleep 100");
  spec.time_limit_seconds = 1;
  const auto start = std::chrono::steady_clock::now();
  const ProcessResult result = run_process(spec);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit_code, 128 + SIGTERM);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

// The program holds a pipe's write end: reading sees its end only when the program is gone.
TEST(Process, EndsWithTheOneWhoRunsIt) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t runner = fork();
  ASSERT_GE(runner, 0);
  if (runner == 0) {
    ProcessSpec spec = shell(cat("exec sleep 600 >/proc/", getppid(), "/fd/", ends[1]));
    spec.ends_with_us = true;
    spec.on_output = [](std::string_view) {};
    close(ends[0]);
    close(ends[1]);
    run_process(spec);
    _exit(0);
  }
  // Until the program has opened its end; then ours goes, and the runner.
  const std::string wanted = cat("/proc/", runner, "/task/", runner, "/children");
  std::string children;
  while (children.empty()) children = read_file(wanted, 4096);
  const std::string program = cat("/proc/", trim(children), "/comm");
  while (read_file(program, 64) != "sleep\n") {
  }
  close(ends[1]);
  kill(runner, SIGKILL);
  waitpid(runner, nullptr, 0);
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), 0);
  close(ends[0]);
}

TEST(Process, AGrandchildHoldingThePipeIsNotWaitedFor) {
  const auto start = std::chrono::steady_clock::now();
  const ProcessResult result = run_process(shell("sleep 20 & echo started"));
  EXPECT_EQ(result.output, "started\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Process, ThatCannotBeStarted) {
  ProcessSpec spec;
  spec.argv = {"/no/such/program"};
  EXPECT_EQ(error_text([&] { run_process(spec); }), "error: cannot run '/no/such/program': No such file or directory\n");
}

TEST(Process, FindProgram) {
  EXPECT_EQ(find_program("rc-no-such-program"), std::nullopt);
  ASSERT_TRUE(find_program("sh"));
  EXPECT_TRUE(find_program("sh")->ends_with("/sh"));
}

TEST(Interrupt, SignalBecomesAnException) {
  const auto child = [] {
    catch_interrupts();
    poll_interrupt();
    raise(SIGTERM);
    try {
      poll_interrupt();
    } catch (const Interrupted&) {
      _exit(interrupt_requested() ? 42 : 1);
    }
    _exit(2);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(42), "");
}

TEST(Interrupt, SecondCtrlCEndsTheProcess) {
  const auto child = [] {
    catch_interrupts();
    raise(SIGINT);
    raise(SIGINT);
    _exit(0);
  };
  EXPECT_EXIT(child(), testing::KilledBySignal(SIGINT), "");
}

TEST(Interrupt, EndsARunningProcess) {
  const auto child = [] {
    catch_interrupts();
    alarm(30);
    ProcessSpec spec = shell("kill -TERM $PPID; sleep 100");
    try {
      run_process(spec);
    } catch (const Interrupted&) {
      _exit(42);
    }
    _exit(1);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(42), "");
}

TEST(Parallel, EveryIndexOnce) {
  for (const unsigned jobs : {0u, 1u, 4u}) {
    std::vector<std::atomic<int>> seen(1000);
    parallel_for(seen.size(), jobs, [&](std::size_t i) { ++seen[i]; });
    for (const auto& count : seen) EXPECT_EQ(count, 1);
  }
  parallel_for(0, 4, [](std::size_t) { FAIL(); });
  EXPECT_GE(available_cpus(), 1u);
}

TEST(Parallel, FirstErrorStopsTheHandingOut) {
  std::atomic<std::size_t> started{0};
  const auto text = error_text([&] {
    parallel_for(1'000'000, 2, [&](std::size_t i) {
      ++started;
      if (i == 5) throw InputError("five is bad");
    });
  });
  EXPECT_EQ(text, "error: five is bad\n");
  EXPECT_LT(started, 1'000'000u);
}

TEST(OrderedPipeline, ResultsComeInOrderOfSubmission) {
  std::vector<int> order;
  OrderedPipeline pipeline(4, 3);
  for (int i = 0; i < 100; ++i) {
    pipeline.submit([i, &order] {
      std::this_thread::sleep_for(std::chrono::microseconds((i * 37) % 100));
      return [i, &order] { order.push_back(i); };
    });
  }
  pipeline.drain();
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(OrderedPipeline, FirstErrorInOrderWinsAndStays) {
  std::vector<int> order;
  OrderedPipeline pipeline(2, 4);
  const auto submit_all = [&] {
    for (int i = 0; i < 50; ++i) {
      pipeline.submit([i, &order]() -> std::function<void()> {
        if (i == 3 || i == 4) throw InputError(cat("item ", i));
        return [i, &order] { order.push_back(i); };
      });
    }
    pipeline.drain();
  };
  EXPECT_EQ(error_text(submit_all), "error: item 3\n");
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(error_text([&] { pipeline.drain(); }), "error: item 3\n");
}

TEST(OrderedPipeline, WindowBoundsWhatIsInFlight) {
  std::atomic<int> alive{0}, most{0};
  OrderedPipeline pipeline(8, 3);
  for (int i = 0; i < 200; ++i) {
    pipeline.submit([&] {
      const int now = ++alive;
      int before = most;
      while (before < now && !most.compare_exchange_weak(before, now)) {
      }
      return [&] { --alive; };
    });
  }
  pipeline.drain();
  EXPECT_LE(most, 3);
}

TEST(OrderedPipeline, DestructionDropsWhatIsLeft) {
  bool ran = false;
  {
    OrderedPipeline pipeline(1, 10);
    pipeline.submit([&] { return [&] { ran = true; }; });
  }
  EXPECT_FALSE(ran);
}

TEST(Guarded, IsReachedThroughItsLock) {
  Guarded<int> counter(0);
  parallel_for(1000, 4, [&](std::size_t) { counter.with([](int& value) { ++value; }); });
  EXPECT_EQ(counter.with([](int& value) { return value; }), 1000);
}

}  // namespace
}  // namespace rootcellar
