#include "installer/run/step.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/unit/run/certificate_machine.h"
#include "tests/unit/run/cluster_machine.h"
#include "tests/unit/run/lan_machine.h"
#include "tests/unit/run/site_machine.h"
#include "tests/unit/run/storage_machine.h"

namespace rootcellar::test {
namespace {

TEST(Step, EveryKindSurvivesItsJson) {
  std::vector<std::size_t> kinds;
  std::vector<Step> steps = small_plan();
  for (const Step& step : cluster_plan()) steps.push_back(step);
  for (const Step& step : site_plan()) steps.push_back(step);
  for (const Step& step : storage_plan()) steps.push_back(step);
  for (const Step& step : lan_plan()) steps.push_back(step);
  for (const Step& step : certificate_plan()) steps.push_back(step);
  for (const Step& step : own_certificate_plan()) steps.push_back(step);
  steps.push_back({"clock", "set the clock", "", CorrectClock{1, 2, 3, 4}});
  for (const Step& step : steps) {
    const JsonValue json = parse_json(encode_step(step).dump(), "test");
    const Step again = decode_step(json, "test");
    EXPECT_EQ(encode_step(again), encode_step(step)) << step.id;
    EXPECT_EQ(again.action.index(), step.action.index()) << step.id;
    kinds.push_back(step.action.index());
  }
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  EXPECT_EQ(kinds.size(), std::variant_size_v<Action>);
}

TEST(Step, KeepsWhatItSays) {
  const Step step{"motd", "write /etc/motd", "people read it", WriteFile{"/etc/motd", "a\nb", 0640, {"root", "adm"}}};
  EXPECT_EQ(encode_step(step).dump(), R"({"id":"motd","title":"write /etc/motd","reason":"people read it","kind":"write-file","action":)"
                                      R"({"path":"/etc/motd","content":"a\nb","mode":416,"owner":{"user":"root","group":"adm"}}})");
}

std::string refusal(std::string_view json) {
  try {
    decode_step(parse_json(json, "test"), "journal");
    return "accepted";
  } catch (const InputError& error) {
    return error.message();
  }
}

TEST(Step, RefusesWhatIsNoStep) {
  const std::string head = R"({"id":"a","title":"b","reason":"c",)";
  EXPECT_EQ(refusal("{}"), "journal: expected the member 'id'");
  EXPECT_EQ(refusal(head + R"("kind":"fly","action":{}})"), "journal: unknown kind of step 'fly'");
  EXPECT_EQ(refusal(head + R"("kind":"add-user","action":{"name":"x"}})"), "journal: expected the member 'home'");
  EXPECT_EQ(refusal(head + R"("kind":"add-user","action":{"name":1,"home":"/"}})"), "journal, member 'name': expected a text");
  EXPECT_EQ(refusal(head + R"("kind":"spool-packages","action":{"directory":[]}})"), "journal, member 'directory': expected a text");
  EXPECT_EQ(refusal(head + R"("kind":"wait-http","action":{"url":"u","status":"200","time-limit":1}})"),
            "journal, member 'status': expected a number");
  EXPECT_EQ(refusal(head + R"("kind":"pull-image","action":{"name":"u","digest":"md5:1"}})"),
            "journal, member 'digest': expected a digest");
}

}  // namespace
}  // namespace rootcellar::test
