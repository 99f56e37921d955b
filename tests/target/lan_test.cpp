// The appliance on a LAN that has no nameserver, no authority and no way out, and the person at the next desk: a second host, with Chromium,
// curl and docker, that finds it by name, trusts it after one click, and sees no warning. Needs root; label "sealed".
// The screenshots stay in RC_SCREENSHOTS.
#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "builder/rehearse/sealed_host.h"
#include "builder/rehearse/sealed_lan.h"
#include "builder/rehearse/snapshot.h"
#include "builder/source/cache.h"
#include "bundle/base/file.h"
#include "bundle/base/json.h"
#include "bundle/base/text.h"
#include "tests/target/field/workshop.h"

namespace rootcellar {
namespace {

const TargetRelease k_target{"debian", "12", "bookworm"};
constexpr std::uint64_t k_install_limit = 1800, k_command_limit = 300;
constexpr std::size_t k_file_limit = std::size_t{1} << 22;
constexpr const char* k_installed = "/usr/local/sbin/rootcellar-install";
constexpr const char* k_answers = R"(cluster:
  address: 10.93.0.2
lan:
  domain: lab.internal
  admin: Ada in room 7
)";

/// What a command said, its exit code first.
std::string said(const ProcessResult& result) { return cat("exit ", result.exit_code, "\n", result.output, result.error_output); }

class Lan : public testing::Test {
 protected:
  void SetUp() override {
    SealedHostOptions server = options("server", {});
    server.read_only_binds = {{field::workshop().stick({.profile = "lab-lan", .folder = cat(RC_SOURCE_DIR, "/profiles")}), "/media/stick"}};
    server_ = std::make_unique<SealedHost>(std::move(server));
    SealedHostOptions desk = options("desk", {"chromium", "chromium-driver", "python3-minimal", "libpython3-stdlib", "libnss3-tools", "curl", "openssl",
                                              "ca-certificates", "chrony", "dnsutils", "docker.io", "iputils-ping", "avahi-utils"});
    desk.lan = &server_->lan();
    desk.number = 3;
    desk_ = std::make_unique<SealedHost>(std::move(desk));
    server_->boot();
    desk_->boot();
    write(*desk_, "/root/browser.py", read_file(cat(RC_SOURCE_DIR, "/tests/target/lan/browser.py"), k_file_limit));
    write(*desk_, "/etc/resolv.conf", "nameserver 10.93.0.2\n");
    std::filesystem::create_directories(RC_SCREENSHOTS);
  }

  SealedHostOptions options(const std::string& name, const std::vector<std::string>& packages) const {
    SealedHostOptions out;
    out.name = cat(name, ::getpid() % 100000);
    out.target = k_target;
    out.architecture = "amd64";
    out.work = path_join(work_.path(), name);
    out.root = make_root(k_target, "amd64", packages, Cache::default_root(), silent_progress());
    return out;
  }

  static void write(SealedHost& host, const std::string& path, const std::string& text) {
    write_file_atomically(cat(host.root_folder(), path), text);
  }

  std::string on(SealedHost& host, const std::vector<std::string>& argv) const { return said(host.run(argv, k_command_limit)); }
  std::string at_desk(const std::string& script) { return on(*desk_, {"/bin/bash", "-c", script}); }
  std::string on_server(const std::string& script) { return on(*server_, {"/bin/bash", "-c", script}); }

  void install() {
    write(*server_, "/root/site.pub", read_file(field::workshop().public_key("site"), k_file_limit));
    write(*server_, "/root/answers.yaml", k_answers);
    const ProcessResult installed =
        server_->run({"sh", "/media/stick/START.sh", "install", "--trust", "/root/site.pub", "--answers", "/root/answers.yaml", "--yes"},
                     k_install_limit);
    ASSERT_EQ(installed.exit_code, 0) << installed.output << installed.error_output;
  }

  /// What the person at the desk sees; the picture is kept.
  JsonValue browse(const std::string& url, const std::string& picture, const std::string& scheme = "light", const std::string& width = "1100") {
    const ProcessResult result = desk_->run({"python3", "/root/browser.py", url, "/root/picture.png", scheme, width}, k_command_limit);
    if (result.exit_code != 0) throw InputError(cat("the browser did not run: ", said(result)));
    write_file_atomically(cat(RC_SCREENSHOTS, "/", picture, ".png"), read_file(cat(desk_->root_folder(), "/root/picture.png"), k_file_limit));
    return parse_json(result.output, "what the browser says");
  }

