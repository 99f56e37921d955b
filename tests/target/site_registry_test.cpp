// docker with a registry that the site has, spoken to by TLS: on another host of the LAN, Debian's own docker-registry with a certificate
// of the site's authority. Its images are pushed there, pulled from there, and stay. With an account and containerd:
// cluster_existing_test.cpp. Needs root; label "sealed".
#include <gtest/gtest.h>
#include <unistd.h>

#include "builder/rehearse/sealed_host.h"
#include "builder/rehearse/sealed_lan.h"
#include "builder/rehearse/snapshot.h"
#include "builder/source/cache.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/target/field/workshop.h"

namespace rootcellar {
namespace {

const TargetRelease k_target{"debian", "12", "bookworm"};
constexpr std::uint64_t k_install_limit = 1800, k_command_limit = 120;
constexpr const char* k_installed = "/usr/local/sbin/rootcellar-install";

// An authority of its own, and a certificate for the address by it.
constexpr const char* k_serve = R"(set -e
mkdir -p /srv/tls && cd /srv/tls
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=site-authority -keyout ca.key -out ca.crt
openssl req -newkey rsa:2048 -nodes -subj /CN=registry -keyout registry.key -out registry.csr
printf 'subjectAltName=IP:10.93.0.2\n' > names
openssl x509 -req -in registry.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile names -out registry.crt
chmod 644 registry.key
cat > /etc/docker/registry/config.yml << CONF
version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/docker-registry}}
http: {addr: '0.0.0.0:5000', tls: {certificate: /srv/tls/registry.crt, key: /srv/tls/registry.key}}
CONF
systemctl restart docker-registry
systemctl is-active docker-registry
)";

class SiteRegistry : public testing::Test {
 protected:
  static std::unique_ptr<SealedHost> host(const std::string& name, const std::string& work, const std::vector<std::string>& packages,
                                          unsigned number, SealedLan* lan) {
    SealedHostOptions options;
    options.name = cat(name, ::getpid() % 100000);
    options.target = k_target;
    options.architecture = "amd64";
    options.work = work;
    options.root = make_root(k_target, "amd64", packages, Cache::default_root(), silent_progress());
    options.number = number;
    options.lan = lan;
    if (lan != nullptr) options.read_only_binds = {{field::workshop().stick({.profile = "existing"}), "/media/stick"}};
    return std::make_unique<SealedHost>(std::move(options));
  }

  void SetUp() override {
    registry_ = host("images", path_join(work_.path(), "1"), {"docker-registry", "openssl", "dnsmasq-base"}, 2, nullptr);
    machine_ = host("docker", path_join(work_.path(), "2"), {}, 3, &registry_->lan());
    registry_->boot();
    machine_->boot();
  }

  static std::string said(const ProcessResult& result) { return cat("exit ", result.exit_code, "\n", result.output, result.error_output); }

  ProcessResult on_registry(const std::string& script) { return registry_->run({"/bin/bash", "-c", script}, k_command_limit); }

  std::string contents() {
    return on_registry(
               "cd /var/lib/docker-registry/docker/registry/v2/repositories 2>/dev/null && find . -path '*/current/link' | sort | "
               "xargs -r head -n 1 -v")
        .output;
  }

  ProcessResult install(const std::string& verb, const std::string& answers) {
    const std::string root = machine_->root_folder();
    write_file_atomically(cat(root, "/root/site.pub"), read_file(field::workshop().public_key("site"), 4096));
    write_file_atomically(cat(root, "/root/answers.yaml"), answers);
    std::vector<std::string> argv{"sh", "/media/stick/START.sh", verb, "--trust", "/root/site.pub", "--answers", "/root/answers.yaml"};
    if (verb == "install") argv.emplace_back("--yes");
    return machine_->run(argv, k_install_limit);
  }

  void clean_up() {
    for (const char* file : {"/root/site.pub", "/root/answers.yaml", "/root/ca.crt"}) remove_file(cat(machine_->root_folder(), file));
  }

