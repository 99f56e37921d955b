// A machine that people use: ports, locks, other installations, images they pushed, a docker and settings of their own.
#include <gtest/gtest.h>

#include "builder/rehearse/tool.h"
#include "bundle/base/text.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

std::string install_command() { return cat("sh ", k_stick, "/START.sh install --trust ", k_key, " --yes"); }

TEST(Site, PortOfTheRegistryIsTaken) {
  Machine machine(setup_of("port", workshop().stick({})));
  const HostSnapshot before = machine.snapshot();
  machine.shell(
      "systemd-run --quiet --unit=somebody --uid=nobody perl -MIO::Socket::INET -e "
      "'my $s = IO::Socket::INET->new(LocalAddr => \"127.0.0.1\", LocalPort => 5000, Listen => 1) or die; sleep 600'");
  ASSERT_TRUE(Machine::await([&] { return machine.shell("ss -Hltn 'sport = 5000'") != ""; }));
  EXPECT_EQ(
      machine.install().text,
      "exit 6\n"
      "error: cannot install 'field-default-5-amd64': the registry needs port 5000 at 127.0.0.1, which a program of user 'nobody' has: "
      "stop it, or answer another 'registry.listen'\n"
      "nothing was installed\n");
  machine.shell("systemctl stop somebody");
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

TEST(Site, TwoInstallsAtOnceAreOne) {
  Machine machine(setup_of("two", workshop().stick({})));
  machine.write("/etc/dpkg/dpkg.cfg.d/field", "post-invoke=touch /root/installing; while [ ! -e /root/go ]; do sleep 0.1; done\n");
  const auto first = machine.begin("first", install_command() + " -q");
  ASSERT_TRUE(Machine::await([&] { return machine.exists("/root/installing"); }, [&] { return machine.exists("/root/first.code"); }));
  EXPECT_EQ(machine.installed({"uninstall", "--yes"}).text,
            "exit 6\n"
            "error: cannot uninstall: an installation is running\n"
            "hint: wait for its end, or stop it with 'systemctl stop rootcellar-install.service'\n");
  const auto second = machine.begin("second", install_command());
  ASSERT_TRUE(Machine::await([&] { return machine.read("/root/second.err").find("An installation is running") != std::string::npos; },
                             [&] { return machine.exists("/root/second.code"); }));
  machine.write("/root/go", "");
  EXPECT_EQ(first().text, "exit 0\n");
  const std::string said = second().text;
  EXPECT_TRUE(said.starts_with("exit 0\nAn installation is running in 'rootcellar-install.service'; this is what it does:\n")) << said;
  EXPECT_TRUE(said.ends_with("Installed. 'rootcellar-install status' shows its state; the stick can be taken out.\n")) << said;
  const auto third = machine.begin("third", install_command());
  EXPECT_EQ(third().text, "exit 0\n'field-default-5-amd64' is installed here already; 'rootcellar-install status' shows its state\n");
  machine.shell("exec 9>/run/rootcellar-install.lock; flock 9; echo $$ >&9; echo $$ >/run/holder; exec sleep 600 >/dev/null 2>&1 &");
  const std::string holder(trim(machine.shell("cat /run/holder")));
  EXPECT_EQ(machine.install().text, cat("exit 5\nerror: cannot lock '/run/rootcellar-install.lock': it is in use by process ", holder,
                                        "\nhint: wait until that process has finished\nnothing was installed\n"));
}

TEST(Site, DpkgHeldBySomebodyElseIsWaitedFor) {
  Machine machine(setup_of("lock", workshop().stick({})));
  // What apt and dpkg lock with: fcntl(2), F_SETLK, on a struct flock.
  machine.shell(
      "systemd-run --quiet --unit=somebody perl -MFcntl -e 'open(my $f, \">>\", \"/var/lib/dpkg/lock-frontend\") or die; "
      "my $flock = pack(\"ssx4qqix4\", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $flock) or die; "
      "open(my $held, \">\", \"/run/held\") or die; sleep 600'");
  ASSERT_TRUE(Machine::await([&] { return machine.shell("ls /run").find("held") != std::string::npos; }));
  const auto end = machine.begin("step", install_command() + " -q");
  const auto log = [&] { return machine.read("/var/log/rootcellar/packages.log"); };
  ASSERT_TRUE(Machine::await([&] { return log().find("Waiting for") != std::string::npos || log().find("lock") != std::string::npos; },
                             [&] { return machine.exists("/root/step.code"); }));
  machine.shell("systemctl stop somebody");
  EXPECT_EQ(end().text, "exit 0\n");
}

/// The registry's answer to a GET, asked for by the machine itself.
std::string ask_registry(Machine& machine, const std::string& path) {
  return machine.shell(cat("exec 3<>/dev/tcp/127.0.0.1/5000; printf 'GET ", path,
                           " HTTP/1.0\\r\\nHost: 127.0.0.1\\r\\nAccept: application/vnd.oci.image.manifest.v1+json, "
                           "application/vnd.docker.distribution.manifest.v2+json\\r\\n\\r\\n' >&3; head -n1 <&3 | tr -d '\\r'"));
}

TEST(Site, ImagesThatPeoplePushedStay) {
  Machine machine(setup_of("push", workshop().stick({})));
  const HostSnapshot before = machine.snapshot();
  ASSERT_EQ(machine.install().text, "exit 0\n");
  run_tool({"ip", "netns", "exec", machine.host().own_network_namespace(), "skopeo", "copy", "--src-tls-verify=false",
            "--dest-tls-verify=false", "docker://127.0.0.1:5000/rootcellar/field-box:1", "docker://127.0.0.1:5000/people/thing:7"},
           "skopeo", 300);
  const Answer uninstalled = machine.installed({"uninstall", "--yes"});
  EXPECT_EQ(uninstalled.text, "exit 0\n");
  EXPECT_TRUE(uninstalled.output.ends_with("\nImages that people pushed, kept:\n  - people/thing:7\n")) << uninstalled.output;
  EXPECT_NE(uninstalled.output.find("\nKept, with what people put there:\n  - /var/lib/rootcellar/registry, "), std::string::npos);
  ASSERT_EQ(machine.install().text, "exit 0\n");
  EXPECT_EQ(ask_registry(machine, "/v2/people/thing/manifests/7"), "HTTP/1.0 200 OK\n");
  EXPECT_EQ(machine.installed({"uninstall", "--purge-data"}).text,
            "exit 2\n"
            "error: cannot ask for the product's name: this is no terminal\n"
            "hint: give --product field to remove people's data\n");
  EXPECT_EQ(machine.installed({"uninstall", "--purge-data", "--product", "lab"}).text,
            "exit 2\nerror: expected the product's name 'field', found 'lab'\n");
  EXPECT_EQ(ask_registry(machine, "/v2/people/thing/manifests/7"), "HTTP/1.0 200 OK\n");
  EXPECT_EQ(machine.installed({"uninstall", "--purge-data", "--product", "field"}).text, "exit 0\n");
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

}  // namespace
}  // namespace rootcellar::field