  void expect_names() {
    EXPECT_EQ(at_desk("dig +short lab.internal registry.lab.internal @10.93.0.2"), "exit 0\n10.93.0.2\n10.93.0.2\n");
    EXPECT_EQ(at_desk("getent ahostsv4 lab.internal | head -n 1 | cut -d ' ' -f 1"), "exit 0\n10.93.0.2\n");
    EXPECT_EQ(at_desk("dig nobody.lab.internal @10.93.0.2 | grep -o 'status: [A-Z]*'"), "exit 0\nstatus: NXDOMAIN\n");
    EXPECT_EQ(at_desk("dig example.org @10.93.0.2 | grep -o 'status: [A-Z]*'"), "exit 0\nstatus: REFUSED\n");
  }

  /// Without any nameserver; the certificate is for that name, too.
  void expect_local_name() {
    const std::string name = cat(server_->name(), ".local");
    EXPECT_EQ(at_desk(cat("avahi-resolve -4 -n ", name)), cat("exit 0\n", name, "\t10.93.0.2\n"));
    EXPECT_EQ(at_desk(cat("curl --silent --show-error --output /dev/null --write-out '%{http_code}' --resolve ", name, ":443:10.93.0.2 https://", name, "/")),
              "exit 0\n200");
  }

  void expect_time() { EXPECT_EQ(at_desk("chronyd -Q -t 20 'server 10.93.0.2 iburst' 2>&1 | grep -c 'System clock wrong by'"), "exit 0\n1\n"); }

  void expect_page(const std::string& url, const std::string& picture, bool secure) {
    const JsonValue seen = browse(url, picture);
    EXPECT_EQ(seen.text("error"), "");
    EXPECT_EQ(seen.truth("secure"), secure);
    EXPECT_EQ(seen.text("title"), "Lab page and tools, by name");
    const JsonValue* elsewhere = seen.find("elsewhere");
    EXPECT_TRUE(elsewhere != nullptr && elsewhere->items().empty()) << seen.dump();
    EXPECT_NE(seen.text("text").value_or("").find("All is well"), std::string::npos) << seen.text("text").value_or("");
  }

  void give_trust_to_the_browser() {
    EXPECT_EQ(at_desk("curl --silent --fail -o /root/ca.crt http://lab.internal/ca.crt && mkdir -p /root/.pki/nssdb && "
                      "certutil -N -d sql:/root/.pki/nssdb --empty-password && "
                      "certutil -A -d sql:/root/.pki/nssdb -t C,, -n lab -i /root/ca.crt"),
              "exit 0\n");
  }

  void give_trust_to_the_host() {
    EXPECT_EQ(at_desk("cp /root/ca.crt /usr/local/share/ca-certificates/lab.crt && update-ca-certificates >/dev/null 2>&1"), "exit 0\n");
    EXPECT_EQ(at_desk("systemctl restart docker"), "exit 0\n");
  }

  void expect_programs_trust() {
    EXPECT_EQ(at_desk("curl --silent --show-error --output /dev/null --write-out '%{http_code} %{scheme}' https://lab.internal/"),
              "exit 0\n200 HTTPS");
    EXPECT_EQ(at_desk("curl --silent --show-error https://lab.internal:5000/v2/"), "exit 0\n{}");
    EXPECT_EQ(at_desk("docker image rm lab.internal:5000/docker.io/rootcellar/lab-page:1.0 >/dev/null 2>&1; "
                      "docker pull --quiet lab.internal:5000/docker.io/rootcellar/lab-page:1.0"),
              "exit 0\nlab.internal:5000/docker.io/rootcellar/lab-page:1.0\n");
  }