  TemporaryDirectory work_{"rc-site-registry"};
  std::unique_ptr<SealedHost> registry_, machine_;  // the machine goes first: it is plugged into the registry's LAN
};

// dnsmasq as the site's nameserver: it has nobody to ask, and refuses who asks it. That is an answer.
TEST_F(SiteRegistry, AndANameserverIsAskedBeforeAnythingIsTouched) {
  const std::string answers = "existing:\n  dns:\n    servers: [10.93.0.2]\n",
                    silent = "the site's nameserver 10.93.0.2 does not answer: Connection refused";
  EXPECT_NE(said(install("plan", answers)).find(silent), std::string::npos);
  const ProcessResult served = on_registry(
      "systemd-run --quiet --unit=dns --service-type=forking dnsmasq --no-resolv --no-hosts --listen-address=10.93.0.2 --bind-interfaces "
      "&& "
      "systemctl is-active dns");
  ASSERT_EQ(served.exit_code, 0) << said(served);
  const std::string plan = said(install("plan", answers));
  EXPECT_EQ(plan.find("the site's nameserver"), std::string::npos) << plan;
  EXPECT_NE(plan.find("'existing.dns' is for the pods of a cluster that is made here, and is not used"), std::string::npos) << plan;
}

TEST_F(SiteRegistry, IsPushedIntoPulledFromAndKept) {
  const HostSnapshot before = take_snapshot(*machine_);
  EXPECT_NE(
      said(install("plan", "{}\n")).find("the bundle brings no registry: answer 'existing.registry' with the address of the site's own"),
      std::string::npos);
  const std::string answers = "existing:\n  registry:\n    address: 10.93.0.2:5000\n    ca: /root/ca.crt\n";
  EXPECT_NE(said(install("plan", answers)).find("'existing.registry.ca' names '/root/ca.crt', and there is no such file"),
            std::string::npos);
  on_registry("systemctl stop docker-registry");
  write_file_atomically(cat(machine_->root_folder(), "/root/ca.crt"), "no certificate\n");
  EXPECT_NE(said(install("plan", answers)).find("the site's registry 10.93.0.2:5000 does not answer: Connection refused"),
            std::string::npos);
  const ProcessResult served = on_registry(k_serve);
  ASSERT_EQ(served.exit_code, 0) << said(served);
  write_file_atomically(cat(machine_->root_folder(), "/root/ca.crt"), read_file(cat(registry_->root_folder(), "/srv/tls/ca.crt"), 65536));

  const ProcessResult installed = install("install", answers);
  ASSERT_EQ(installed.exit_code, 0) << said(installed);
  const std::string all = contents();
  for (const char* name : {"./docker.io/rootcellar/site-box/", "./rootcellar/site-box/", "./quay.io/rootcellar/other-box/"})
    EXPECT_NE(all.find(name), all.npos) << all;
  const ProcessResult ran = machine_->run({"/usr/bin/docker", "run", "--rm", "quay.io/rootcellar/other-box:1.0"}, k_command_limit);
  EXPECT_EQ(said(ran), "exit 0\nfrom the site's registry, under another upstream\n");
  const ProcessResult status = machine_->run({k_installed, "status"}, k_install_limit);
  EXPECT_EQ(status.exit_code, 0) << said(status);

  const ProcessResult gone = machine_->run({k_installed, "uninstall", "--yes", "--purge-data", "--product", "existing"}, k_install_limit);
  EXPECT_EQ(gone.exit_code, 0) << said(gone);
  EXPECT_EQ(contents(), all);
  clean_up();
  EXPECT_EQ(join(compare_snapshots(before, take_snapshot(*machine_), false).differences, "\n"), "");
  EXPECT_EQ(registry_->seal_count().packets, 0u) << join(registry_->seal_count().lines, "\n");
}

}  // namespace
}  // namespace rootcellar
