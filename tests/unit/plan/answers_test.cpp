#include "installer/plan/answers.h"

#include <gtest/gtest.h>

#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::error_of;

std::string faults_of(const std::string& text) {
  return error_of([&] { parse_answers(text, "answers.yaml"); });
}

TEST(Answers, NothingAnsweredIsFine) {
  EXPECT_FALSE(parse_answers("", "answers.yaml").storage_root);
  EXPECT_FALSE(parse_answers("{}\n", "answers.yaml").registry_listen);
}

TEST(Answers, AreReadAndWrittenAgain) {
  const std::string text =
      "storage:\n  root: /srv/data\nregistry:\n  listen: 0.0.0.0:5000\nruntime:\n  insecure_registries:\n    - registry.site:5000\n    - "
      "192.0.2.0/24\n";
  const Answers answers = parse_answers(text, "answers.yaml");
  EXPECT_EQ(answers.storage_root, "/srv/data");
  EXPECT_EQ(answers.registry_listen, "0.0.0.0:5000");
  EXPECT_EQ(answers.insecure_registries, (std::vector<std::string>{"registry.site:5000", "192.0.2.0/24"}));
  EXPECT_EQ(encode_answers(parse_answers(encode_answers(answers), "again")), encode_answers(answers));
  EXPECT_EQ(encode_answers(parse_answers(encode_answers({}), "again")), encode_answers({}));
}

TEST(Answers, EveryFaultIsShownAtOnce) {
  EXPECT_EQ(
      faults_of("storage:\n  root: data/../x\nregistry:\n  listen: localhost:5000\nruntime:\n  insecure_registries:\n    - http://x/y\n"),
      "error: answers.yaml:2:9: 'storage.root' is not the absolute path of a directory\n"
      "    root: data/../x\n"
      "          ^\n"
      "hint: give a path like /srv/appliance, without '..' and without spaces\n"
      "error: answers.yaml:4:11: 'registry.listen' is not a numeric address and a port\n"
      "    listen: localhost:5000\n"
      "            ^\n"
      "hint: give ADDRESS:PORT, for example 127.0.0.1:5000 or 0.0.0.0:5000\n"
      "error: answers.yaml:7:7: expected HOST:PORT or a network like 192.0.2.0/24\n"
      "      - http://x/y\n"
      "        ^\n"
      "hint: leave out 'http://' and any path\n");
}

TEST(Answers, AnUnknownKeyIsAFault) {
  const std::string text = faults_of("storge:\n  root: /x\n");
  EXPECT_NE(text.find("answers.yaml:1:1: unknown key 'storge'"), std::string::npos) << text;
  EXPECT_NE(text.find("storage"), std::string::npos) << text;
}

}  // namespace
}  // namespace rootcellar
