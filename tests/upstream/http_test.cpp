// Files over HTTP from nginx, from a server that lies, and through a proxy.
#include <gtest/gtest.h>

#include <cstdlib>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/upstream/fixture.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_tool_size = 3000000;

std::string tool_text() { return read_file(cat(upstream(""), "/files/tool"), k_tool_size); }

ProfileFile tool_at(const std::string& url) {
  ProfileFile file;
  file.name = "tool";
  file.destination = "/usr/local/bin/tool";
  file.content.url = url;
  file.content.sha256 = sha256(as_bytes(tool_text()));
  return file;
}

std::string lying(std::string_view mode, std::string_view file = "tool") { return cat("http://", upstream("LYING"), "/", mode, "/", file); }

std::string fetch_error(const std::string& url) {
  Site site;
  return error_of([&] { resolve_file(tool_at(url), site.context); });
}

TEST(UrlFile, IsPinnedWithSizeAndDate) {
  Site site({cat("https://dl.example/files=https://", upstream("HTTPS"))});
  const Resolved<LockedFile> found = resolve_file(tool_at("https://dl.example/files/tool"), site.context);
  EXPECT_EQ(found.value.blob.url, "https://dl.example/files/tool");
  EXPECT_EQ(found.value.blob.size, k_tool_size);
  EXPECT_EQ(found.value.placed.path, "files/tool");
  EXPECT_EQ(format_time(found.newest), "2024-05-06T07:08:09Z");
  EXPECT_EQ(read_file(site.context.cache.blob_path(found.value.blob.digest), k_tool_size), tool_text());
}

TEST(UrlFile, ACachedFileIsAskedForItsDateOnly) {
  Site site;
  const ProfileFile tool = tool_at(cat("http://", upstream("HTTP"), "/tool"));
  resolve_file(tool, site.context);
  std::uint64_t bytes = 0;
  site.context.on_bytes = [&](std::uint64_t more) { bytes += more; };
  const Resolved<LockedFile> again = resolve_file(tool, site.context);
  EXPECT_EQ(bytes, 0u);
  EXPECT_EQ(format_time(again.newest), "2024-05-06T07:08:09Z");
}

TEST(UrlFile, APartOfAnEarlierRunIsContinued) {
  Site site;
  const ProfileFile tool = tool_at(cat("http://", upstream("HTTP"), "/tool"));
  {
    const auto filling = site.context.cache.fill(*tool.content.sha256, k_tool_size, "tool");
    filling->write(as_bytes(tool_text()).first(1000000));
  }
  std::uint64_t bytes = 0;
  site.context.on_bytes = [&](std::uint64_t more) { bytes += more; };
  resolve_file(tool, site.context);
  EXPECT_EQ(bytes, k_tool_size - 1000000);
}

TEST(UrlFile, ADamagedPartIsFetchedAgainFromTheStart) {
  Site site;
  const ProfileFile tool = tool_at(cat("http://", upstream("HTTP"), "/tool"));
  {
    const auto filling = site.context.cache.fill(*tool.content.sha256, k_tool_size, "tool");
    filling->write(as_bytes(std::string(1000, 'x')));
  }
  resolve_file(tool, site.context);
  EXPECT_EQ(read_file(site.context.cache.blob_path(*tool.content.sha256), k_tool_size), tool_text());
}

TEST(UrlFile, APartLongerThanTheThingIsDropped) {
  Site site;
  const ProfileFile tool = tool_at(cat("http://", upstream("HTTP"), "/tool"));
  {
    const auto filling = site.context.cache.fill(*tool.content.sha256, std::nullopt, "tool");
    filling->write(Bytes(k_tool_size + 10));
  }
  resolve_file(tool, site.context);
  EXPECT_TRUE(site.context.cache.find(*tool.content.sha256, k_tool_size));
}

TEST(UrlFile, GoesOnWhereTheConnectionWasCut) {
  Site site;
  resolve_file(tool_at(lying("cut")), site.context);
  ASSERT_EQ(site.retries.size(), 2u);
  EXPECT_EQ(site.retries[0],
            cat("cannot fetch '", lying("cut"), "': the connection was cut after 1500000 of 3000000 bytes; trying again in 1 s"));
}

