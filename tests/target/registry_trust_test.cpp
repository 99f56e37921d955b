// A registry over https and one that answers as quay.io, by authorities made on the machine: docker, openssl and curl believe them here and
// on a second host of the LAN once it was told, and nothing of them is left. Needs root; label "sealed".
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

SealedHostOptions options(const std::string& name, const std::string& work, const std::vector<std::string>& packages) {
  SealedHostOptions out;
  out.name = cat(name, ::getpid() % 100000);
  out.target = k_target;
  out.architecture = "amd64";
  out.work = work;
  out.root = make_root(k_target, "amd64", packages, Cache::default_root(), silent_progress());
  return out;
}

/// What a shell said, its exit code first.
std::string shell(SealedHost& host, const std::string& script) {
  const ProcessResult result = host.run({"/bin/bash", "-ec", script}, k_command_limit);
  return cat("exit ", result.exit_code, "\n", result.output, result.error_output);
}

class RegistryTrust : public testing::Test {
 protected:
  void SetUp() override {
    SealedHostOptions server = options("trusts", path_join(work_.path(), "1"), {"curl"});
    server.read_only_binds = {{field::workshop().stick({.profile = "trust"}), "/media/stick"}};
    server_ = std::make_unique<SealedHost>(std::move(server));
    SealedHostOptions client = options("trustc", path_join(work_.path(), "2"), {"docker.io", "curl"});
    client.lan = &server_->lan();
    client.number = 3;
    client_ = std::make_unique<SealedHost>(std::move(client));
    server_->boot();
    client_->boot();
    write_file_atomically(cat(server_->root_folder(), "/root/site.pub"), read_file(field::workshop().public_key("site"), 4096));
  }

  std::string installer(std::vector<std::string> arguments) {
    arguments.push_back("-q");
    const ProcessResult result = server_->run(arguments, k_install_limit);
    return cat("exit ", result.exit_code, "\n", result.error_output);
  }
  std::string install() { return installer({"sh", "/media/stick/START.sh", "install", "--trust", "/root/site.pub", "--yes"}); }
  std::string status() { return installer({"/usr/local/sbin/rootcellar-install", "status"}); }

  void expect_silence(const std::string& when) {
    EXPECT_EQ(server_->seal_count().packets, 0u) << when << "\n" << join(server_->seal_count().lines, "\n");
    server_->reset_seal_count();
  }

  /// As a person does who was handed the authority's certificate.
  void tell_the_client() {
    const std::string certificate = read_file(cat(server_->root_folder(), "/etc/rootcellar/site-ca.crt"), 65536);
    for (const char* name : {"10.93.0.2:5000", "registry.lab.internal:5000"}) {
      const std::string folder = cat(client_->root_folder(), "/etc/docker/certs.d/", name);
      make_directories(folder);
      write_file_atomically(cat(folder, "/ca.crt"), certificate);
    }
    write_file_atomically(cat(client_->root_folder(), "/root/ca.crt"), certificate);
    ASSERT_EQ(shell(*client_, "echo '10.93.0.2 registry.lab.internal lab.internal quay.io' >> /etc/hosts"), "exit 0\n");
  }

  TemporaryDirectory work_{"rc-trust"};
  std::unique_ptr<SealedHost> server_, client_;  // the client goes first: it is plugged into the server's LAN
};

