// A docker and a daemon.json that people have: merged, kept running, and given back byte for byte.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

constexpr const char* k_daemon_json = "/etc/docker/daemon.json";
constexpr const char* k_their_settings =
    "{\n"
    "    \"debug\": false,\n"
    "    \"labels\": [\"room=12\"],\n"
    "    \"log-opts\": {\"max-size\": \"5m\"},\n"
    "    \"bip\": \"10.77.0.1/24\"\n"
    "}\n";

/// Theirs first, in their order and with their indentation.
constexpr const char* k_merged_settings =
    "{\n"
    "    \"debug\": false,\n"
    "    \"labels\": [\n"
    "        \"room=12\"\n"
    "    ],\n"
    "    \"log-opts\": {\n"
    "        \"max-size\": \"5m\",\n"
    "        \"max-file\": \"3\"\n"
    "    },\n"
    "    \"bip\": \"10.77.0.1/24\",\n"
    "    \"log-driver\": \"json-file\",\n"
    "    \"storage-driver\": \"overlay2\",\n"
    "    \"exec-opts\": [\n"
    "        \"native.cgroupdriver=systemd\"\n"
    "    ],\n"
    "    \"registry-mirrors\": [\n"
    "        \"http://127.0.0.1:5000\"\n"
    "    ],\n"
    "    \"allow-nondistributable-artifacts\": [\n"
    "        \"docker.io\"\n"
    "    ],\n"
    "    \"insecure-registries\": [\n"
    "        \"127.0.0.1:5000\"\n"
    "    ]\n"
    "}\n";

MachineSetup with_docker(const std::string& name, std::vector<std::string> packages) {
  MachineSetup setup = setup_of(name, workshop().stick({"docker"}));
  setup.packages = std::move(packages);
  return setup;
}

TEST(Docker, ABrokenDaemonJsonIsRefused) {
  Machine machine(with_docker("broken", {}));
  machine.write(k_daemon_json, "{\n  \"debug\": true,\n  \"labels\" [\"room=12\"]\n}\n");
  const HostSnapshot before = machine.snapshot();
  EXPECT_EQ(machine.install().text,
            "exit 6\n"
            "error: cannot install 'field-default-5-amd64': /etc/docker/daemon.json:3:12: not valid JSON: unexpected '['; expected ':'\n"
            "nothing was installed\n");
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

TEST(Docker, PeoplesDockerAndSettingsStay) {
  Machine machine(with_docker("docker", {"docker.io"}));
  machine.write(k_daemon_json, k_their_settings);
  machine.shell("systemctl restart docker; systemctl is-active docker; docker volume create people >/dev/null");
  const HostSnapshot before = machine.snapshot();
  EXPECT_EQ(machine.install().text, "exit 0\n");
  EXPECT_EQ(machine.read(k_daemon_json), k_merged_settings);
  EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
  EXPECT_EQ(machine.installed({"uninstall", "--yes"}).text, "exit 0\n");
  EXPECT_EQ(machine.read(k_daemon_json), k_their_settings);
  EXPECT_EQ(machine.shell("systemctl is-active docker; systemctl is-enabled docker; docker volume ls --quiet"),
            "active\nenabled\npeople\n");
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

}  // namespace
}  // namespace rootcellar::field
