// The tools of the machine in memory. Each keeps its state in files below /fake, so that comparing trees compares packages, units and
// images, too.
#include <algorithm>

#include "bundle/base/text.h"
#include "tests/unit/run/fake_state.h"
#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {
namespace {

// Units are named in /fake/enabled and /fake/active.
ToolResult systemctl(MemoryHost& host, const ToolCall& call) {
  const std::string& verb = call.argv.at(1);
  const std::string& unit = call.argv.back();
  if (verb == "daemon-reload" || verb == "reset-failed") return good();
  if (verb == "show") return good("loaded\n");
  if (verb == "is-enabled") return read_lines(host, "/fake/enabled").contains(unit) ? good("enabled\n") : bad(1);
  if (verb == "is-active") return read_lines(host, "/fake/active").contains(unit) ? good("active\n") : bad(3);
  if (verb == "enable" || verb == "disable") set_member(host, "/fake/enabled", unit, verb == "enable");
  if (verb == "start" || verb == "stop") set_member(host, "/fake/active", unit, verb == "start");
  const bool as_kubelet = verb == "start" && unit == "kubelet.service" && host.exists("/etc/kubernetes/kubelet.conf");
  if (as_kubelet) host.make_directories("/var/lib/kubelet/pki");
  if (as_kubelet) host.write_file("/var/lib/kubelet/pki/kubelet-client-current.pem", "a certificate", 0600);
  return good();
}

ToolResult dpkg_query(MemoryHost& host, const ToolCall&) { return good(host.read_file("/fake/dpkg", 1u << 20).value_or("")); }

ToolResult apt_install(MemoryHost& host, const ToolCall& call) {
  Lines packages = read_lines(host, "/fake/dpkg");
  const bool renewed = host.exists("/var/lib/rootcellar/spool/apt/debian/pool/docker.io_21.deb");
  const bool fresh = !packages.contains("docker.io\tinstalled\t20") && !packages.contains("docker.io\tinstalled\t21");
  const bool held = read_lines(host, "/fake/held").contains("docker.io");
  if (renewed && held && !has(call, "--allow-change-held-packages")) return bad(100, "E: Held packages were changed");
  if (has(call, "--simulate") && renewed && !fresh) return good("Inst docker.io [20] (21 Debian [amd64])\n");
  if (has(call, "--simulate"))
    return good(fresh ? "Inst runc (1.1 Debian [amd64])\nInst docker.io (20 Debian [amd64])\nConf runc (1.1)\nConf docker.io (20)\n" : "");
  if (!renewed && !host.exists("/var/lib/rootcellar/spool/apt/debian/pool/docker.io.deb"))
    return bad(100, "E: Unable to fetch some archives");
  std::erase_if(packages, [](const std::string& line) { return line.starts_with("docker.io\t"); });
  packages.insert({renewed ? "docker.io\tinstalled\t21" : "docker.io\tinstalled\t20", "runc\tinstalled\t1"});
  write_lines(host, "/fake/dpkg", packages);
  set_member(host, "/etc/group", "docker:x:989:", true);
  const std::string policy = host.read_file("/usr/sbin/policy-rc.d", 1u << 20).value_or("");
  if (policy.find("exit 101") == policy.npos) set_member(host, "/fake/active", "docker.service", true);
  return good();
}

ToolResult apt_purge(MemoryHost& host, const ToolCall& call) {
  Lines packages = read_lines(host, "/fake/dpkg");
  std::string said;
  for (const std::string& name : after(call, "--")) {
    const auto is_it = [&](const std::string& line) { return line.starts_with(name + "\tinstalled"); };
    if (std::any_of(packages.begin(), packages.end(), is_it)) said += cat("Purg ", name, " [1]\n");
    if (!has(call, "--simulate")) std::erase_if(packages, is_it);
  }
  if (!has(call, "--simulate")) write_lines(host, "/fake/dpkg", packages);
  return good(said);
}

ToolResult apt_get(MemoryHost& host, const ToolCall& call) {
  if (has(call, "install")) return apt_install(host, call);
  if (has(call, "purge")) return apt_purge(host, call);
  return good();
}

ToolResult dpkg(MemoryHost&, const ToolCall& call) {
  if (!has(call, "--compare-versions")) return good();
  return call.argv.at(2) < call.argv.at(4) ? good() : bad(1);  // enough for these versions
}

ToolResult apt_mark(MemoryHost& host, const ToolCall& call) {
  for (const std::string& name : after(call, "--")) set_member(host, "/fake/held", name, call.argv.at(1) == "hold");
  return good();
}

ToolResult useradd(MemoryHost& host, const ToolCall& call) {
  for (const char* file : {"/etc/passwd", "/etc/group"}) set_member(host, file, call.argv.back() + ":x:990:990::/:", true);
  return good();
}

ToolResult userdel(MemoryHost& host, const ToolCall& call) {
  for (const char* file : {"/etc/passwd", "/etc/group"}) set_member(host, file, call.argv.back() + ":x:990:990::/:", false);
  return good();
}

ToolResult groupdel(MemoryHost& host, const ToolCall& call) {
  set_member(host, "/etc/group", call.argv.back() + ":x:989:", false);
  return good();
}

// Images are lines "NAME ID" in /fake/images; one that lost its name is "<none> ID".
std::string image_id(MemoryHost& host, const std::string& name) {
  for (const std::string& line : read_lines(host, "/fake/images")) {
    const auto words = split(line, ' ');
    if (words[0] == name || words[1] == name) return std::string(words[1]);
  }
  return {};
}

void name_image(MemoryHost& host, const std::string& name, const std::string& id) {
  const std::string before = image_id(host, name);
  if (before == id) return;
  if (!before.empty())
    set_member(host, "/fake/images", cat(name, " ", before), false), set_member(host, "/fake/images", "<none> " + before, true);
  set_member(host, "/fake/images", "<none> " + id, false);
  set_member(host, "/fake/images", cat(name, " ", id), true);
}

ToolResult docker(MemoryHost& host, const ToolCall& call) {
  const std::string& image = call.argv.back();
  const std::string id = image_id(host, image);
  if (has(call, "inspect")) return id.empty() ? bad(1, "No such image") : good(cat(id, "\n"));
  if (!read_lines(host, "/fake/active").contains("docker.service")) return bad(1, "Cannot connect to the Docker daemon");
  if (has(call, "tag")) name_image(host, image, call.argv.at(3));
  if (has(call, "rm")) set_member(host, "/fake/images", cat(image, " ", id), false);
  if (!has(call, "pull")) return good();
  const std::size_t colon = image.rfind(':');
  const std::string link = cat("/srv/data/registry/docker/registry/v2/repositories/", image.substr(0, colon), "/_manifests/tags/",
                               image.substr(colon + 1), "/current/link");
  const auto digest = host.read_file(link, 256);
  if (!digest) return bad(1, "manifest unknown");
  name_image(host, image, *digest);
  return good();
}

ToolResult modprobe(MemoryHost& host, const ToolCall& call) {
  if (has(call, "--probe")) return read_lines(host, "/fake/modules").contains(call.argv.back()) ? good() : bad(1);
  set_member(host, "/fake/modules", call.argv.back(), !has(call, "--remove"));
  return good();
}

HttpReply registry(MemoryHost& host, const std::string&) {
  if (!read_lines(host, "/fake/active").contains("rootcellar-registry.service"))
    return {.status = 0, .body = "Connection refused", .headers = {}};
  return {.status = 200, .body = "{}", .headers = {}};
}

}  // namespace

