// Who answers for an address on a real wire: two network namespaces, one cable. Needs root; label "sealed".
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/rehearse/tool.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/host/neighbours.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_hardware = "52:54:00:12:34:56";

void ip(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "ip");
  run_tool(arguments, "iproute2");
}

/// This machine with 192.0.2.7, and another with 192.0.2.20 and 192.0.2.241.
class Wire {
 public:
  Wire() {
    ip({"netns", "add", here_});
    ip({"netns", "add", there_});
    ip({"-n", here_, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", there_});
    ip({"-n", there_, "link", "set", "eth0", "address", std::string(k_hardware)});
    ip({"-n", here_, "addr", "add", "192.0.2.7/24", "dev", "eth0"});
    for (const char* address : {"192.0.2.20/24", "192.0.2.241/24"}) ip({"-n", there_, "addr", "add", address, "dev", "eth0"});
    for (const std::string& name : {here_, there_}) ip({"-n", name, "link", "set", "eth0", "up"});
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() {
    ip({"netns", "del", here_});
    ip({"netns", "del", there_});
  }
  std::string path() const { return cat("/run/netns/", here_); }

 private:
  std::string here_ = cat("rc-wire-a", ::getpid()), there_ = cat("rc-wire-b", ::getpid());
};

/// By a process of its own in that namespace, because /proc/net is that of a whole process.
std::string asked_in(const std::string& network, const std::vector<std::string>& addresses, const std::string& folder) {
  const std::string answer = path_join(folder, "answer");
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(network.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ::setns(fd, CLONE_NEWNET) != 0) ::_exit(1);
    std::string lines;
    for (const auto& [address, hardware] : ask_neighbours(addresses, 1500)) lines += cat(address, " ", hardware, "\n");
    write_file_atomically(answer, lines);
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return read_file_if_exists(answer, 1u << 16).value_or("nothing");
}

TEST(Answering, OnAWireEveryAddressThatSomebodyHasIsFound) {
  ASSERT_EQ(::geteuid(), 0u) << "needs root";
  const Wire wire;
  const TemporaryDirectory folder("rc-wire");
  std::vector<std::string> all;
  for (unsigned last = 0; last < 256; ++last) all.push_back(cat("192.0.2.", last));
  EXPECT_EQ(asked_in(wire.path(), all, folder.path()), cat("192.0.2.20 ", k_hardware, "\n192.0.2.241 ", k_hardware, "\n"));
  EXPECT_EQ(asked_in(wire.path(), {"192.0.2.240", "192.0.2.242"}, folder.path()), "");
}

}  // namespace
}  // namespace rootcellar