TEST_F(RegistryTrust, IsGivenOnSiteAndTakenBack) {
  const HostSnapshot before = take_snapshot(*server_);
  ASSERT_EQ(install(), "exit 0\n");
  ASSERT_EQ(status(), "exit 0\n");
  expect_silence("install");
  EXPECT_EQ(shell(*server_, "grep -e http: -e insecure /etc/docker/daemon.json"), "exit 1\n");
  EXPECT_EQ(shell(*server_, "stat -c '%a %U' /etc/rootcellar/registry.key /etc/rootcellar/mirror.key"),
            "exit 0\n600 rootcellar-registry\n600 rootcellar-registry\n");

  // On the machine itself: its own store knows the site and not the other authority, docker knows both.
  const std::string get = "curl -sS -o /dev/null -w '%{http_code}\\n' ";
  for (const char* name : {"127.0.0.1", "10.93.0.2", "lab.internal", "registry.lab.internal"}) {
    EXPECT_EQ(shell(*server_, cat(get, "https://", name, ":5000/v2/")), "exit 0\n200\n") << name;
  }
  EXPECT_EQ(shell(*server_, cat(get, "https://lab.internal:5001/v2/")), "exit 0\n401\n");
  EXPECT_NE(shell(*server_, cat(get, "https://quay.io/v2/")).find("exit 60\n"), std::string::npos);
  EXPECT_EQ(shell(*server_, cat(get, "--cacert /etc/docker/certs.d/quay.io/ca.crt https://quay.io/v2/")), "exit 0\n200\n");
  EXPECT_EQ(shell(*server_, "docker pull -q 10.93.0.2:5000/docker.io/rootcellar/stays:1; docker pull -q registry.lab.internal:5000/docker.io/rootcellar/stays:1; "
                            "docker image rm quay.io/rootcellar/moves:2 >/dev/null; docker pull -q quay.io/rootcellar/moves:2; docker run --rm "
                            "quay.io/rootcellar/moves:2 /bin/busybox echo moved; docker pull -q quay.io/rootcellar/moves:2"),
            "exit 0\n10.93.0.2:5000/docker.io/rootcellar/stays:1\nregistry.lab.internal:5000/docker.io/rootcellar/stays:1\n"
            "quay.io/rootcellar/moves:2\nmoved\nquay.io/rootcellar/moves:2\n");
  EXPECT_EQ(shell(*server_, "mv /etc/docker/certs.d/quay.io /root/; docker pull -q quay.io/rootcellar/moves:2 || mv /root/quay.io /etc/docker/certs.d/"),
            "exit 0\nError response from daemon: Get \"https://quay.io/v2/\": x509: certificate signed by unknown authority\n");
  EXPECT_EQ(shell(*server_, "docker login --username builder --password-stdin lab.internal:5001 < /var/lib/rootcellar/secrets/registry-push "
                            "2>/dev/null && docker tag quay.io/rootcellar/moves:2 lab.internal:5001/people/thing:7 && docker push -q "
                            "lab.internal:5001/people/thing:7 && docker logout lab.internal:5001 >/dev/null; rm -rf /root/.docker"),
            "exit 0\nLogin Succeeded\nlab.internal:5001/people/thing:7\n");

  // On a second host.
  const std::string image = "10.93.0.2:5000/docker.io/rootcellar/stays:1";
  EXPECT_EQ(shell(*client_, cat("docker pull -q ", image)),
            "exit 1\nError response from daemon: Get \"https://10.93.0.2:5000/v2/\": x509: certificate signed by unknown authority\n");
  ASSERT_NO_FATAL_FAILURE(tell_the_client());
  EXPECT_EQ(shell(*client_, cat("docker pull -q ", image, "; docker pull -q registry.lab.internal:5000/people/thing:7")),
            cat("exit 0\n", image, "\nregistry.lab.internal:5000/people/thing:7\n"));
  EXPECT_EQ(shell(*client_, cat(get, "--cacert /root/ca.crt https://registry.lab.internal:5000/v2/")), "exit 0\n200\n");
  // containerd by the same lines that the plan writes for a node, and without the authority's.
  const auto with_containerd = [&](const std::string& ca) {
    const std::string url = "https://10.93.0.2:5000/v2/quay.io", how = cat("capabilities = [\"pull\", \"resolve\"]\noverride_path = true\n", ca);
    write_file_atomically(cat(client_->root_folder(), "/root/hosts.toml"),
                          cat("server = \"", url, "\"\n", how, "\n[host.\"", url, "\"]\n", how));
    return shell(*client_, "mkdir -p /root/certs.d/quay.io; mv /root/hosts.toml /root/certs.d/quay.io; ctr images pull --hosts-dir /root/certs.d "
                           "quay.io/rootcellar/moves:2 >/dev/null; ctr images ls -q");
  };
  EXPECT_NE(with_containerd("").find("x509: certificate signed by unknown authority"), std::string::npos);
  EXPECT_EQ(with_containerd("ca = \"/root/ca.crt\"\n"), "exit 0\nquay.io/rootcellar/moves:2\n");
  // The site's authority does not speak for other names, nor the other authority for the site.
  EXPECT_NE(shell(*client_, cat(get, "--cacert /root/ca.crt https://quay.io:5443/v2/")).find("exit 60\n"), std::string::npos);

  expect_silence("use");
  server_->reboot();
  EXPECT_EQ(status(), "exit 0\n");
  expect_silence("reboot");
  EXPECT_EQ(shell(*server_, "docker image rm quay.io/rootcellar/moves:2 >/dev/null; docker pull -q quay.io/rootcellar/moves:2"),
            "exit 0\nquay.io/rootcellar/moves:2\n");
  EXPECT_EQ(shell(*server_, "docker image rm 10.93.0.2:5000/docker.io/rootcellar/stays:1 >/dev/null; docker pull -q "
                            "10.93.0.2:5000/docker.io/rootcellar/stays:1"),
            "exit 0\n10.93.0.2:5000/docker.io/rootcellar/stays:1\n");

  expect_silence("pulls after the reboot");
  EXPECT_EQ(installer({"/usr/local/sbin/rootcellar-install", "uninstall", "--yes"}), "exit 0\n");
  EXPECT_EQ(join(compare_snapshots(before, take_snapshot(*server_), false).differences, "\n"), "");
  EXPECT_EQ(shell(*server_, "test ! -e /etc/rootcellar; test ! -e /etc/docker/certs.d; ! grep -e quay.io -e lab.internal /etc/hosts"), "exit 0\n");
  expect_silence("uninstall");
}

}  // namespace
}  // namespace rootcellar
