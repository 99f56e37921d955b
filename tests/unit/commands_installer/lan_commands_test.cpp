// The commands of an appliance that has names on its network: what is asked, what is told, what is kept.
#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/commands/kept_state.h"
#include "tests/unit/commands_installer/site_fixture.h"
#include "tests/unit/commands_installer/typing_console.h"
#include "tests/support/proc_texts.h"
#include "tests/support/thrown.h"

namespace rootcellar {
namespace {

using test::Site;
using test::TypingConsole;

/// A machine at one network, and a bundle whose names another's nameserver answers for.
class LanSiteTest : public ::testing::Test {
 protected:
  LanSiteTest() {
    MemoryHost& host = site_.host();
    host.add_file("/proc/sys/kernel/hostname", "bench7\n");
    host.add_file("/proc/net/fib_trie", test::fib_trie({"192.0.2.7"}));
    host.add_file("/proc/net/route", test::route_table({test::k_way_out, test::k_lan}));
    host.add_directories("/usr/local/share/ca-certificates");
    for (const char* tool : {"/usr/sbin/update-ca-certificates", "/usr/bin/test"})
      host.set_tool(tool, [](MemoryHost&, const ToolCall&) { return ToolResult{}; });
    bundle_.lan.enabled = true;
    bundle_.lan.names = {"registry"};
    bundle_.lan.nameserver = bundle_.lan.time = false;
    bundle_.lan.portal = false;
    bundle_.lan.balancer.enabled = true;
    stick_ = site_.write_bundle(bundle_);
    key_ = site_.write_key(test::first_key());
  }

  /// `install` as a person at a terminal gives it.
  ExitCode install(TypingConsole& console, bool yes = false) {
    for (cli::Command& command : installer_program(site_.surroundings()).commands) {
      if (command.name != "install") continue;
      for (cli::Option& option : command.options) {
        if (option.names == "BUNDLE") *option.text = stick_;
        if (option.names == "--trust") *option.optional_text = key_;
        if (option.names == "--yes") *option.flag = yes;
      }
      return command.run(console);
    }
    return ExitCode::bug;
  }
  std::string file(const std::string& path) { return site_.host().read_file(path, 1u << 20).value_or(""); }