  /// Somebody who has the authority's key signs for a name that is not this site's.
  void expect_other_names_are_refused() {
    ASSERT_EQ(on_server(
                  "set -e; cd /root; s=/var/lib/rootcellar/secrets; openssl ecparam -name prime256v1 -genkey -noout -out other.key; "
                  "openssl req -new -key other.key -subj /CN=other.example -out other.csr; "
                  "printf 'subjectAltName=DNS:other.example' > other.ext; "
                  "openssl x509 -req -in other.csr -CA $s/site-authority -CAkey $s/_site-authority-key -CAcreateserial -days 30 "
                  "-extfile other.ext -out other.crt 2>/dev/null; "
                  "systemd-run --quiet --unit=other openssl s_server -accept 8443 -cert /root/other.crt -key /root/other.key -www"),
              "exit 0\n");
    ASSERT_EQ(at_desk("echo '10.93.0.2 other.example' >> /etc/hosts"), "exit 0\n");
    const std::string curl = at_desk("for i in $(seq 100); do (: > /dev/tcp/other.example/8443) 2>/dev/null && break; sleep 0.1; done; "
                                     "curl --silent --show-error https://other.example:8443/");
    EXPECT_EQ(curl, "exit 60\ncurl: (60) SSL certificate problem: permitted subtree violation\n"
                    "More details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\n"
                    "establish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the web page mentioned above.\n");
    const JsonValue seen = browse("https://other.example:8443/", "outside-the-constraint");
    EXPECT_NE(seen.text("text").value_or("").find("NET::ERR_CERT_INVALID"), std::string::npos) << seen.dump();
    EXPECT_EQ(on_server("systemctl stop other; cd /root; rm -f other.key other.csr other.crt other.ext; rm -f /var/lib/rootcellar/secrets/*.srl"), "exit 0\n");
    EXPECT_EQ(at_desk("sed -i '/other.example/d' /etc/hosts"), "exit 0\n");
  }

  void expect_all_of_it(const std::string& when) {
    SCOPED_TRACE(when);
    expect_names();
    expect_time();
    expect_page("http://lab.internal/", cat("http-", when), false);
    expect_page("https://lab.internal/", cat("https-", when), true);
    expect_programs_trust();
    expect_local_name();
  }

  TemporaryDirectory work_{"rc-lan"};
  std::unique_ptr<SealedHost> server_, desk_;  // the desk goes first: it is plugged into the server's LAN
};

TEST_F(Lan, APersonAtTheNextDeskOpensItByNameWithoutAWarning) {
  const HostSnapshot before = take_snapshot(*server_);
  at_desk("timeout 2 bash -c ': > /dev/tcp/203.0.113.7/443'");
  EXPECT_GT(server_->seal_count().packets, 0U) << "the recorder hears nothing";
  server_->reset_seal_count();

  ASSERT_NO_FATAL_FAILURE(install());
  expect_names();
  expect_page("http://lab.internal/", "http-before-trust", false);
  const JsonValue stranger = browse("https://lab.internal/", "https-before-trust");
  EXPECT_NE(stranger.text("text").value_or("").find("NET::ERR_CERT_AUTHORITY_INVALID"), std::string::npos) << stranger.dump();

  give_trust_to_the_browser();
  give_trust_to_the_host();
  expect_all_of_it("installed");
  browse("https://lab.internal/", "https-dark", "dark");
  browse("https://lab.internal/", "https-telephone", "light", "400");
  expect_other_names_are_refused();

  server_->reboot();
  EXPECT_EQ(on_server(cat("for i in $(seq 60); do ", k_installed, " status >/dev/null 2>&1 && exit 0; sleep 2; done; ", k_installed, " status")), "exit 0\n");
  // The host's card is another one after a reboot, as no machine's is: its neighbour may look for the old one for a minute.
  EXPECT_EQ(at_desk("for i in $(seq 60); do ping -c 1 -W 1 10.93.0.2 >/dev/null && exit 0; sleep 1; done; exit 1"), "exit 0\n");
  expect_all_of_it("rebooted");
  EXPECT_EQ(server_->seal_count().packets, 0U) << join(server_->seal_count().lines, "\n");

  const std::string gone = on(*server_, {k_installed, "uninstall", "--yes", "--purge-data", "--product", "lab-lan"});
  ASSERT_TRUE(gone.starts_with("exit 0\n")) << gone;
  for (const char* path : {"/root/site.pub", "/root/answers.yaml"}) remove_file(cat(server_->root_folder(), path));
  server_->reboot();
  const SnapshotComparison compared = compare_snapshots(before, take_snapshot(*server_), true);
  EXPECT_TRUE(compared.differences.empty()) << join(compared.differences, "\n");
}

}  // namespace
}  // namespace rootcellar
