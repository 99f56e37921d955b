#include "tests/unit/run/registry_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "installer/host/real_host.h"

extern char** environ;

namespace rootcellar::test {
namespace {

// The kernel names a free port; nobody else gets it again soon.
unsigned free_port() {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), plain, size) != 0 || ::getsockname(fd.get(), plain, &size) != 0) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

pid_t start(const std::string& program, const std::string& configuration, const std::string& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  std::string name = program, verb = "serve", file = configuration;
  char* argv[] = {name.data(), verb.data(), file.data(), nullptr};
  pid_t pid = -1;
  const int result = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (result != 0) throw std::runtime_error("cannot start docker-registry");
  return pid;
}

}  // namespace

RegistryServer::RegistryServer(const std::string& storage, const std::string& scratch) : port_(free_port()) {
  const std::string configuration = path_join(scratch, "registry.yml");
  write_file_atomically(configuration, cat("version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: ", storage,
                                           "}\n  delete: {enabled: true}\nhttp:\n  addr: 127.0.0.1:", port_, "\n"));
  pid_ = start("/usr/bin/docker-registry", configuration, path_join(scratch, "registry.log"));
  const auto host = make_real_host();
  for (int tries = 0; host->http_get(url("/v2/"), 1).status != 200; ++tries) {
    if (tries == 200) throw std::runtime_error("docker-registry does not answer");
    host->sleep(50);
  }
}

RegistryServer::~RegistryServer() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

std::string RegistryServer::url(const std::string& path) const { return cat("http://127.0.0.1:", port_, path); }
std::string RegistryServer::image(const std::string& name) const { return cat("docker://127.0.0.1:", port_, "/", name); }

int skopeo_copy(const std::string& from, const std::string& to) {
  return run_process({.argv = {"/usr/bin/skopeo", "copy", "--quiet", "--insecure-policy", "--src-tls-verify=false",
                               "--dest-tls-verify=false", from, to},
                      .environment = {"HOME=/nonexistent", "PATH=/usr/bin:/bin", "TMPDIR=/tmp"},
                      .time_limit_seconds = 60})
      .exit_code;
}

}  // namespace rootcellar::test
