// What a site is asked at a terminal, in its order, what an empty line takes, and how an answer that is none is met.
#include "installer/plan/questions.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar::test {
namespace {

Index lan_index() {
  Index index = sample_cluster_index();
  LanSection& lan = index.appliance.lan;
  lan.enabled = true;
  lan.balancer.enabled = true;
  lan.links = {{"Notes", "https://${answers.notes}.${site.domain}/", ""}};
  return index;
}

/// Takes every proposal, and "x" where there is none; a line for each question.
std::string conversation(const Index& index, const Facts& facts, Answers answers = {}, const JoinTicket* join = nullptr) {
  std::string out;
  std::set<std::string> asked;
  while (const auto question = next_question(sample_header(), index, facts, answers, join, asked)) {
    asked.insert(question->key);
    out += cat(question->key, ": ", question->about, "\n  ", question->label, " [", question->proposal, "]\n");
    take_answer(*question, question->proposal.empty() ? "x" : "", answers);
  }
  return out + encode_answers(answers);
}

TEST(Questions, FollowOneFromAnother) {
  EXPECT_EQ(conversation(lan_index(), sample_node_facts()),
            "lan.domain: People open the appliance by a name; nobody has to have registered one that ends with .internal.\n"
            "  the name that they type [bench7.internal]\n"
            "lan.range: Services get addresses of this network that nothing else may have, a DHCP server's neither.\n"
            "  the first and the last of them [192.0.2.244-192.0.2.254]\n"
            "cluster.roles: The appliance has parts for machines with the roles webServer, dbServer; one machine alone has them all.\n"
            "  this machine's, with commas between them, or none [webServer, dbServer]\n"
            "values.domain: The appliance asks for 'domain' ('web').\n"
            "  domain [bench7.internal]\n"
            "values.notes: The appliance asks for 'notes' (a link of the page).\n"
            "  notes []\n"
            "lan.admin: The page tells people whom to ask.\n"
            "  a name, and how to reach them [whoever looks after bench7]\n"
            "cluster:\n  roles:\n    - webServer\n    - dbServer\n"
            "lan:\n  domain: bench7.internal\n  range: \"192.0.2.244-192.0.2.254\"\n  admin: whoever looks after bench7\n"
            "values:\n  domain: bench7.internal\n  notes: x\n");
}

TEST(Questions, AreNotAskedTwiceNorWhereNothingIsOpen) {
  Answers answers = sample_cluster_answers();
  EXPECT_EQ(conversation(sample_cluster_index(), sample_node_facts(), answers), encode_answers(answers));
  EXPECT_EQ(conversation(sample_index(), sample_facts()), encode_answers({}));
}

TEST(Questions, OfSeveralAddressesOneIsChosen) {
  Facts facts = sample_node_facts();
  facts.node.addresses.push_back({"198.51.100.7", "eth1"});
  Answers answers = sample_cluster_answers();
  Index index = sample_cluster_index();
  index.appliance.lan.enabled = true;
  answers.lan.domain = "lab.internal";
  answers.lan.admin = "Ada";
  const std::string question =
      "cluster.address: This machine has several addresses:\n  1  192.0.2.7  eth0\n  2  198.51.100.7  eth1\n"
      "  the one at which others reach it [192.0.2.7]\n";
  EXPECT_EQ(conversation(index, facts, answers).substr(0, question.size()), question);
  const auto asked = next_question(sample_header(), index, facts, answers, nullptr, {});
  ASSERT_TRUE(asked);
  take_answer(*asked, "2", answers);
  EXPECT_EQ(answers.cluster.address, "198.51.100.7");
}

TEST(Questions, AskForTheNetworkThatNoRouteTells) {
  Facts facts = sample_node_facts();
  facts.node.routes = {{"eth0", {0, 0}, 0xc0000201, 100}};
  Answers answers = sample_cluster_answers();
  answers.lan.domain = "lab.internal";
  answers.lan.admin = "Ada";
  Index index = sample_cluster_index();
  index.appliance.lan.enabled = true;
  const auto asked = next_question(sample_header(), index, facts, answers, nullptr, {});
  ASSERT_TRUE(asked);
  EXPECT_EQ(cat(asked->about, "\n", asked->label, " [", asked->proposal, "]"),
            "This machine has no route that would say which network 192.0.2.7 lies in.\n"
            "the network of the people who use it [192.0.2.0/24]");
}

TEST(Questions, AskWhetherAClockThatCannotBeRightIsSet) {
  Facts facts = sample_facts();
  facts.clock = sample_header().created - 1;
  Answers answers;
  const auto asked = next_question(sample_header(), sample_index(), facts, answers, nullptr, {});
  ASSERT_TRUE(asked);
  EXPECT_EQ(cat(asked->key, ": ", asked->about, "\n", asked->label, " [", asked->proposal, "]"),
            cat("clock.correct: This machine's clock says ", format_time(facts.clock), ", and the bundle was made at ",
                format_time(sample_header().created), ": the clock cannot be right.\nset it, before anything else is done [yes]"));
  take_answer(*asked, "no", answers);
  EXPECT_EQ(answers.correct_clock, false);
  take_answer(*asked, "", answers);
  EXPECT_EQ(answers.correct_clock, true);
  EXPECT_EQ(message_of([&] { take_answer(*asked, "maybe", answers); }), "'clock.correct' is answered by yes or no");
  facts.node.container = "lxc";  // its clock is another machine's
  EXPECT_FALSE(next_question(sample_header(), sample_index(), facts, {}, nullptr, {}));
}

TEST(Questions, AMachineThatJoinsIsAskedForItselfOnly) {
  const JoinTicket ticket = sample_ticket();
  EXPECT_EQ(conversation(lan_index(), sample_node_facts(), {}, &ticket),
            "cluster.roles: The appliance has parts for machines with the roles webServer, dbServer; one machine alone has them all.\n"
            "  this machine's, with commas between them, or none [none]\n"
            "cluster:\n  roles: []\n");
}

TEST(Questions, SpeakAsTheAnswersFileDoes) {
  Answers answers;
  const auto said = [&](const std::string& key, std::string_view typed) {
    return message_of([&] { take_answer({key, "", ""}, typed, answers); });
  };
  EXPECT_EQ(said("lan.domain", "Lab"), "answer:2:11: 'lan.domain' is not a domain's name in small letters");
  EXPECT_EQ(said("lan.network", "192.0.2.7/24"), "answer:2:12: 'lan.network' is not an IPv4 network");
  EXPECT_EQ(said("lan.range", "192.0.2.9"), "answer:2:10: 'lan.range' is not two IPv4 addresses, the first the smaller");
  EXPECT_EQ(said("cluster.address", "localhost"), "answer:2:12: 'cluster.address' is not a numeric IPv4 address of a network");
  EXPECT_EQ(said("values.site", " "), "'values.site' is not answered");
  EXPECT_EQ(answers.values.size(), 0U);
}

TEST(Questions, ProposeAddressesThatNothingHereHas) {
  Facts facts = sample_node_facts();
  EXPECT_EQ(proposed_range("192.0.2.0/24", facts), "192.0.2.244-192.0.2.254");
  facts.node.nameservers = {"192.0.2.250"};
  EXPECT_EQ(proposed_range("192.0.2.0/24", facts), "192.0.2.239-192.0.2.249");
  EXPECT_EQ(proposed_range("192.0.2.0/28", facts), "192.0.2.11-192.0.2.14");
  EXPECT_EQ(proposed_range("192.0.2.0/29", facts), "");
  EXPECT_EQ(proposed_range("", facts), "");
}

}  // namespace
}  // namespace rootcellar::test
