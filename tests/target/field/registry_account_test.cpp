// A registry with an account, by the real docker: everybody pulls, the account alone pushes.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

constexpr const char* k_password = "/var/lib/rootcellar/secrets/registry-push";

/// The status of a request for a new upload.
std::string ask_to_push(Machine& machine, const std::string& port, const std::string& account) {
  return machine.shell(cat("python3 - <<'END'\nimport base64, urllib.request, urllib.error\n"
                           "request = urllib.request.Request('http://127.0.0.1:", port,
                           "/v2/people/thing/blobs/uploads/', data=b'', method='POST')\naccount = '", account,
                           "'\nif account: request.add_header('Authorization', 'Basic ' + base64.b64encode(account.encode()).decode())\n"
                           "try: print(urllib.request.urlopen(request).status)\nexcept urllib.error.HTTPError as error: print(error.code)\nEND"));
}

TEST(RegistryAccount, EverybodyPullsAndOnePushes) {
  MachineSetup setup = setup_of("account", workshop().stick({"account"}));
  setup.packages = {"python3"};
  Machine machine(std::move(setup));
  const HostSnapshot before = machine.snapshot();
  EXPECT_EQ(machine.install().text, "exit 0\n");
  EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
  EXPECT_EQ(machine.shell(cat("stat --format='%a %U' ", k_password, "; tr -d 'A-Za-z0-9' < ", k_password, " | wc -c; systemctl show "
                              "--property=User rootcellar-registry-push")),
            "600 root\n0\nUser=rootcellar-registry\n");
  EXPECT_EQ(ask_to_push(machine, "5000", ""), "405\n");
  EXPECT_EQ(ask_to_push(machine, "5001", ""), "401\n");
  EXPECT_EQ(ask_to_push(machine, "5001", "builder:wrong"), "401\n");
  EXPECT_EQ(machine.shell(cat("docker pull --quiet 127.0.0.1:5000/rootcellar/stays:1 && docker login --username builder --password-stdin "
                              "127.0.0.1:5001 < ",
                              k_password,
                              " 2>/dev/null && docker tag 127.0.0.1:5000/rootcellar/stays:1 127.0.0.1:5001/people/thing:7 && docker push --quiet "
                              "127.0.0.1:5001/people/thing:7 && docker pull --quiet 127.0.0.1:5000/people/thing:7; docker logout 127.0.0.1:5001")),
            "127.0.0.1:5000/rootcellar/stays:1\nLogin Succeeded\n127.0.0.1:5001/people/thing:7\n127.0.0.1:5000/people/thing:7\n"
            "Removing login credentials for 127.0.0.1:5001\n");
  machine.host().reboot();
  EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
  const Answer uninstalled = machine.installed({"uninstall", "--yes"});
  EXPECT_EQ(uninstalled.text, "exit 0\n");
  EXPECT_TRUE(uninstalled.output.ends_with("\nImages that people pushed, kept:\n  - people/thing:7\n")) << uninstalled.output;
  machine.shell("rm -rf /root/.docker /root/step.*");
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

}  // namespace
}  // namespace rootcellar::field
