#include "installer/host/real_host.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

const Owner k_me{"", ""};

class RealHostTest : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return path_join(directory_.path(), name); }

  TemporaryDirectory directory_{"rc-host"};
  std::unique_ptr<HostSystem> host_ = make_real_host();
};

TEST_F(RealHostTest, WritesReadsAndRemoves) {
  host_->make_directories(at("a/b/c"), 0750, k_me);
  host_->write_file(at("a/b/c/f"), "content", 0640, k_me);
  EXPECT_EQ(host_->read_file(at("a/b/c/f"), 100), "content");
  EXPECT_EQ(host_->status(at("a/b/c/f"))->mode, 0640u);
  EXPECT_EQ(host_->status(at("a/b"))->mode, 0750u);
  EXPECT_EQ(host_->digest(at("a/b/c/f")), sha256(as_bytes("content")));
  EXPECT_EQ(host_->digest(at("a/b")), std::nullopt);
  EXPECT_EQ(host_->list(at("a/b")), std::vector<std::string>{"c"});
  EXPECT_TRUE(host_->list(at("nothing")).empty());
  EXPECT_THROW(host_->remove(at("a")), SystemError);
  host_->remove_tree(at("a"));
  EXPECT_FALSE(host_->exists(at("a")));
  EXPECT_NO_THROW(host_->remove(at("a")));
}

TEST_F(RealHostTest, AFileIsInPlaceOnlyWhenCommitted) {
  { host_->create_file(at("f"), 0644, k_me)->write(as_bytes("half")); }
  EXPECT_TRUE(host_->list(directory_.path()).empty());
  auto file = host_->create_file(at("f"), 0644, k_me);
  file->write(as_bytes("whole"));
  EXPECT_FALSE(host_->exists(at("f")));
  file->commit(false);
  EXPECT_EQ(host_->read_file(at("f"), 100), "whole");
  EXPECT_NO_THROW(host_->sync_filesystem(at("not/there/yet")));
}

TEST_F(RealHostTest, LinksAreNeverFollowedWhenRemoving) {
  host_->make_directories(at("data"), 0755, k_me);
  host_->write_file(at("data/keep"), "x", 0644, k_me);
  host_->make_directories(at("tree"), 0755, k_me);
  host_->make_symlink(at("data"), at("tree/link"));
  host_->make_symlink(at("data"), at("tree/link"));
  EXPECT_EQ(host_->read_link(at("tree/link")), at("data"));
  EXPECT_EQ(host_->read_link(at("data")), std::nullopt);
  host_->remove_tree(at("tree"));
  EXPECT_TRUE(host_->exists(at("data/keep")));
}

TEST_F(RealHostTest, AppendsToAPrivateFile) {
  host_->append_durably(at("journal"), "one");
  host_->append_durably(at("journal"), "two");
  EXPECT_EQ(host_->read_file(at("journal"), 100), "onetwo");
  EXPECT_EQ(host_->status(at("journal"))->mode, 0600u);
}

TEST_F(RealHostTest, NamesWhatFails) {
  host_->write_file(at("file"), "", 0644, k_me);
  try {
    host_->make_directory(at("file"), 0755, k_me);
    FAIL();
  } catch (const SystemError& error) {
    EXPECT_EQ(error.message(), cat("cannot create '", at("file"), "': Not a directory"));
  }
  try {
    host_->write_file(at("other"), "", 0644, {"no-such-user", ""});
    FAIL();
  } catch (const SystemError& error) {
    EXPECT_EQ(error.message(), "cannot find 'no-such-user': no such name in /etc/passwd");
  }
}

TEST_F(RealHostTest, RunsOnlyKnownTools) {
  try {
    host_->run({.argv = {"/bin/sh", "-c", "true"}});
    FAIL();
  } catch (const SystemError& error) {
    EXPECT_EQ(error.message(), "cannot run '/bin/sh': it is not one of the programs the installer may start");
  }
  EXPECT_THROW(host_->run({.argv = {"dpkg-query"}}), SystemError);
  EXPECT_THROW(host_->run({.argv = {}}), SystemError);
}

TEST_F(RealHostTest, LogsWhatToolsSayWithoutSecrets) {
  ToolCall call{
      .argv = {"/usr/bin/printf", "%s|%s\\n", "open", "sesame"}, .log = at("logs/step.log"), .secrets = {"sesame"}, .of_appliance = true};
  const ToolResult result = host_->run(call);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "open|sesame\n");
  const std::string log = host_->read_file(at("logs/step.log"), 10000).value_or("");
  EXPECT_NE(log.find("$ /usr/bin/printf %s|%s\\n open ***\nopen|***\nexit status 0\n"), log.npos) << log;
  EXPECT_EQ(log.find("sesame"), log.npos);
}

TEST_F(RealHostTest, ToolsHaveACleanEnvironmentAndATimeLimit) {
  const ToolResult environment = host_->run({.argv = {"/usr/bin/env"}, .environment = {"EXTRA=1"}, .of_appliance = true});
  EXPECT_NE(environment.output.find("LC_ALL=C\n"), std::string::npos);
  EXPECT_NE(environment.output.find("EXTRA=1\n"), std::string::npos);
  EXPECT_NE(environment.output.find("HOME=/root\n"), std::string::npos);
  EXPECT_EQ(environment.output.find("USER="), std::string::npos);
  EXPECT_EQ(host_->run({.argv = {"/usr/bin/cat"}, .of_appliance = true}).output, "");  // stdin is closed
  EXPECT_TRUE(host_->run({.argv = {"/usr/bin/sleep", "60"}, .time_limit = 1, .of_appliance = true}).timed_out);
}

}  // namespace
}  // namespace rootcellar
