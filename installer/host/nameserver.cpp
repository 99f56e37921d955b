#include "installer/host/nameserver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint16_t k_port = 53;
constexpr int k_tries = 3;  // UDP may lose a packet
constexpr std::size_t k_header = 12;
constexpr unsigned char k_is_reply = 0x80;

/// Connected, so that a host where nobody listens says so (ICMP), and nobody else's packets count.
Fd connected_socket(const std::string& address) {
  Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(k_port);
  const bool numeric = ::inet_pton(AF_INET, address.c_str(), &to.sin_addr) == 1;
  if (!numeric) errno = EINVAL;
  if (!numeric || !fd.valid() || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return Fd();
  return fd;
}

/// Empty: it answered; else why not.
std::string ask_once(const Fd& fd, std::uint16_t id, int milliseconds) {
  const std::string question = nameserver_question(id);
  if (::send(fd.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0) return std::strerror(errno);
  pollfd entry{.fd = fd.get(), .events = POLLIN, .revents = 0};
  if (::poll(&entry, 1, milliseconds) <= 0) return "no answer within the time limit";
  std::array<char, 1500> reply;
  const ssize_t got = ::recv(fd.get(), reply.data(), reply.size(), MSG_DONTWAIT);
  if (got < 0) return std::strerror(errno);
  const bool fine = answers_question({reply.data(), static_cast<std::size_t>(got)}, id);
  return fine ? std::string() : "what answers there is no nameserver";
}

}  // namespace

std::string nameserver_question(std::uint16_t id) {
  // Header: id, "recursion desired", one question. Question: the root's name (a zero byte), type NS (2), class IN (1).
  std::string question{static_cast<char>(id >> 8), static_cast<char>(id & 0xff), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  question.append({0, 0, 2, 0, 1});
  return question;
}

bool answers_question(std::string_view reply, std::uint16_t id) {
  if (reply.size() < k_header) return false;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(reply[at]); };
  return (byte(0) << 8 | byte(1)) == id && (byte(2) & k_is_reply) != 0;
}

std::string ask_nameserver(const std::string& address, std::uint64_t time_limit_seconds) {
  const Fd fd = connected_socket(address);
  if (!fd.valid()) return std::strerror(errno);
  std::string fault;
  for (int i = 0; i < k_tries; ++i) {
    const auto id = static_cast<std::uint16_t>(::getpid() * k_tries + i);
    fault = ask_once(fd, id, static_cast<int>(time_limit_seconds * 1000 / k_tries));
    if (fault.empty()) return fault;
  }
  return fault;
}

}  // namespace rootcellar