void set_up_machine(MemoryHost& host) {
  host.add_file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
  host.add_file("/etc/group", "root:x:0:\n");
  host.add_file("/etc/motd", "welcome\n", 0600);
  host.add_file("/etc/docker/daemon.json", "{\n    \"debug\": true,\n    \"log-opts\": {\n        \"labels\": \"mine\"\n    }\n}\n", 0640);
  host.add_file("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 0\n", 0755);
  for (const char* file : {"/fake/enabled", "/fake/active", "/fake/held", "/fake/images", "/fake/modules"}) host.add_file(file, "");
  host.add_file("/fake/dpkg", "libc6:amd64\tinstalled\n");
  for (const char* directory : {"/var/lib/rootcellar", "/var/log", "/usr/local/bin", "/etc/systemd/system"})
    host.add_directories(directory);
  host.set_tool("/usr/bin/systemctl", systemctl);
  host.set_tool("/usr/bin/dpkg-query", dpkg_query);
  host.set_tool("/usr/bin/apt-get", apt_get);
  host.set_tool("/usr/bin/dpkg", dpkg);
  host.set_tool("/usr/bin/apt-mark", apt_mark);
  host.set_tool("/usr/sbin/useradd", useradd);
  host.set_tool("/usr/sbin/userdel", userdel);
  host.set_tool("/usr/sbin/groupdel", groupdel);
  host.set_tool("/usr/bin/docker", docker);
  host.set_tool("/usr/sbin/modprobe", modprobe);
  host.set_server(registry);
}

}  // namespace rootcellar::test