TEST(UrlFile, StartsAgainWhereTheServerKnowsNoRanges) {
  Site site;
  resolve_file(tool_at(lying("ignore-range")), site.context);
  EXPECT_TRUE(site.context.cache.find(*tool_at("").content.sha256, k_tool_size));
}

TEST(UrlFile, WaitsForABusyServer) {
  Site site;
  resolve_file(tool_at(lying("busy")), site.context);
  ASSERT_EQ(site.retries.size(), 2u);
  EXPECT_EQ(site.retries[0], cat("cannot fetch '", lying("busy"), "': the server answers 503 Service Unavailable; trying again in 1 s"));
}

TEST(UrlFile, WaitsAsLongAsTheServerAsks) {
  Site site;
  const auto before = std::chrono::steady_clock::now();
  resolve_file(tool_at(lying("wait")), site.context);
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
}

TEST(UrlFile, LyingServersGetOneClearMessageEach) {
  const auto while_fetching = [](const std::string& url) { return cat("  while fetching '", url, "'\n"); };
  EXPECT_EQ(fetch_error(lying("short")), cat("error: cannot fetch '", lying("short"),
                                             "': the connection was cut after 100 of 3000000 bytes\n", while_fetching(lying("short"))));
  EXPECT_EQ(fetch_error(lying("wrong-range")),
            cat("error: cannot fetch '", lying("wrong-range"), "': asked for the bytes from 100, the server sent those from 50\n",
                while_fetching(lying("wrong-range"))));
  EXPECT_EQ(fetch_error(lying("html")),
            cat("error: file 'tool' cannot be fetched: the server sent an HTML page instead\n", while_fetching(lying("html")),
                "hint: a login page or a proxy may stand between; look at the address in a browser\n"));
  EXPECT_EQ(fetch_error(lying("gone")),
            cat("error: file 'tool' has vanished upstream: '", lying("gone"), "' answers 404 Not Found\n", while_fetching(lying("gone")),
                "hint: name the place where it is now and run 'rootcellar lock' again\n"));
  EXPECT_EQ(fetch_error(lying("limit")), cat("error: file 'tool' cannot be fetched: '", lying("limit"), "' answers 429 Too Many Requests\n",
                                             while_fetching(lying("limit"))));
  EXPECT_EQ(fetch_error(lying("loop")),
            cat("error: cannot fetch '", lying("loop"), "': more than 10 redirects\n", while_fetching(lying("loop"))));
  EXPECT_EQ(fetch_error(lying("silent")), cat("error: cannot fetch '", lying("silent"),
                                              "': the server closed the connection without an answer\n", while_fetching(lying("silent"))));
  std::string flipped = tool_text();
  flipped[0] = static_cast<char>(flipped[0] ^ 1);
  EXPECT_EQ(fetch_error(lying("flip")), cat("error: file 'tool' has other content: expected ", sha256(as_bytes(tool_text())).named(),
                                            ", found ", sha256(as_bytes(flipped)).named(), "\n", while_fetching(lying("flip"))));
}

TEST(UrlFile, AnEndlessBodyStopsAtTheExpectedSize) {
  Site site;
  LockedBlob blob{*tool_at("").content.sha256, k_tool_size, {}, lying("endless"), {}};
  EXPECT_EQ(error_of([&] { fetch_url_blob(blob, "file 'tool'", site.context); }),
            cat("error: file 'tool' is longer than the 3000000 bytes expected\n  while fetching '", lying("endless"), "'\n"));
}

TEST(UrlFile, AStalledServerIsGivenUp) {
  Site site;
  EXPECT_EQ(error_of([&] { resolve_file(tool_at(lying("stall")), site.context); }),
            cat("error: cannot fetch '", lying("stall"), "': '127.0.0.1' sent nothing for 1 s\n  while fetching '", lying("stall"), "'\n"));
}

TEST(UrlFile, NobodyListening) {
  const std::string url = cat("http://", upstream("NOBODY"), "/tool");
  const std::string port = upstream("NOBODY").substr(upstream("NOBODY").find(':') + 1);
  EXPECT_EQ(fetch_error(url), cat("error: cannot fetch '", url, "': no connection to 127.0.0.1 port ", port,
                                  ": Connection refused\n  while fetching '", url, "'\n"));
}

