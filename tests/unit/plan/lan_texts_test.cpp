// The LAN's settings as their programs read them.
#include <gtest/gtest.h>

#include "installer/plan/lan_names.h"
#include "installer/plan/lan_time.h"
#include "installer/plan/lan_web.h"
#include "tests/support/golden.h"

namespace rootcellar::test {
namespace {

LanNames lab_names(bool everything_below) {
  return {"lab.example",
          "192.0.2.20",
          "192.0.2.10",
          {{"bench7", "192.0.2.10"}, {"bench8", "192.0.2.11"}, {"registry", "192.0.2.20"}},
          everything_below};
}

TEST(LanNames, AreTheSameInEverySpelling) {
  for (const bool everything : {false, true}) {
    const LanNames names = lab_names(everything);
    const std::string folder = everything ? "plan/lan/everything-below/" : "plan/lan/";
    expect_golden(folder + "dnsmasq.conf", dnsmasq_configuration(names));
    expect_golden(folder + "hosts", hosts_lines(names));
    expect_golden(folder + "zone", zone_file(names, 7));
    expect_golden(folder + "coredns", coredns_block(names));
  }
}

TEST(LanTime, IsServedByOneAndFollowedByTheOthers) {
  expect_golden("plan/lan/chrony-first.conf", time_server_configuration({"192.0.2.0/24", "198.51.100.0/24"}));
  expect_golden("plan/lan/chrony-other.conf", time_client_configuration({"192.0.2.10"}));
}

TEST(LanTime, IsKeptByUnits) {
  expect_golden("plan/lan/rootcellar-time.service", time_service("/etc/chrony/rootcellar.conf", false));
  expect_golden("plan/lan/rootcellar-clock", clock_program("/var/lib/rootcellar-time/seen"));
  expect_golden("plan/lan/rootcellar-clock.service", clock_service("/usr/local/sbin/rootcellar-clock", "/var/lib/rootcellar-time"));
  expect_golden("plan/lan/rootcellar-clock-note.service", clock_note_service("/usr/local/sbin/rootcellar-clock"));
  expect_golden("plan/lan/rootcellar-clock-note.timer", clock_note_timer());
  EXPECT_NE(time_service("/etc/chrony/rootcellar.conf", true).find("ExecStart=!/usr/sbin/chronyd -x -f /etc/chrony/rootcellar.conf\n"),
            std::string::npos);
}

TEST(LanPortal, IsServedByAServerOfOurOwn) {
  expect_golden("plan/lan/portal.conf", portal_server_configuration({{"192.0.2.10"}, 80, 443, "/var/lib/rootcellar-portal",
                                                                     "/run/rootcellar-health", "/etc/rootcellar/site.crt",
                                                                     "/var/lib/rootcellar/secrets/site.key"}));
}

}  // namespace
}  // namespace rootcellar::test
