#include <gtest/gtest.h>

#include "builder/source/http.h"
#include "builder/source/url.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

Mirrors mirrors_of(std::initializer_list<const char*> lines) {
  Mirrors mirrors;
  for (const char* line : lines) mirrors.add(line);
  return mirrors;
}

std::string place(const Mirrors& mirrors, std::string_view repository) {
  const Mirrors::RegistryPlace found = mirrors.map_image(repository);
  return cat(found.base_url, " ", found.repository, " ", found.auth_host);
}

TEST(Mirrors, UrlsByLongestPrefixOnWholeComponents) {
  const Mirrors mirrors = mirrors_of(
      {"https://dl.example=http://127.0.0.1:80", "https://dl.example/a/b/=https://m.example/x/", "http://other.example=http://o"});
  EXPECT_EQ(mirrors.map_url("https://dl.example/file"), "http://127.0.0.1:80/file");
  EXPECT_EQ(mirrors.map_url("https://dl.example/a/b/file?q=1"), "https://m.example/x/file?q=1");
  EXPECT_EQ(mirrors.map_url("https://dl.example/a/bc"), "http://127.0.0.1:80/a/bc");
  EXPECT_EQ(mirrors.map_url("https://dl.example"), "http://127.0.0.1:80");
  EXPECT_EQ(mirrors.map_url("https://dl.example.org/file"), "https://dl.example.org/file");
  EXPECT_EQ(mirrors.map_url("http://dl.example/file"), "http://dl.example/file");
}

TEST(Mirrors, ImagesComeFromTheHostInTheirName) {
  const Mirrors none;
  EXPECT_EQ(place(none, "docker.io/library/nginx"), "https://registry-1.docker.io library/nginx https://index.docker.io/v1/");
  EXPECT_EQ(place(none, "quay.io/a/b/c"), "https://quay.io a/b/c quay.io");
  EXPECT_EQ(place(none, "127.0.0.1:5000/a"), "https://127.0.0.1:5000 a 127.0.0.1:5000");
}

TEST(Mirrors, ImagesByLongestPrefix) {
  const Mirrors mirrors =
      mirrors_of({"docker.io=registry.lan:5000/hub", "docker.io/library=http://127.0.0.1:5001", "quay.io/org/app=https://q.lan/deep/er"});
  EXPECT_EQ(place(mirrors, "docker.io/grafana/grafana"), "https://registry.lan:5000 hub/grafana/grafana registry.lan:5000");
  EXPECT_EQ(place(mirrors, "docker.io/library/nginx"), "http://127.0.0.1:5001 nginx 127.0.0.1:5001");
  EXPECT_EQ(place(mirrors, "docker.io/libraryx/nginx"), "https://registry.lan:5000 hub/libraryx/nginx registry.lan:5000");
  EXPECT_EQ(place(mirrors, "quay.io/org/app"), "https://q.lan deep/er q.lan");
  EXPECT_EQ(place(mirrors, "quay.io/org/app2"), "https://quay.io org/app2 quay.io");
}

std::string refusal(const char* line) {
  try {
    Mirrors().add(line);
  } catch (const UsageError& error) {
    return render_error(error);
  }
  return "no error";
}

TEST(Mirrors, WhatIsNoMirror) {
  const std::string hint = "hint: for example --mirror docker.io=https://registry.lan:5000/hub\n";
  EXPECT_EQ(refusal("docker.io"), "error: cannot use the mirror 'docker.io': expected FROM=TO\n" + hint);
  EXPECT_EQ(refusal("=https://x"), "error: cannot use the mirror '=https://x': expected FROM=TO\n" + hint);
  EXPECT_EQ(refusal("docker.io="), "error: cannot use the mirror 'docker.io=': expected FROM=TO\n" + hint);
  EXPECT_EQ(refusal("https://a=ftp://b"), "error: cannot use the mirror 'https://a=ftp://b': TO is not an http or https URL\n");
  EXPECT_EQ(refusal("https://a=b"), "error: cannot use the mirror 'https://a=b': TO is not an http or https URL\n");
  EXPECT_EQ(refusal("ftp://a=https://b"), "error: cannot use the mirror 'ftp://a=https://b': FROM is not an http or https URL\n");
}

TEST(Url, IsTakenApart) {
  const std::optional<Url> url = parse_url("HTTPS://user:pass@Host.Example:8443/a/b?c=d#e");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->user_info, "user:pass");
  EXPECT_EQ(url->host, "host.example");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(url->origin(), "https://host.example:8443");
  EXPECT_EQ(parse_url("http://[::1]:80")->origin(), "http://[::1]:80");
  EXPECT_EQ(parse_url("http://h?q")->target, "/?q");
}

TEST(Url, WhatIsNone) {
  for (const char* bad : {"", "x", "ftp://h/", "http://", "http:///path", "http://h:/", "http://h:123456/", "http://h:x/", "http://[::1/",
                          "http://a b/", "http://h/\n", "http://[::1]x/", "http://a=b/"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
}

TEST(Url, IsShownWithoutItsSecrets) {
  EXPECT_EQ(shown_url("https://user:hunter2@host/a?token=hunter2"), "https://host/a?...");
  EXPECT_EQ(shown_url("https://host/a"), "https://host/a");
  EXPECT_EQ(shown_url("https://user:hunter2@ho st/a"), "ho st/a");
  EXPECT_EQ(refusal("https://a=ftp://user:hunter2@b"), "error: cannot use the mirror 'https://a=b': TO is not an http or https URL\n");
}

TEST(Url, Loopback) {
  for (const char* host : {"localhost", "127.0.0.1", "127.1.2.3", "::1"}) EXPECT_TRUE(is_loopback_host(host)) << host;
  for (const char* host : {"127.example.com", "10.0.0.1", "localhost.example", "", "::2"}) EXPECT_FALSE(is_loopback_host(host)) << host;
}

TEST(Url, EscapesAndLocations) {
  EXPECT_EQ(url_escape("repository:a/b:pull x~"), "repository%3Aa%2Fb%3Apull%20x~");
  const Url base = *parse_url("https://h.example/a");
  EXPECT_EQ(resolve_location(base, "/b"), "https://h.example/b");
  EXPECT_EQ(resolve_location(base, "//o.example/b"), "https://o.example/b");
  EXPECT_EQ(resolve_location(base, "http://o.example/b"), "http://o.example/b");
  EXPECT_EQ(resolve_location(base, "javascript:x"), std::nullopt);
}

}  // namespace
}  // namespace rootcellar
