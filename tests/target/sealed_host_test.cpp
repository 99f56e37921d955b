// Sealed hosts for real: they boot, what leaves them is seen, they share a LAN, and nothing of them stays. Needs root; label "sealed".
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "builder/rehearse/host_record.h"
#include "builder/rehearse/sealed_host.h"
#include "builder/rehearse/sealed_lan.h"
#include "builder/rehearse/tool.h"
#include "builder/source/cache.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

const TargetRelease k_target{"debian", "12", "bookworm"};

SealedHostOptions options(const std::string& name, const std::string& work) {
  SealedHostOptions out;
  out.name = cat(name, ::getpid() % 100000);
  out.target = k_target;
  out.architecture = "amd64";
  out.work = work;
  out.root = make_root(k_target, "amd64", {}, Cache::default_root(), silent_progress());
  return out;
}

bool has_line(const SealCount& count, std::string_view piece) {
  return std::any_of(count.lines.begin(), count.lines.end(),
                     [&](const std::string& line) { return line.find(piece) != std::string::npos; });
}

std::string output(SealedHost& host, const std::string& command) { return host.run({"/bin/bash", "-c", command}, 60).output; }

/// What a host of this name has left on the machine.
std::vector<std::string> left_behind(const std::string& name) {
  std::vector<std::string> places{cat("/run/netns/rc-", name), cat("/run/netns/rc-", name, "-lan"),
                                  cat("/run/systemd/nspawn/propagate/rc-", name), cat("/sys/fs/cgroup/rc-", name)};
  for (const std::string& hierarchy : list_directory("/sys/fs/cgroup")) places.push_back(cat("/sys/fs/cgroup/", hierarchy, "/rc-", name));
  std::erase_if(places, [](const std::string& place) { return !file_status(place); });
  return places;
}

TEST(SealedHost, BootsRebootsAndLeavesNothing) {
  const TemporaryDirectory work("rc-sealed-test");
  std::string name;
  {
    SealedHost host(options("boot", work.path()));
    name = host.name();
    host.boot();
    EXPECT_EQ(output(host, "hostname; systemctl --failed --no-legend --plain | wc -l"), cat(name, "\n0\n"));
    EXPECT_EQ(output(host, "touch /root/stays /run/goes && ip link add gone type bridge && echo made"), "made\n");
    host.reboot();
    EXPECT_EQ(output(host, "ls /root/stays; ls /run/goes 2>/dev/null; ip -brief link show gone 2>/dev/null; true"), "/root/stays\n");
    EXPECT_EQ(host.run({"sh", "-c", "exit 7"}, 10).exit_code, 7);
  }
  EXPECT_EQ(left_behind(name), std::vector<std::string>{});
  EXPECT_EQ(list_directory(work.path()), std::vector<std::string>{"console.log"});
}

TEST(SealedHost, AfterCtrlCNothingStaysEither) {
  const TemporaryDirectory work("rc-sealed-test");
  SealedHostOptions interrupted = options("stop", work.path());
  const std::string name = interrupted.name;
  const auto stop_in_the_middle = [&] {
    catch_interrupts();
    SealedHost host(interrupted);
    host.boot();
    ::raise(SIGINT);
    host.run({"sleep", "60"}, 0);
  };
  const auto as_a_program = [&] {
    try {
      stop_in_the_middle();
    } catch (const Interrupted&) {
      ::_exit(130);
    }
  };
  EXPECT_EXIT(as_a_program(), testing::ExitedWithCode(130), "");
  EXPECT_EQ(left_behind(name), std::vector<std::string>{});
  EXPECT_EQ(list_directory(work.path()), std::vector<std::string>{"console.log"});
}

TEST(SealedHost, WhatAKilledOneLeftIsTakenAwayAndALivingOneStays) {
  const TemporaryDirectory work("rc-sealed-test");
  SealedHost living(options("live", path_join(work.path(), "living")));
  living.boot();
  SealedHostOptions killed = options("kill", path_join(work.path(), "killed"));
  const std::string name = killed.name;
  // Not as a death test: what outlives it would keep its pipe open.
  const pid_t program = ::fork();
  if (program == 0) {
    SealedHost host(killed);
    host.boot();
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(program, &status, 0), program);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_NE(left_behind(name), std::vector<std::string>{});
  remove_dead_hosts(k_host_records, silent_progress());
  EXPECT_EQ(left_behind(name), std::vector<std::string>{});
  EXPECT_EQ(list_directory(killed.work), std::vector<std::string>{"console.log"});
  EXPECT_FALSE(file_status(cat(k_host_records, "/", name, ".json")));
  EXPECT_EQ(output(living, "hostname"), cat(living.name(), "\n"));
}