  Site site_;
  test::SiteBundle bundle_;
  std::string stick_, key_;
};

constexpr const char* k_zone =
    "$ORIGIN lab.internal.\n$TTL 300\n@ IN SOA ns hostmaster ( 1795240980 3600 600 604800 60 )\n@ IN NS ns\nns IN A 192.0.2.7\n"
    "@ IN A 192.0.2.240\nregistry IN A 192.0.2.240\nbench7 IN A 192.0.2.7\n";

TEST_F(LanSiteTest, AsksForWhatIsOpenUntilItIsAnAnswer) {
  TypingConsole console({"Lab", "lab.internal", "192.0.2.240", "192.0.2.240-192.0.2.250", "yes"});
  EXPECT_EQ(install(console), ExitCode::ok);
  EXPECT_EQ(console.said.substr(0, console.said.find("lab-cpu-3-amd64")),
            "The appliance leaves some things to this site. An empty line takes what stands in brackets.\n"
            "\nPeople open the appliance by a name; nobody has to have registered one that ends with .internal.\n"
            "the name that they type [bench7.internal]: "
            "'lan.domain' is not a domain's name in small letters; give a name with a dot, like lab.internal\n"
            "the name that they type [bench7.internal]: "
            "\nServices get addresses of this network that nothing else may have, a DHCP server's neither.\n"
            "the first and the last of them [192.0.2.244-192.0.2.254]: "
            "'lan.range' is not two IPv4 addresses, the first the smaller; give them like 192.0.2.240-192.0.2.250\n"
            "the first and the last of them [192.0.2.244-192.0.2.254]: "
            "\nThe answers are:\nlan:\n  domain: lab.internal\n  range: \"192.0.2.240-192.0.2.250\"\n"
            "Kept in a file, they make the next installation silent: rootcellar-install install --answers FILE\n\n");
  EXPECT_EQ(file("/etc/rootcellar/answers.yaml"), "lan:\n  domain: lab.internal\n  range: \"192.0.2.240-192.0.2.250\"\n");
  EXPECT_EQ(site_.host().status("/etc/rootcellar/answers.yaml")->mode, 0600U);
  EXPECT_TRUE(console.said.ends_with(cat("Whoever runs this network's nameserver has to take in these records; 'rootcellar-install records' "
                                         "prints them again:\n", k_zone, "\n")))
      << console.said;
  EXPECT_EQ(site_.run({"records"}).out, k_zone);
  EXPECT_EQ(site_.run({"records", "--format", "hosts"}).out,
            "192.0.2.240 lab.internal registry.lab.internal\n192.0.2.7 bench7.lab.internal\n");
  EXPECT_EQ(site_.run({"records", "--json"}).out,
            R"({"event":"records","domain":"lab.internal","address":"192.0.2.240","everything_below":false,)"
            R"("hosts":[{"name":"registry.lab.internal","address":"192.0.2.240"},{"name":"bench7.lab.internal","address":"192.0.2.7"}]})"
            "\n");
}

TEST_F(LanSiteTest, AnAnswerThatEndsTheQuestionsLeavesNothingBehind) {
  const MemoryTree before = site_.host().tree();
  TypingConsole console({"", "", "no"});
  EXPECT_EQ(test::message_of([&] { install(console); }), "the answer was not 'yes'");
  EXPECT_EQ(site_.host().tree(), before);
}

TEST_F(LanSiteTest, WhoSaysYesBeforehandIsAskedNothing) {
  TypingConsole console({});
  EXPECT_EQ(test::message_of([&] { install(console, true); }),
            "cannot install 'lab-cpu-3-amd64': the answers do not say the site's domain: give the name that people will type as 'lan.domain'; "
            "where nothing is registered, one that ends with .internal; the answers do not say which addresses the load balancer may give away: give "
            "some of the people's network that nobody has, and that no DHCP server gives away, as 'lan.range', like 192.0.2.240-192.0.2.250");
  EXPECT_EQ(console.said, "");
}

TEST(LanCommands, SayWhereThereIsNothing) {
  Site site;
  EXPECT_EQ(site.run({"records"}).err, "Nothing is installed here that has names on the site's network.\n");
  EXPECT_EQ(site.run({"records"}).exit_code, 1);
  EXPECT_EQ(site.run({"records", "--format", "bind"}).err, "error: option '--format': expected zone or hosts, found 'bind'\n");
  EXPECT_EQ(site.run({"health"}).out,
            R"({"time":"2027-01-15T08:00:00Z","parts":[{"name":"installation","good":false,"state":"nothing is installed here"}],"dates":[]})"
            "\n");
  site.host().set_root(false);
  EXPECT_EQ(site.run({"health"}).err, "error: cannot look at the appliance's parts: only root can\nhint: begin the command with 'sudo'\n");
  EXPECT_EQ(site.run({"records"}).err, "error: cannot read what the site answered: only root can\nhint: begin the command with 'sudo'\n");
}

TEST(LanCommands, HealthIsWrittenForThePage) {
  Site site;
  EXPECT_EQ(site.run({"install", site.write_bundle(), "--trust", site.write_key(test::first_key()), "--yes", "-q"}).exit_code, 0);
  site.host().add_directories("/run/rootcellar-health");
  EXPECT_EQ(site.run({"health", "--page", "/run/rootcellar-health/health.json"}).out, "");
  EXPECT_EQ(site.host().read_file("/run/rootcellar-health/health.json", 4096),
            R"({"time":"2027-01-15T08:00:00Z","parts":[{"name":"installation","good":true,"state":"complete"},)"
            R"({"name":"clock","good":true,"state":"2027-01-15T08:00:00Z"},{"name":"motd is there","good":true,"state":"passed"},)"
            R"({"name":"page answers","good":true,"state":"passed"}],"dates":[]})"
            "\n");
  EXPECT_EQ(site.host().status("/run/rootcellar-health/health.json")->mode, 0644U);
  site.host().remove("/etc/rootcellar/trust.yaml");
  EXPECT_EQ(site.run({"health"}).out,
            R"({"time":"2027-01-15T08:00:00Z","parts":[{"name":"installation","good":false,)"
            R"("state":"not everything could be looked at; 'rootcellar-install status' says why"}],"dates":[]})"
            "\n");
}

TEST(LanCommands, SurveyShowsTheMachineAndWritesNothing) {
  Site site;
  MemoryHost& host = site.host();
  host.add_file("/proc/sys/kernel/hostname", "bench7\n");
  host.add_file("/proc/net/fib_trie", test::fib_trie({"192.0.2.7"}));
  host.add_file("/proc/net/route", test::route_table({test::k_way_out, test::k_lan}));
  host.add_file("/proc/self/mounts", "/dev/sda1 / ext4 rw 0 0\n");
  host.add_file("/sys/block/sda/size", "4194304\n");
  host.set_available(1'000'000'000);
  const MemoryTree before = host.tree();
  const auto ran = site.run({"survey", site.write_bundle()});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.out.substr(0, ran.out.find("note: ")),
            "bench7: debian 12, amd64, kernel , 0 processors, 0 B of memory\n"
            "\nAddresses\naddress    interface  network\n192.0.2.7  eth0       192.0.2.0/24\n"
            "\nRoutes\nto            interface  by\neverywhere    eth0       192.0.2.1\n192.0.2.0/24  eth0       -\n"
            "\nNameservers: none\n\nTCP ports in use: none\n"
            "\nDisks\ndisk  size    kind\nsda   2.1 GB  solid state\n"
            "\nFilesystems\nmounted at  device     filesystem  size    free\n/           /dev/sda1  ext4        2.0 GB  1.0 GB\n"
            "\nClock: 2027-01-15T08:00:00Z\n"
            "'lab-cpu-3-amd64' says, unverified, that it was made at 2026-11-21T06:03:00Z: the clock can be right\n");
  EXPECT_EQ(host.tree(), before);
}

}  // namespace
}  // namespace rootcellar