TEST(UrlFile, CertificatesAreChecked) {
  const std::string expired = cat("https://", upstream("EXPIRED"), "/tool");
  EXPECT_EQ(fetch_error(expired),
            cat("error: cannot fetch '", expired, "': the certificate of '127.0.0.1' has expired\n  while fetching '", expired,
                "'\nhint: check this machine's clock; if it is right, the server needs a new certificate\n"));
  const std::string plain = cat("https://", upstream("HTTP"), "/tool");
  EXPECT_EQ(fetch_error(plain), cat("error: cannot fetch '", plain, "': '127.0.0.1' does not speak TLS\n  while fetching '", plain,
                                    "'\nhint: a server without TLS is named by --mirror FROM=http://...\n"));
}

TEST(Http, AuthorizationIsNotSentToAnotherHost) {
  Site site;
  HttpRequest request;
  request.url = lying("away");
  request.headers = {"Authorization: Basic c2VjcmV0"};
  NullSink sink;
  EXPECT_EQ(site.context.http.get(request, sink).status, 200);
  EXPECT_EQ(log_lines("lying", "GET /away/tool None authorized"), 1u);
  EXPECT_EQ(log_lines("lying", "GET /busy/tool None authorized"), 0u);
}

/// A variable of the environment for as long as a test runs.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(Http, ProxiesOfTheEnvironmentAreUsed) {
  const std::string url = cat("http://", upstream("HTTP"), "/tool");
  const Variable proxy("http_proxy", cat("http://", upstream("PROXY")));
  const std::size_t before = log_lines("proxy", url);
  Site site;
  site.context.http.get_text(url, k_tool_size);
  EXPECT_EQ(log_lines("proxy", url), before + 1);
  const Variable direct("no_proxy", "127.0.0.1");
  site.context.http.get_text(url, k_tool_size);
  EXPECT_EQ(log_lines("proxy", url), before + 1);
}

TEST(Http, HttpsGoesThroughAProxyByConnect) {
  const Variable proxy("https_proxy", cat("http://", upstream("PROXY")));
  Site site;
  site.context.http.get_text(cat("https://", upstream("HTTPS"), "/tool"), k_tool_size);
  EXPECT_GE(log_lines("proxy", cat("CONNECT ", upstream("HTTPS"))), 1u);
  EXPECT_EQ(error_of([&] { site.context.http.get_text("https://forbidden.example/x", 10); }),
            "error: cannot fetch 'https://forbidden.example/x': the proxy refuses the connection: 403 Forbidden\n"
            "hint: the proxy is set in the environment: http_proxy, https_proxy, ALL_PROXY, no_proxy\n");
}

TEST(Http, ADeadProxyIsToldFromADeadServer) {
  const std::string nobody = upstream("NOBODY");
  const Variable proxy("https_proxy", cat("http://user:hunter2@", nobody));
  Site site;
  EXPECT_EQ(error_of([&] { site.context.http.get_text("https://example.invalid/x", 10); }),
            cat("error: cannot fetch 'https://example.invalid/x': no connection to the proxy 127.0.0.1 port ",
                nobody.substr(nobody.find(':') + 1),
                ": Connection refused\nhint: the proxy is set in the environment: http_proxy, https_proxy, ALL_PROXY, no_proxy\n"));
}

TEST(Http, SmallTextsHaveALimitAndAStatus) {
  Site site;
  const std::string base = cat("http://", upstream("HTTP"));
  EXPECT_EQ(site.context.http.get_text(base + "/login.html", 100), "<html><body>please log in</body></html>\n");
  EXPECT_EQ(error_of([&] { site.context.http.get_text(base + "/login.html", 10); }),
            cat("error: cannot fetch '", base, "/login.html': it is larger than the limit of 10 B\n"));
  EXPECT_EQ(error_of([&] { site.context.http.get_text(base + "/none", 10); }),
            cat("error: cannot fetch '", base, "/none': the server answers 404 Not Found\n"));
}

}  // namespace
}  // namespace rootcellar
