// What everybody on the lab's network may read of how the appliance is.
#include "installer/care/health.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/support/memory_host.h"
#include "tests/unit/care/sample_certificate.h"

namespace rootcellar::test {
namespace {

std::string lines(const std::vector<HealthPart>& parts) {
  std::string out;
  for (const HealthPart& part : parts) out += cat(part.name, part.good ? " + " : " - ", part.state, "\n");
  return out;
}

Step unit(const std::string& name, bool active = true) { return {name, "", "", SetUnit{name, active, active}}; }

TEST(Health, ServicesAreWhatSystemdSays) {
  MemoryHost host;
  host.set_tool("/usr/bin/systemctl", [](MemoryHost&, const ToolCall&) {
    return ToolResult{0, false,
                      "Id=a.service\nDescription=Names of the site\nLoadState=loaded\nActiveState=active\nSubState=running\n\n"
                      "Id=b.service\nDescription=b.service\nLoadState=loaded\nActiveState=failed\nSubState=failed\n\n"
                      "Id=c.service\nDescription=c.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n",
                      ""};
  });
  EXPECT_EQ(lines(service_health({unit("a.service"), unit("off.service", false), unit("b.service"), unit("a.service"), unit("c.service"),
                                  unit("health.timer")},
                                 host)),
            "Names of the site (a.service) + active (running)\nb.service - failed (failed)\nc.service - it is not there\n");
  EXPECT_EQ(host.calls().at(0), (std::vector<std::string>{"/usr/bin/systemctl", "show", "--property=Id,Description,LoadState,ActiveState,SubState",
                                                         "--", "a.service", "b.service", "c.service"}));
  host.set_tool("/usr/bin/systemctl", [](MemoryHost&, const ToolCall&) { return ToolResult{1, true, "", ""}; });
  EXPECT_EQ(lines(service_health({unit("a.service")}, host)), "services - systemd does not answer\n");
  EXPECT_EQ(lines(service_health({}, host)), "");
}

TEST(Health, ChecksAreTriedOnceAndTellNothingOfWhatTheyRead) {
  MemoryHost host;
  host.set_server([](MemoryHost&, const std::string&) { return HttpReply{200, "token=hunter2", {}}; });
  host.add_file("/srv/notes", "secret plan");
  const auto step = [](Check check) { return Step{check.name, "", "", RunCheck{std::move(check)}}; };
  const std::int64_t before = host.now();
  EXPECT_EQ(lines(check_health({step({"page", "http", {}, "http://127.0.0.1/", "hello", 60}), step({"notes", "file", {}, "/srv/notes", "plan", 60}),
                                step({"tool", "run", {"/usr/bin/false"}, "", "", 60})},
                               host)),
            "page - did not pass; 'rootcellar-install status' says why\nnotes + passed\n");
  EXPECT_EQ(host.now(), before);
}

TEST(Health, TheClockIsRightOnlyAfterTheBundleWasMade) {
  Header header;
  header.created = 1'800'000'000;
  EXPECT_EQ(lines({clock_health(header, header.created), clock_health(header, header.created - 1),
                   clock_health(header, header.created + std::int64_t{3} * 366 * 86400)}),
            "clock + 2027-01-15T08:00:00Z\nclock - 2027-01-15T07:59:59Z, which is before the bundle was made\n"
            "clock - 2030-01-17T08:00:00Z, which is two years after the bundle was made\n");
}

TEST(Health, TheClusterIsToldWithoutWhatItsProgramsSay) {
  ClusterReport report;
  report.silent = "cannot ask /etc/kubernetes/admin.conf";
  report.lost_address = "192.0.2.7";
  report.releases = {{"lab", "web", "web-1.0", "deployed"}, {"lab", "db", "db-1.0", "failed"}};
  report.faults = {"lab: pod db: container db: CrashLoopBackOff: password=hunter2", "lab: pod web: FailedMount: no secret", "lab: pod job: is Pending",
                   "lab"};
  EXPECT_EQ(lines(cluster_health(report)),
            "cluster - it does not answer; 'rootcellar-install status' says why\n"
            "address - the cluster was made at 192.0.2.7, and this machine is there no more\n"
            "release web + deployed\nrelease db - failed\n"
            "lab: pod db - container db: CrashLoopBackOff; 'rootcellar-install status' says why\n"
            "lab: pod web - FailedMount; 'rootcellar-install status' says why\n"
            "lab: pod job - is Pending\n"
            "pods - not all are well; 'rootcellar-install status' says why\n");
}

TEST(Health, DatesAreReadFromTheFilesThatCount) {
  MemoryHost host;
  EXPECT_EQ(health_dates("lab.internal", nullptr, host), std::vector<HealthDate>{});
  host.add_file("/etc/rootcellar/site.crt", k_certificate);
  host.add_file("/var/lib/rootcellar-portal/ca.crt", k_certificate);
  ClusterReport report;
  report.certificates = {{"/a/ca.crt", 1'700'000'000, true}, {"/a/server.crt", 1'790'000'000, false}, {"/a/client.crt", 1'900'000'000, false}, {"/a/x.crt", 0, false}};
  EXPECT_EQ(health_dates("lab.internal", &report, host),
            (std::vector<HealthDate>{{"the certificate of lab.internal", "2027-11-25", true},
                                     {"the authority to trust", "2027-11-25", true},
                                     {"the cluster's own certificates", "2026-09-21", false}}));
}

TEST(Health, IsThisJson) {
  EXPECT_EQ(health_json({1'800'000'000, {{"clock", true, "right"}}, {{"the certificate", "2027-11-25", true}}}).dump(),
            R"({"time":"2027-01-15T08:00:00Z","parts":[{"name":"clock","good":true,"state":"right"}],)"
            R"("dates":[{"what":"the certificate","day":"2027-11-25","good":true}]})");
}

}  // namespace
}  // namespace rootcellar::test
