// A second host on the LAN pulls from the first one's registry: refused until the registry is among its insecure-registries. On the first
// host itself that proves nothing, since docker trusts 127.0.0.0/8 anyway. Needs root; label "sealed".
#include <gtest/gtest.h>
#include <unistd.h>

#include "builder/rehearse/sealed_host.h"
#include "builder/rehearse/sealed_lan.h"
#include "builder/source/cache.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/target/field/workshop.h"

namespace rootcellar {
namespace {

const TargetRelease k_target{"debian", "12", "bookworm"};
constexpr std::uint64_t k_install_limit = 1800, k_command_limit = 120;
constexpr const char* k_image = "10.93.0.2:5000/docker.io/rootcellar/box:1.0";

SealedHostOptions options(const std::string& name, const std::string& work, const std::vector<std::string>& packages) {
  SealedHostOptions out;
  out.name = cat(name, ::getpid() % 100000);
  out.target = k_target;
  out.architecture = "amd64";
  out.work = work;
  out.root = make_root(k_target, "amd64", packages, Cache::default_root(), silent_progress());
  return out;
}

/// What docker said, its exit code first.
std::string docker(SealedHost& host, const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{"/usr/bin/docker"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const ProcessResult result = host.run(argv, k_command_limit);
  return cat("exit ", result.exit_code, "\n", result.output, result.error_output);
}

class Neighbour : public testing::Test {
 protected:
  void SetUp() override {
    SealedHostOptions server = options("server", path_join(work_.path(), "1"), {});
    server.read_only_binds = {{field::workshop().stick({.profile = "neighbour"}), "/media/stick"}};
    server_ = std::make_unique<SealedHost>(std::move(server));
    SealedHostOptions client = options("client", path_join(work_.path(), "2"), {"docker.io"});
    client.lan = &server_->lan();
    client.number = 3;
    client_ = std::make_unique<SealedHost>(std::move(client));
    server_->boot();
    client_->boot();
  }

  void serve_the_lan() {
    const std::string root = server_->root_folder();
    write_file_atomically(cat(root, "/root/site.pub"), read_file(field::workshop().public_key("site"), 4096));
    write_file_atomically(cat(root, "/root/answers.yaml"), "registry:\n  listen: 10.93.0.2:5000\n");
    const ProcessResult installed =
        server_->run({"sh", "/media/stick/START.sh", "install", "--trust", "/root/site.pub", "--answers", "/root/answers.yaml", "--yes"},
                     k_install_limit);
    ASSERT_EQ(installed.exit_code, 0) << installed.output << installed.error_output;
  }

  void trust_the_registry() {
    write_file_atomically(cat(client_->root_folder(), "/etc/docker/daemon.json"), "{\"insecure-registries\": [\"10.93.0.2:5000\"]}\n");
    ASSERT_EQ(client_->run({"systemctl", "restart", "docker"}, k_command_limit).exit_code, 0);
  }

  TemporaryDirectory work_{"rc-neighbour"};
  std::unique_ptr<SealedHost> server_, client_;  // the client goes first: it is plugged into the server's LAN
};

TEST_F(Neighbour, PullsOnceTheRegistryIsAmongItsInsecureOnes) {
  ASSERT_NO_FATAL_FAILURE(serve_the_lan());
  EXPECT_EQ(docker(*client_, {"pull", "--quiet", k_image}),
            "exit 1\nError response from daemon: Get \"https://10.93.0.2:5000/v2/\": http: server gave HTTP response to HTTPS client\n");
  ASSERT_NO_FATAL_FAILURE(trust_the_registry());
  EXPECT_EQ(docker(*client_, {"pull", "--quiet", k_image}), cat("exit 0\n", k_image, "\n"));
  EXPECT_EQ(docker(*client_, {"run", "--rm", k_image}), "exit 0\nfrom the neighbour\n");
  EXPECT_EQ(server_->seal_count().packets, 0u) << join(server_->seal_count().lines, "\n");
}

}  // namespace
}  // namespace rootcellar
