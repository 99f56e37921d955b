// The page as a whole, and that nothing of it comes from elsewhere.
#include "installer/portal/page.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/support/golden.h"

namespace rootcellar::test {
namespace {

PortalPage lab_page() {
  PortalPage page;
  page.title = "Lab & bench";
  page.domain = "lab.example";
  page.address = "192.0.2.10";
  page.links = {{"Tator", "https://lab.example/", "video annotation"}, {"Registry", "https://registry.lab.example:5000/v2/", ""}};
  for (int i = 0; i < 31; ++i) page.fingerprint += "AA:";
  page.fingerprint += "0F";
  page.fingerprint_words = "abaci abate abbot abdomen abide ability";
  page.hosts_lines = "192.0.2.10 lab.example registry.lab.example\n";
  page.nameserver = "192.0.2.10";
  page.dates = {{"the certificate of lab.example", "2027-12-28"}, {"the site's authority", "2036-07-18"}};
  page.bundle = "lab (cpu), serial 7";
  page.created = 1'790'000'000;
  page.signers = {"bench key <one> (abandon ability able about above absent)"};
  page.admin = "Ada & Grace, extension 7";
  page.zone = true;
  return page;
}

/// Every value of an attribute, of all elements: href="VALUE".
std::vector<std::string> values_of(const std::string& html, const std::string& attribute) {
  std::vector<std::string> found;
  const std::string begin = cat(" ", attribute, "=\"");
  for (std::size_t at = html.find(begin); at != html.npos; at = html.find(begin, at + 1)) {
    const std::size_t value = at + begin.size();
    found.push_back(html.substr(value, html.find('"', value) - value));
  }
  return found;
}

bool mentions_another_host(std::string_view text) { return text.find("//") != text.npos; }

TEST(PortalPage, IsThisText) { expect_golden("portal/page.html", portal_html(lab_page())); }

TEST(PortalPage, SaysWhatAKnownAuthorityNeeds) {
  PortalPage page = lab_page();
  page.trust = PortalTrust::known_authority;
  page.hosts_lines.clear();
  page.zone = false;
  page.admin.clear();
  page.nameserver.clear();
  page.dates.clear();
  page.signers.clear();
  expect_golden("portal/known.html", portal_html(page));
}

TEST(PortalPage, NothingComesFromElsewhere) {
  const PortalPage page = lab_page();
  const std::string html = portal_html(page);
  for (const std::string& source : values_of(html, "src")) EXPECT_FALSE(mentions_another_host(source)) << source;
  for (const std::string& target : values_of(html, "href")) {
    const bool linked = target == page.links[0].url || target == page.links[1].url;
    EXPECT_TRUE(linked || !mentions_another_host(target)) << target;
  }
  EXPECT_EQ(values_of(html, "style"), std::vector<std::string>{});
  EXPECT_EQ(html.find("@import"), html.npos);
  EXPECT_FALSE(mentions_another_host(portal_css()));
  EXPECT_EQ(portal_css().find("url("), std::string_view::npos);
  EXPECT_EQ(portal_script().find("://"), std::string_view::npos);
}

TEST(PortalPage, TextsOfTheSiteAreNeverMarkup) {
  PortalPage page = lab_page();
  page.title = "<script>alert(\"x\")</script>";
  page.links = {{page.title, "https://x/\"onclick=\"y", page.title}};
  page.domain = page.admin = page.hosts_lines = page.nameserver = page.bundle = page.address = page.fingerprint_words = page.title;
  page.signers = {page.title};
  page.dates = {{page.title, page.title}};
  const std::string html = portal_html(page);
  EXPECT_EQ(html.find("<script>"), html.npos);
  EXPECT_EQ(html.find("\"onclick"), html.npos);
}

}  // namespace
}  // namespace rootcellar::test
