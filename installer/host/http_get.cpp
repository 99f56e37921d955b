#include "installer/host/http_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_answer_limit = (std::size_t{1} << 20) + (std::size_t{64} << 10);  // body and header
using Clock = std::chrono::steady_clock;

// What went wrong on the way; turned into HttpReply{0, reason} at the door.
struct NoAnswer {
  std::string reason;
};

[[noreturn]] void no_answer(int error) { throw NoAnswer{std::strerror(error)}; }

void wait_for(int fd, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) throw NoAnswer{"no answer within the time limit"};
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<long long>(left, 60000)));
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) no_answer(errno);
  }
}

socklen_t fill_address(const NumericUrl& url, sockaddr_storage& storage) {
  if (url.v6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(url.port);
    ::inet_pton(AF_INET6, url.address.c_str(), &address.sin6_addr);
    std::memcpy(&storage, &address, sizeof address);
    return sizeof address;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(url.port);
  ::inet_pton(AF_INET, url.address.c_str(), &address.sin_addr);
  std::memcpy(&storage, &address, sizeof address);
  return sizeof address;
}

Fd connect_to(const NumericUrl& url, Clock::time_point deadline) {
  Fd fd(::socket(url.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) no_answer(errno);
  sockaddr_storage storage{};
  const socklen_t length = fill_address(url, storage);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) == 0) return fd;
  if (errno != EINPROGRESS) no_answer(errno);
  wait_for(fd.get(), POLLOUT, deadline);
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) no_answer(errno);
  if (error != 0) no_answer(error);
  return fd;
}

void send_all(int fd, std::string_view text, Clock::time_point deadline) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      wait_for(fd, POLLOUT, deadline);
    } else if (errno != EINTR) {
      no_answer(errno);
    }
  }
}

std::string receive_all(int fd, Clock::time_point deadline) {
  std::string answer;
  std::array<char, 16384> piece;
  while (answer.size() < k_answer_limit) {
    const ssize_t got = ::recv(fd, piece.data(), piece.size(), 0);
    if (got == 0) break;
    if (got > 0) {
      answer.append(piece.data(), static_cast<std::size_t>(got));
    } else if (errno == EAGAIN) {
      wait_for(fd, POLLIN, deadline);
    } else if (errno != EINTR) {
      no_answer(errno);
    }
  }
  return answer;
}

std::string request_text(const NumericUrl& url, const std::string& authorization) {
  const std::string host = url.v6 ? cat('[', url.address, ']') : url.address;
  return cat("GET ", url.path, " HTTP/1.0\r\nHost: ", host, ":", url.port, "\r\nUser-Agent: rootcellar-install\r\nAccept: */*\r\n",
             authorization.empty() ? "" : cat("Authorization: ", authorization, "\r\n"), "Connection: close\r\n\r\n");
}

}  // namespace

HttpReply http_get_numeric(const std::string& url, std::uint64_t time_limit_seconds, const std::string& authorization) {
  const auto parts = parse_numeric_url(url);
  if (!parts) throw UsageError(cat("cannot open '", url, "': expected http:// and a numeric address, such as http://127.0.0.1:5000/v2/"));
  const auto deadline = Clock::now() + std::chrono::seconds(time_limit_seconds);
  try {
    const Fd fd = connect_to(*parts, deadline);
    send_all(fd.get(), request_text(*parts, authorization), deadline);
    return parse_http_reply(receive_all(fd.get(), deadline));
  } catch (const NoAnswer& fault) {
    return {.status = 0, .body = fault.reason, .headers = {}};
  }
}

}  // namespace rootcellar
