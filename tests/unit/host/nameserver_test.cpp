#include "installer/host/nameserver.h"

#include <gtest/gtest.h>

#include "installer/host/real_host.h"

namespace rootcellar {
namespace {

TEST(Nameserver, TheQuestionIsForTheRoot) {
  EXPECT_EQ(nameserver_question(0x1234), std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01", 17));
}

TEST(Nameserver, AnyReplyToItCounts) {
  const std::string refused("\x12\x34\x81\x05\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  EXPECT_TRUE(answers_question(refused, 0x1234));
  EXPECT_FALSE(answers_question(refused, 0x1235));
  EXPECT_FALSE(answers_question(nameserver_question(0x1234), 0x1234)) << "a question is no reply";
  for (std::size_t size = 0; size < refused.size(); ++size) EXPECT_FALSE(answers_question(refused.substr(0, size), 0x1234)) << size;
}

TEST(Nameserver, NobodyThere) {
  EXPECT_EQ(ask_nameserver("127.0.0.9", 3), "Connection refused");
  EXPECT_EQ(ask_nameserver("lab", 3), "Invalid argument");
}

TEST(RunFromMemory, AProgramThatIsOnNoDisk) {
  const auto host = make_real_host();
  std::size_t bytes = 0;
  const ToolResult result = host->run_from_memory({.argv = {"/usr/local/bin/kubectl", "six times seven"}}, [&](Sink& sink) {
    const auto source = host->open_source("/usr/bin/echo");
    ASSERT_TRUE(source);
    bytes = copy(*source, sink);
  });
  EXPECT_GT(bytes, 0u);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "six times seven\n");
}

}  // namespace
}  // namespace rootcellar
