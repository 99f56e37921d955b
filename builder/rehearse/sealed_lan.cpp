#include "builder/rehearse/sealed_lan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "builder/rehearse/packet.h"
#include "builder/rehearse/tool.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {

namespace {

constexpr const char* k_bridge = "lan0";
constexpr const char* k_gateway4 = "10.93.0.1";
constexpr const char* k_gateway6 = "fd93::1";
// Locally administered (IEEE 802, second bit of the first octet), fixed so that hosts can know it without asking.
constexpr const char* k_gateway_mac_text = "02:93:00:00:00:01";
constexpr MacAddress k_gateway_mac{0x02, 0x93, 0x00, 0x00, 0x00, 0x01};
constexpr int k_receive_buffer = 32 << 20;   // some 100000 small packets; what does not fit is counted as lost
constexpr std::size_t k_frame_limit = 2048;  // a whole frame at the usual MTU
constexpr std::size_t k_lines_limit = 200;

void ip(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "ip");
  run_tool(arguments, "iproute2");
}

void check(int result, std::string_view operation, const std::string& name) {
  if (result < 0) throw SystemError(operation, name, errno);
}

/// A packet socket lives in the namespace of the thread that made it, wherever it is read afterwards.
Fd open_packet_socket_here(const std::string& name) {
  Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL)));
  check(socket.get(), "open a packet socket in", name);
  check(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &k_receive_buffer, sizeof k_receive_buffer), "enlarge the packet buffer of",
        name);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(k_bridge));
  check(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "record in", name);
  return socket;
}

Fd open_packet_socket(const std::string& name) {
  Fd socket;
  std::exception_ptr failure;
  std::thread([&] {
    try {
      const Fd space = open_file(cat("/run/netns/", name), O_RDONLY);
      check(::setns(space.get(), CLONE_NEWNET), "enter the network namespace", name);
      socket = open_packet_socket_here(name);
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
  return socket;
}

}  // namespace

struct SealedLan::State {
  std::string name;
  Fd socket;
  SealCount count;
  bool kept = false;

  void add(const std::string& line) {
    ++count.packets;
    if (count.lines.size() == k_lines_limit) count.lines.erase(count.lines.begin());
    count.lines.push_back(line);
  }

  void drain() {
    std::array<std::uint8_t, k_frame_limit> frame;
    for (;;) {
      const ssize_t length = ::recv(socket.get(), frame.data(), frame.size(), 0);
      if (length < 0 && errno == EINTR) continue;
      if (length < 0 && errno == EAGAIN) break;
      check(static_cast<int>(length), "read packets of", name);
      if (auto line = describe_leaving_packet(ByteView(frame).first(static_cast<std::size_t>(length)), k_gateway_mac)) add(*line);
    }
    count_lost();
  }

  /// What the kernel had to drop (packet(7), PACKET_STATISTICS resets on reading): nobody knows what it was, so it counts as leaving.
  void count_lost() {
    tpacket_stats statistics{};
    socklen_t size = sizeof statistics;
    check(::getsockopt(socket.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size), "read the packet counters of", name);
    if (statistics.tp_drops == 0) return;
    add(cat("unknown: the recorder lost ", statistics.tp_drops, " packets"));
    count.packets += statistics.tp_drops - 1;
  }
};

SealedLan::SealedLan(const std::string& name) : state_(std::make_unique<State>()) {
  state_->name = name;
  ip({"netns", "add", name});
  try {
    ip({"-n", name, "link", "add", k_bridge, "address", k_gateway_mac_text, "type", "bridge"});
    ip({"-n", name, "link", "set", k_bridge, "up"});
    state_->socket = open_packet_socket(name);
  } catch (...) {
    remove_host_network(name);
    throw;
  }
}

SealedLan::~SealedLan() {
  if (!state_->kept) remove_host_network(state_->name);
}

const std::string& SealedLan::network_namespace() const { return state_->name; }

SealCount SealedLan::count() {
  state_->drain();
  return state_->count;
}

void SealedLan::reset() {
  state_->drain();
  state_->count = {};
}

void SealedLan::keep() { state_->kept = true; }

void make_host_network(const std::string& name, const std::string& lan, unsigned number, unsigned boots) {
  const std::string port = cat("port", number, "-", boots);
  ip({"netns", "add", name});
  ip({"-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", lan});
  ip({"-n", lan, "link", "set", port, "master", k_bridge, "up"});
  ip({"-n", name, "link", "set", "lo", "up"});
  ip({"-n", name, "addr", "add", cat(host_address(number), "/24"), "dev", "eth0"});
  ip({"-n", name, "addr", "add", cat("fd93::", number, "/64"), "dev", "eth0", "nodad"});
  ip({"-n", name, "link", "set", "eth0", "up"});
  for (const char* gateway : {k_gateway4, k_gateway6}) {
    ip({"-n", name, "neigh", "add", gateway, "lladdr", k_gateway_mac_text, "dev", "eth0", "nud", "permanent"});
    ip({"-n", name, "route", "add", "default", "via", gateway, "dev", "eth0"});
  }
}

void remove_host_network(const std::string& name) {
  // By system calls, as `ip netns delete` does it: this also runs after Ctrl-C, when no program is started any more.
  const std::string path = cat("/run/netns/", name);
  ::umount2(path.c_str(), MNT_DETACH);
  ::unlink(path.c_str());
}

std::string host_address(unsigned number) { return cat("10.93.0.", number); }

}  // namespace rootcellar