/// True as soon as nobody holds the lock, at most ten seconds from now.
bool becomes_free(const std::string& lock) {
  constexpr timespec pause{0, 50'000'000};
  for (int tries = 0; tries < 200; ++tries) {
    try {
      const FileLock mine(lock);
      return true;
    } catch (const SystemError&) {
      ::nanosleep(&pause, nullptr);
    }
  }
  return false;
}

TEST(ConfinedTool, EndsWithAKilledOwnerAndMountsForItselfOnly) {
  const TemporaryDirectory work("rc-confined");
  const std::string folder = path_join(work.path(), "mounted"), held = path_join(work.path(), "held");
  make_directories(folder);
  const std::string script = cat("mount -t tmpfs none '", folder, "' && touch '", folder, "/seen' && flock '", held, "' sh -c 'touch ",
                                 work.path(), "/started; sleep 600; :'");
  const pid_t owner = ::fork();
  if (owner == 0) {
    run_confined_tool({"sh", "-c", script}, "dash", 60);
    ::_exit(0);
  }
  constexpr timespec pause{0, 50'000'000};
  for (int tries = 0; tries < 200 && !file_status(path_join(work.path(), "started")); ++tries) ::nanosleep(&pause, nullptr);
  ASSERT_TRUE(file_status(path_join(work.path(), "started")));
  EXPECT_THROW(FileLock{held}, SystemError);
  EXPECT_EQ(list_directory(folder), std::vector<std::string>{});
  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  EXPECT_TRUE(becomes_free(held));
}

TEST(ConfinedTool, AFailureNamesTheToolItself) {
  const auto failure = [](const std::vector<std::string>& argv) {
    try {
      run_confined_tool(argv, "tool-package");
    } catch (const Error& error) {
      return render_error(error);
    }
    return std::string("no error");
  };
  EXPECT_EQ(failure({"sh", "-c", "echo so it is >&2; exit 3"}), "error: cannot run 'sh -c echo so it is >&2; exit 3': so it is\n");
  EXPECT_EQ(failure({"no-such-tool"}),
            "error: cannot find the program 'no-such-tool'\nhint: install the package 'tool-package': apt-get install tool-package\n");
}

TEST(SealedHost, WhatLeavesIsSeenAndWhatStaysIsNot) {
  const TemporaryDirectory work("rc-sealed-test");
  SealedHost host(options("seal", work.path()));
  host.boot();
  EXPECT_EQ(host.seal_count().packets, 0u) << join(host.seal_count().lines, "\n");
  output(
      host,
      "getent hosts seal.example.org; timeout 2 bash -c ': > /dev/tcp/203.0.113.1/443'; timeout 2 bash -c ': > /dev/tcp/2001:db8::1/443'");
  const SealCount count = host.seal_count();
  EXPECT_TRUE(has_line(count, "udp 10.93.0.2 -> 192.0.2.53:53 dns seal.example.org")) << join(count.lines, "\n");
  EXPECT_TRUE(has_line(count, "tcp 10.93.0.2 -> 203.0.113.1:443 syn")) << join(count.lines, "\n");
  EXPECT_TRUE(has_line(count, "tcp [fd93:0000:0000:0000:0000:0000:0000:0002] -> [2001:0db8:0000:0000:0000:0000:0000:0001]:443 syn"))
      << join(count.lines, "\n");
  host.reset_seal_count();
  EXPECT_EQ(host.seal_count().packets, 0u);
}

TEST(SealedHost, NeighboursReachEachOtherAndThatIsNotLeaving) {
  const TemporaryDirectory work("rc-sealed-test");
  SealedHost first(options("one", path_join(work.path(), "1")));
  SealedHostOptions neighbour = options("two", path_join(work.path(), "2"));
  neighbour.lan = &first.lan();
  neighbour.number = 3;
  SealedHost second(std::move(neighbour));
  first.boot();
  second.boot();
  const std::string reach =
      cat("timeout 5 bash -c ': > /dev/tcp/", first.address(), "/22' 2>&1 | grep -o -m1 'Connection refused' | head -n1");
  EXPECT_EQ(output(second, reach), "Connection refused\n");
  EXPECT_EQ(first.seal_count().packets, 0u) << join(first.seal_count().lines, "\n");
}

TEST(SealedHost, BindsAreSeenInsideAndReadOnlyOnesStaySo) {
  const TemporaryDirectory work("rc-sealed-test");
  const TemporaryDirectory stick("rc-stick:");  // a colon, as in a label
  write_file_atomically(path_join(stick.path(), "hello"), "from the stick\n");
  SealedHostOptions with_stick = options("bind", work.path());
  with_stick.read_only_binds = {{stick.path(), "/media/stick"}};
  SealedHost host(std::move(with_stick));
  host.boot();
  EXPECT_EQ(output(host, "cat /media/stick/hello; touch /media/stick/x 2>&1 | grep -o 'Read-only file system'"),
            "from the stick\nRead-only file system\n");
}

}  // namespace
}  // namespace rootcellar
