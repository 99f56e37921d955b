// The tools of the machine in memory. Each keeps its state in files below /fake, so that comparing trees compares packages, units and
// images, too.
#include <algorithm>
#include <set>

#include "bundle/base/text.h"
#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {
namespace {

using Lines = std::set<std::string>;

Lines read_lines(MemoryHost& host, const std::string& path) {
  Lines lines;
  const std::string text = host.read_file(path, 1u << 20).value_or("");
  for (const auto line : split(text, '\n')) {
    if (!line.empty()) lines.emplace(line);
  }
  return lines;
}

void write_lines(MemoryHost& host, const std::string& path, const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  host.write_file(path, text);
}

bool has(const ToolCall& call, std::string_view word) { return std::find(call.argv.begin(), call.argv.end(), word) != call.argv.end(); }

std::vector<std::string> after(const ToolCall& call, std::string_view word) {
  const auto at = std::find(call.argv.begin(), call.argv.end(), word);
  return at == call.argv.end() ? std::vector<std::string>{} : std::vector<std::string>(at + 1, call.argv.end());
}

ToolResult good(std::string output = {}) { return {.exit_code = 0, .timed_out = false, .output = std::move(output), .error_output = {}}; }
ToolResult bad(int code, std::string said = {}) {
  return {.exit_code = code, .timed_out = false, .output = {}, .error_output = std::move(said)};
}

void set_member(MemoryHost& host, const std::string& file, const std::string& name, bool in) {
  Lines lines = read_lines(host, file);
  if (in)
    lines.insert(name);
  else
    lines.erase(name);
  write_lines(host, file, lines);
}

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
  return good();
}

ToolResult dpkg_query(MemoryHost& host, const ToolCall&) { return good(host.read_file("/fake/dpkg", 1u << 20).value_or("")); }

ToolResult apt_install(MemoryHost& host, const ToolCall& call) {
  Lines packages = read_lines(host, "/fake/dpkg");
  const bool fresh = !packages.contains("docker.io\tinstalled");
  if (has(call, "--simulate"))
    return good(fresh ? "Inst runc (1.1 Debian [amd64])\nInst docker.io (20 Debian [amd64])\nConf runc (1.1)\nConf docker.io (20)\n" : "");
  if (!host.exists("/var/lib/rootcellar/spool/apt/debian/pool/docker.io.deb")) return bad(100, "E: Unable to fetch some archives");
  packages.insert({"docker.io\tinstalled", "runc\tinstalled"});
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
    if (packages.contains(name + "\tinstalled")) said += cat("Purg ", name, " [1]\n");
    if (!has(call, "--simulate")) packages.erase(name + "\tinstalled");
  }
  if (!has(call, "--simulate")) write_lines(host, "/fake/dpkg", packages);
  return good(said);
}

ToolResult apt_get(MemoryHost& host, const ToolCall& call) {
  if (has(call, "install")) return apt_install(host, call);
  if (has(call, "purge")) return apt_purge(host, call);
  return good();
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

ToolResult docker(MemoryHost& host, const ToolCall& call) {
  const std::string& image = call.argv.back();
  if (has(call, "inspect")) return read_lines(host, "/fake/images").contains(image) ? good("[]") : bad(1, "No such image");
  if (!read_lines(host, "/fake/active").contains("docker.service")) return bad(1, "Cannot connect to the Docker daemon");
  set_member(host, "/fake/images", image, has(call, "pull"));
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
  host.set_tool("/usr/bin/apt-mark", apt_mark);
  host.set_tool("/usr/sbin/useradd", useradd);
  host.set_tool("/usr/sbin/userdel", userdel);
  host.set_tool("/usr/sbin/groupdel", groupdel);
  host.set_tool("/usr/bin/docker", docker);
  host.set_tool("/usr/sbin/modprobe", modprobe);
  host.set_server(registry);
}

}  // namespace rootcellar::test
