#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/host/http_get.h"

namespace rootcellar {
namespace {

std::string shown(std::string_view url) {
  const auto parts = parse_numeric_url(url);
  return parts ? cat(parts->address, " ", parts->port, " ", parts->path, parts->v6 ? " v6" : "") : "none";
}

TEST(NumericUrl, TakesAddressesOnly) {
  EXPECT_EQ(shown("http://127.0.0.1:5000/v2/"), "127.0.0.1 5000 /v2/");
  EXPECT_EQ(shown("http://10.1.2.3"), "10.1.2.3 80 /");
  EXPECT_EQ(shown("http://[::1]:8080/a?b=c"), "::1 8080 /a?b=c v6");
  for (const char* url : {"https://127.0.0.1/", "http://localhost/", "http://example.org/", "http://127.0.0.1:0/",
                          "http://127.0.0.1:65536/", "http://127.0.0.1:80x/", "http://user@127.0.0.1/", "http://127.0.0.1/a b",
                          "http://127.0.0.1/\r\nX: y", "http://[::1/", "http://127.1/", "127.0.0.1", ""}) {
    EXPECT_EQ(shown(url), "none") << url;
  }
}

TEST(HttpReply, IsReadWhole) {
  const HttpReply reply = parse_http_reply("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nX-A:  b \r\n\r\nnothing here");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, "nothing here");
  ASSERT_EQ(reply.headers.size(), 2u);
  EXPECT_EQ(reply.headers[1].first, "x-a");
  EXPECT_EQ(reply.headers[1].second, "b");
}

TEST(HttpReply, ChunksArePutTogether) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(parse_http_reply(head + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n").body, "hello world");
  EXPECT_EQ(parse_http_reply(head + "5\r\nhel").body, "the answer is cut");
  EXPECT_EQ(parse_http_reply(head + "5\r\nhel").status, 0);
  EXPECT_EQ(parse_http_reply(head + "zz\r\n").status, 0);
}

TEST(HttpReply, AnythingElseIsNoAnswer) {
  EXPECT_EQ(parse_http_reply("").body, "the server closed the connection without an answer");
  EXPECT_EQ(parse_http_reply("SSH-2.0-OpenSSH_9.2\r\n").body, "the answer is not HTTP");
  EXPECT_EQ(parse_http_reply("HTTP/1.1 2000\r\n\r\n").status, 200);
  EXPECT_EQ(parse_http_reply("HTTP/1.1 9\r\n\r\n").status, 0);
  EXPECT_EQ(parse_http_reply("HTTP/2 200 OK\r\n\r\n").status, 0);
  EXPECT_EQ(parse_http_reply("HTTP/1.1 200 OK\r\nno colon\r\n\r\n").status, 0);
}

// One connection, answered with fixed bytes once the request is in.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_.get(), plain, size), 0);
    EXPECT_EQ(::getsockname(fd_.get(), plain, &size), 0);
    EXPECT_EQ(::listen(fd_.get(), 1), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] { serve(answer); });
  }
  ~OneAnswer() { thread_.join(); }
  std::string url() const { return cat("http://127.0.0.1:", port_, "/path"); }
  std::string request;

 private:
  void serve(const std::string& answer) {
    const Fd client(::accept(fd_.get(), nullptr, nullptr));
    char piece[1024];
    while (request.find("\r\n\r\n") == request.npos) {
      const ssize_t got = ::recv(client.get(), piece, sizeof piece, 0);
      if (got <= 0) return;
      request.append(piece, static_cast<std::size_t>(got));
    }
    std::size_t sent = 0;
    while (sent < answer.size()) {
      const ssize_t now = ::send(client.get(), answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (now <= 0) return;
      sent += static_cast<std::size_t>(now);
    }
  }

  Fd fd_;
  unsigned port_ = 0;
  std::thread thread_;
};

TEST(HttpGet, AsksAndReads) {
  std::string request;
  std::string url;
  {
    OneAnswer server("HTTP/1.0 200 OK\r\n\r\nhello");
    url = server.url();
    EXPECT_EQ(http_get_numeric(url, 10).body, "hello");
    request = server.request;
  }
  const std::string host = url.substr(7, url.size() - 12);
  EXPECT_EQ(request,
            cat("GET /path HTTP/1.0\r\nHost: ", host, "\r\nUser-Agent: rootcellar-install\r\nAccept: */*\r\nConnection: close\r\n\r\n"));
}

TEST(HttpGet, ReadsAtMostItsLimit) {
  const std::string endless(std::size_t{3} << 20, 'x');
  OneAnswer server("HTTP/1.0 200 OK\r\n\r\n" + endless);
  const HttpReply reply = http_get_numeric(server.url(), 10);
  EXPECT_EQ(reply.status, 200);
  EXPECT_LT(reply.body.size(), std::size_t{2} << 20);
}

TEST(HttpGet, SaysWhyThereIsNoAnswer) {
  std::string url;
  {
    OneAnswer server("");
    url = server.url();
    EXPECT_EQ(http_get_numeric(url, 10).body, "the server closed the connection without an answer");
  }
  const HttpReply reply = http_get_numeric(url, 10);
  EXPECT_EQ(reply.status, 0);
  EXPECT_EQ(reply.body, "Connection refused");
}

TEST(HttpGet, RefusesNames) {
  try {
    http_get_numeric("http://localhost:5000/", 1);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(error.message(),
              "cannot open 'http://localhost:5000/': expected http:// and a numeric address, such as http://127.0.0.1:5000/v2/");
  }
}

}  // namespace
}  // namespace rootcellar
