#include "bundle/site_template.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

const std::map<std::string, std::string, std::less<>> k_values{{"site.address", "192.0.2.7"},
                                                               {"answers.domain", "lab.example"},
                                                               {"secret.db", "p\"w\\\n"},
                                                               {"capture.web-ip", "10.96.0.9"},
                                                               {"site.pem", "a\nb\nc"},
                                                               {"answers.logo|file", "a\nb"}};

std::string rendered(std::string_view text) {
  return render_template(
      text,
      [](std::string_view name) -> std::optional<std::string> {
        const auto found = k_values.find(name);
        if (found == k_values.end()) return std::nullopt;
        return found->second;
      },
      "manifest 'web'");
}

std::string refused(const std::string& text) {
  return error_text([&] { rendered(text); });
}

TEST(SiteTemplate, PutsValuesIn) {
  EXPECT_EQ(rendered(""), "");
  EXPECT_EQ(rendered("no places, $HOME, $(x) and $ stay"), "no places, $HOME, $(x) and $ stay");
  EXPECT_EQ(rendered("${site.address}"), "192.0.2.7");
  EXPECT_EQ(rendered("http://${ site.address }:${capture.web-ip}/${answers.domain}!"), "http://192.0.2.7:10.96.0.9/lab.example!");
}

TEST(SiteTemplate, KeepsEscapedBraces) {
  EXPECT_EQ(rendered("$${site.address} ${site.address} $${"), "${site.address} 192.0.2.7 ${");
  EXPECT_EQ(rendered("$$ $${}"), "$$ ${}");
}

TEST(SiteTemplate, FiltersFromLeftToRight) {
  EXPECT_EQ(rendered("${site.address|b64}"), "MTkyLjAuMi43");
  EXPECT_EQ(rendered("${secret.db|json}"), R"("p\"w\\\n")");
  EXPECT_EQ(rendered("pem: |\n  ${site.pem|indent:2}\n"), "pem: |\n  a\n  b\n  c\n");
  EXPECT_EQ(rendered("${site.pem | indent:1 | b64}"), "YQogYgogYw==");
}

TEST(SiteTemplate, AFileIsAskedForAsSuch) {
  EXPECT_EQ(rendered("${answers.logo|file}"), "a\nb");
  EXPECT_EQ(rendered("  ${answers.logo|file|indent:2} ${answers.logo|file|b64}"), "  a\n  b YQpi");
}

TEST(SiteTemplate, ListsReferencesWithTheirPlaces) {
  const auto found = template_references("ä ${site.address}\n  ${secret.db|b64|indent:4}", "text");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "site.address");
  EXPECT_EQ(found[0].line, 1);
  EXPECT_EQ(found[0].column, 3);
  EXPECT_EQ(found[1].name, "secret.db");
  EXPECT_EQ(found[1].line, 2);
  EXPECT_EQ(found[1].column, 3);
  ASSERT_EQ(found[1].filters.size(), 2u);
  EXPECT_EQ(found[1].filters[1].name, "indent");
  EXPECT_EQ(found[1].filters[1].argument, "4");
}

TEST(SiteTemplate, SaysWhereAndWhatIsWrong) {
  const std::string hint = "hint: write $${ for the characters ${ themselves\n";
  const std::string names = "expected a name that begins with site., answers., secret. or capture.\n";
  EXPECT_EQ(refused("a\nb ${HOME}"), "error: manifest 'web':2:3: '${HOME}': " + names + hint);
  EXPECT_EQ(refused("${site.}"), "error: manifest 'web':1:1: '${site.}': " + names + hint);
  EXPECT_EQ(refused("${secret.../x}"), "error: manifest 'web':1:1: '${secret.../x}': " + names + hint);
  EXPECT_EQ(refused("${}"), "error: manifest 'web':1:1: '${}': " + names + hint);
  EXPECT_EQ(refused("${site.address\n}"), "error: manifest 'web':1:1: '${' without '}' in the same line\n" + hint);
  EXPECT_EQ(refused("x ${site.address"), "error: manifest 'web':1:3: '${' without '}' in the same line\n" + hint);
  EXPECT_EQ(refused("${site.address|base64}"),
            "error: manifest 'web':1:1: unknown filter 'base64': expected b64, json, indent:N or file\n" + hint);
  EXPECT_EQ(refused("${site.address|indent}"),
            "error: manifest 'web':1:1: filter 'indent': expected a number of spaces from 0 to 64, found ''\n" + hint);
  EXPECT_EQ(refused("${site.address|indent:65}"),
            "error: manifest 'web':1:1: filter 'indent': expected a number of spaces from 0 to 64, found '65'\n" + hint);
  EXPECT_EQ(refused("${site.address|b64:2}"), "error: manifest 'web':1:1: filter 'b64' takes no argument\n" + hint);
  EXPECT_EQ(refused("${site.address|file}"),
            "error: manifest 'web':1:1: filter 'file': expected the name of an answer, which is the file's path\n" + hint);
  EXPECT_EQ(refused("${answers.logo|b64|file}"), "error: manifest 'web':1:1: filter 'file': expected it as the first one\n" + hint);
  EXPECT_EQ(refused("${answers.logo|file:1}"), "error: manifest 'web':1:1: filter 'file' takes no argument\n" + hint);
  EXPECT_EQ(refused("${answers.domain|file}"), "error: manifest 'web':1:1: no value for '${answers.domain|file}'\n");
  EXPECT_EQ(refused("\n ${site.nothing|b64}"), "error: manifest 'web':2:2: no value for '${site.nothing}'\n");
}

}  // namespace
}  // namespace rootcellar
