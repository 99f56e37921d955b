#include "builder/source/apt_sources.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/support/thrown.h"

namespace rootcellar {
namespace {

using test::error_of;

constexpr const char* k_keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

TEST(AptSources, ReadsDeb822) {
  const auto stanzas = parse_deb822_sources(
      "# the distribution\n"
      "Types: deb deb-src\nURIs: http://deb.debian.org/debian\nSuites: bookworm\n bookworm-updates\nComponents: main contrib\n"
      "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
      "Enabled: no\nTypes: deb\nURIs: http://a.example\nSuites: bookworm\nComponents: main\n\n"
      "Types: deb-src\nURIs: http://b.example\nSuites: bookworm\nComponents: main\n\n"
      "Types: deb\nURIs: http://c.example/x\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n "
      "abc\n",
      "x.sources");
  ASSERT_EQ(stanzas.size(), 2u);
  EXPECT_EQ(stanzas[0].suites, (std::vector<std::string>{"bookworm", "bookworm-updates"}));
  EXPECT_EQ(stanzas[0].components, (std::vector<std::string>{"main", "contrib"}));
  EXPECT_EQ(stanzas[0].signed_by, k_keyring);
  EXPECT_TRUE(stanzas[1].foreign_key);
}

TEST(AptSources, ReadsOneLine) {
  const auto stanzas = parse_one_line_sources(
      "# comment\n#deb http://off.example bookworm main\n"
      "deb [ arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg ] http://deb.debian.org/debian/ bookworm main # why\n"
      "deb-src http://deb.debian.org/debian bookworm main\n"
      "deb http://deb.debian.org/debian-security bookworm-security main contrib\n",
      "sources.list");
  ASSERT_EQ(stanzas.size(), 2u);
  EXPECT_EQ(stanzas[0].uris, std::vector<std::string>{"http://deb.debian.org/debian/"});
  EXPECT_EQ(stanzas[0].signed_by, k_keyring);
  EXPECT_EQ(stanzas[1].components, (std::vector<std::string>{"main", "contrib"}));
  EXPECT_EQ(stanzas[1].signed_by, "");
}

TEST(AptSources, FaultsHaveTheirPlace) {
  EXPECT_EQ(error_of([] { parse_one_line_sources("\ndeb [arch=amd64 http://x.example bookworm main\n", "s.list"); }),
            "error: s.list:2:1: expected ']' after the options, found the end of the line\n"
            "  deb [arch=amd64 http://x.example bookworm main\n"
            "  ^\n");
  EXPECT_EQ(error_of([] { parse_one_line_sources("deb http://x.example\n", "s.list"); }),
            "error: s.list:1:1: expected 'deb URI SUITE COMPONENT...', found no suite\n"
            "  deb http://x.example\n"
            "  ^\n");
  EXPECT_EQ(error_of([] { parse_deb822_sources("Types: deb\nURIs\n", "s.sources"); }),
            "error: s.sources:2:1: expected 'Field: value', found no ':'\n"
            "  URIs\n"
            "  ^\n");
}

TEST(AptSources, KeepsTheReleaseSignedByDebian) {
  const std::vector<AptStanza> stanzas{
      {{"http://deb.debian.org/debian/"}, {"bookworm", "trixie"}, {"main"}, ""},
      {{"http://deb.debian.org/debian"}, {"bookworm-updates"}, {"main", "contrib"}, k_keyring},
      {{"http://mirror.example/security/debian"}, {"bookworm-security"}, {"main"}, k_keyring},
      {{"https://other.example/linux/debian"}, {"bookworm"}, {"stable"}, "/etc/apt/keyrings/other.gpg"},
      {{"https://more.example/debian"}, {"bookworm"}, {"main"}, "", true},
      {{"http://deb.debian.org/debian"}, {"sid"}, {"main"}, k_keyring},
  };
  const auto archives = select_archives(stanzas, release_suites("bookworm"), k_keyring);
  ASSERT_EQ(archives.size(), 2u);
  EXPECT_EQ(archives[0].name, "debian");
  EXPECT_EQ(archives[0].uri, "http://deb.debian.org/debian");
  EXPECT_EQ(archives[0].suites, (std::vector<std::string>{"bookworm", "bookworm-updates"}));
  EXPECT_EQ(archives[0].components, (std::vector<std::string>{"main", "contrib"}));
  EXPECT_EQ(archives[1].name, "debian-2");
  EXPECT_EQ(render_sources({archives[1]}, {"http://127.0.0.1:1/s"}),
            "Types: deb\nURIs: http://127.0.0.1:1/s\nSuites: bookworm-security\nComponents: main\n"
            "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n");
}

TEST(AptSources, ReadsAFolderInAptsOrder) {
  const TemporaryDirectory etc("apt-sources");
  write_file_atomically(path_join(etc.path(), "sources.list"), "deb http://one.example a main\n");
  make_directories(path_join(etc.path(), "sources.list.d"));
  write_file_atomically(path_join(etc.path(), "sources.list.d/b.list"), "deb http://three.example a main\n");
  write_file_atomically(path_join(etc.path(), "sources.list.d/a.sources"),
                        "Types: deb\nURIs: http://two.example\nSuites: a\nComponents: main\n");
  write_file_atomically(path_join(etc.path(), "sources.list.d/c.list.disabled"), "deb http://off.example a main\n");
  std::vector<std::string> uris;
  for (const AptStanza& stanza : read_apt_sources(etc.path())) uris.push_back(stanza.uris[0]);
  EXPECT_EQ(uris, (std::vector<std::string>{"http://one.example", "http://two.example", "http://three.example"}));
}

}  // namespace
}  // namespace rootcellar
