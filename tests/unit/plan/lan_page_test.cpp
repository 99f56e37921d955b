// What the page says of this appliance, and the unit that looks at it.
#include "installer/plan/lan_page.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/golden.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar::test {
namespace {

struct Site {
  Header header = sample_header();
  Index index = sample_index();
  Facts facts = sample_node_facts();
  Answers answers{};
  Layout layout = make_layout(index.appliance, answers);

  Site() {
    index.appliance.lan.enabled = true;
    answers.lan.domain = "lab.internal";
    facts.signers = {"site (abandon ability able about above absent)"};
  }
  PlanInput input() const { return {header, index, facts, answers, layout}; }
};

TEST(LanPage, FillsLinksAndSaysWhomToAskAndWhoSigned) {
  Site site;
  site.index.appliance.lan.links = {{"Notes", "https://${answers.where}.${site.domain}/", "ask ${site.admin}"}};
  site.answers.values["where"] = "notes";
  site.answers.lan.admin = "Ada ${secret.site-certificate-key}";
  site.answers.lan.nameserver = false;
  PortalPage page;
  page.title = "Lab";
  complete_page(site.input(), make_lan_site(site.input()), page);
  ASSERT_EQ(page.links.size(), 1U);
  EXPECT_EQ(page.links[0].url, "https://notes.lab.internal/");
  EXPECT_EQ(page.links[0].text, "ask Ada $${secret.site-certificate-key}");
  EXPECT_EQ(page.admin, "Ada $${secret.site-certificate-key}");
  EXPECT_EQ(page.bundle, "lab (cpu), serial 3");
  EXPECT_EQ(page.signers, (std::vector<std::string>{"site (abandon ability able about above absent)"}));
  EXPECT_TRUE(page.zone);
}

TEST(LanPage, RefusesLinksThatNobodyCanFillIn) {
  Site site;
  site.index.appliance.lan.links = {{"Notes", "https://${answers.where}.${site.domain}/${answers.where}", "${secret.password}"},
                                    {"Files", "https://${site.domain}/", "${answers.key|file}"}};
  Plan plan;
  check_page(site.input(), plan);
  EXPECT_EQ(plan.refusals,
            (std::vector<std::string>{"the appliance asks for 'where' (link 'Notes'), and nobody says what it is: answer it below 'values'",
                                      "the page cannot show '${secret.password}' (link 'Notes')",
                                      "the page cannot show '${answers.key|file}' (link 'Files')"}));
}

TEST(LanPage, IsLookedAfterByATimer) {
  Plan plan;
  plan_health(plan);
  ASSERT_EQ(plan.steps.size(), 3U);
  expect_golden("plan/lan/health.service", std::get<WriteFile>(plan.steps[0].action).content);
  expect_golden("plan/lan/health.timer", std::get<WriteFile>(plan.steps[1].action).content);
  EXPECT_EQ(std::get<SetUnit>(plan.steps[2].action).unit, "rootcellar-health.timer");
}

}  // namespace
}  // namespace rootcellar::test
