// What the section lan needs of packages, each said at its place.
#include <gtest/gtest.h>

#include "builder/profile/profile.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::string load(const std::string& packages, const std::string& lan) {
  TemporaryDirectory folder{"rc-lan-profile"};
  const std::string path = path_join(folder.path(), "x.yaml");
  write_file_atomically(path, cat("rootcellar: 1\nproduct: sample\ntarget: {distribution: debian, version: \"12\", codename: bookworm}\n"
                                  "architectures: [amd64]\npackages: {install: [", packages, "]}\nlan:\n", lan));
  std::string text = "no error\n";
  try {
    load_profile(path, {.variant = "", .architecture = "amd64", .set = {}});
  } catch (const Error& error) {
    text = render_error(error);
  }
  for (std::size_t at = text.find(path); at != text.npos; at = text.find(path)) text.replace(at, path.size(), "x.yaml");
  return text;
}

TEST(LanPackages, AreAllNamed) {
  EXPECT_EQ(load("ca-certificates, chrony, dnsmasq-base, nginx-light, qrencode", "  domain: lab.internal\n"), "no error\n");
  EXPECT_EQ(load("ca-certificates, chrony=4.3-2, dnsmasq, nginx, qrencode, avahi-daemon", "  mdns: true\n"), "no error\n");
  EXPECT_EQ(load("ca-certificates", "  time: false\n  nameserver: false\n  portal: false\n"), "no error\n");
}

TEST(LanPackages, ThatAreMissingAreNamed) {
  EXPECT_EQ(load("hello", "  time: true\n  mdns: true\n"),
            "error: x.yaml:7:3: lan needs package 'ca-certificates' among packages.install\n    time: true\n    ^\n"
            "error: x.yaml:7:3: lan.nameserver needs package 'dnsmasq-base' or 'dnsmasq' among packages.install\n    time: true\n    ^\n"
            "error: x.yaml:7:3: lan.portal needs package 'nginx-light' or 'nginx' among packages.install\n    time: true\n    ^\n"
            "error: x.yaml:7:3: lan.portal needs package 'qrencode' among packages.install\n    time: true\n    ^\n"
            "error: x.yaml:7:9: lan.time needs package 'chrony' among packages.install\n    time: true\n          ^\n"
            "error: x.yaml:8:9: lan.mdns needs package 'avahi-daemon' among packages.install\n    mdns: true\n          ^\n");
}

}  // namespace
}  // namespace rootcellar
