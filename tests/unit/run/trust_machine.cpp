#include "tests/unit/run/trust_machine.h"

#include "installer/run/site_get.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_ours = "/usr/local/share/ca-certificates/rootcellar-site.crt";
constexpr const char* k_in_store = "/etc/ssl/certs/rootcellar-site.pem";
constexpr const char* k_whole_store = "/etc/ssl/certs/ca-certificates.crt";
constexpr const char* k_theirs = "an authority of the world\n";
constexpr std::size_t k_limit = 1u << 20;

std::string text_of(MemoryHost& host, const std::string& path) { return host.read_file(path, k_limit).value_or(""); }

/// As Debian's: what is gone is taken out by --fresh alone.
ToolResult update_store(MemoryHost& host, const ToolCall& call) {
  const std::string ours = text_of(host, k_ours);
  if (!ours.empty()) host.make_symlink(k_ours, k_in_store);
  if (ours.empty() && has(call, "--fresh") && host.tree().contains(k_in_store)) {
    host.remove(k_in_store);
    host.sync_filesystem("/etc/ssl/certs");  // a journal that is written later is not on the disk before this
  }
  host.write_file(k_whole_store, k_theirs + ours);
  return good();
}

/// Newer stands for: made with what the file says now.
ToolResult test_file(MemoryHost& host, const ToolCall& call) {
  const std::string& kind = call.argv.at(1);
  if (kind == "-x") return host.exists(call.argv.at(2)) ? good() : bad(1);
  if (kind == "-L") return host.tree().contains(call.argv.at(2)) ? good() : bad(1);
  const std::string ours = text_of(host, call.argv.at(3));
  return !ours.empty() && text_of(host, call.argv.at(1)).find(ours) != std::string::npos ? good() : bad(1);
}

ToolResult openssl(MemoryHost& host, const ToolCall& call) {
  const bool up = read_lines(host, "/fake/active").contains("rootcellar-registry.service") && text_of(host, "/etc/rootcellar/registry.key") == "a key\n";
  const bool believed = host.exists(call.argv.at(5));
  return up && believed ? good("HTTP/1.1 200 OK\r\n\r\n{}") : bad(1, "connect:errno=111\n");
}

ToolCall tool(std::vector<std::string> argv) { return {.argv = std::move(argv)}; }

Step filled(const std::string& id, const std::string& path, const std::string& value, unsigned mode, const Owner& owner = {}) {
  return {id, cat("write ", path), "", WriteFilled{path, "${site.certificate}\n", mode, {{"site.certificate", value}}, owner}};
}

std::vector<Step> steps_for(const std::string& certificate, const std::string& address) {
  const std::string update = "/usr/sbin/update-ca-certificates", test = "/usr/bin/test", units = "/etc/systemd/system/";
  RunTool look, add;
  look.call = tool({test, "-x", update});
  look.probe = tool({test, "-L", k_in_store});
  look.undo = tool({update, "--fresh"});
  add.call = tool({update});
  add.probe = tool({test, k_whole_store, "-nt", k_ours});
  const std::string relay = cat(units, "rootcellar-as-quay-io.service"), socket = cat(units, "rootcellar-as-quay-io.socket");
  return {
      filled("site-authority-file", k_site_authority, certificate, 0644),
      {"site-trust-store", "find the store", "", look},
      filled("site-trust-file", k_ours, certificate, 0644),
      {"site-trust", "tell the store", "", add},
      {"site-names", "name the site", "", EditLines{"/etc/hosts", {cat(address, " lab.internal")}, {}}},
      {"registry-user", "add user", "", AddUser{"rootcellar-registry", "/var/lib/rootcellar/registry"}},
      filled("registry-key", "/etc/rootcellar/registry.key", "a key", 0600, {"rootcellar-registry", "rootcellar-registry"}),
      {"registry-service", "start the registry", "", SetUnit{"rootcellar-registry.service", true, true, true, {"/etc/rootcellar/registry.key"}}},
      {"registry-answers", "wait for the registry", "", WaitHttp{"https://127.0.0.1:5000/v2/", 200, 10}},
      {"docker-trust-directory", "make directory", "", MakeDirectory{"/etc/docker/certs.d"}},
      filled(cat("docker-trust-", address), cat("/etc/docker/certs.d/", address, ":5000/ca.crt"), certificate, 0644),
      {"own-relay", "write the relay", "", WriteFile{relay, cat("[Service]\nExecStart=proxy ", address, ":5443\n"), 0644, {}}},
      {"own-socket", "write the socket", "", WriteFile{socket, "[Socket]\nListenStream=169.254.77.1:443\n", 0644, {}}},
      {"own-listen", "listen", "", SetUnit{"rootcellar-as-quay-io.socket", true, true, true, {relay, socket}}},
      {"own-names", "name quay.io", "", EditLines{"/etc/hosts", {"169.254.77.1 quay.io"}, {}}},
  };
}

}  // namespace

void set_up_trust_machine(MemoryHost& host) {
  set_up_machine(host);
  host.write_file("/etc/hosts", "127.0.0.1 localhost\n");
  for (const char* folder : {"/usr/local/share/ca-certificates", "/etc/ssl/certs"}) host.make_directories(folder);
  host.write_file("/usr/local/share/ca-certificates/lab.crt", "the lab's own\n");
  host.write_file("/usr/sbin/update-ca-certificates", "a program", 0755);
  host.write_file(k_whole_store, k_theirs);
  host.set_tool("/usr/sbin/update-ca-certificates", update_store);
  host.set_tool("/usr/bin/test", test_file);
  host.set_tool("/usr/bin/openssl", openssl);
}

std::vector<Step> trust_plan() { return steps_for("the site's certificate", "192.0.2.7"); }

std::vector<Step> next_trust_plan(const Bundle&) { return steps_for("another certificate", "192.0.2.8"); }

}  // namespace rootcellar::test
