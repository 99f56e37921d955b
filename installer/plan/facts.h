// What is true about this machine, read once before planning.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/file.h"
#include "bundle/index.h"
#include "installer/host/host_system.h"
#include "installer/plan/certificate_facts.h"
#include "installer/plan/existing_facts.h"
#include "installer/plan/gpu_facts.h"
#include "installer/plan/node_facts.h"
#include "installer/plan/storage_facts.h"
#include "installer/run/step.h"

namespace rootcellar {

struct InstalledPackage {
  std::string version;
  std::string state;  ///< dpkg's third status word: "installed", "half-configured", "unpacked", ...
  bool held = false;
  bool operator==(const InstalledPackage&) const = default;
};

struct ListeningPort {
  std::uint32_t port = 0;
  std::string address;  ///< "0.0.0.0", "127.0.0.1", "::"
  std::string user;     ///< whose socket it is: a name of /etc/passwd, or the number
  bool operator==(const ListeningPort&) const = default;
};

/// What an earlier install left on this machine, from the kept header.
struct InstalledBundle {
  std::string product;
  std::string variant;
  std::uint64_t serial = 0;
  std::string id;
  std::vector<Step> steps{};                  ///< of its plan; empty when only root may read them
  std::shared_ptr<const Index> index{};       ///< what it brought; nullptr: not known
  std::vector<std::string> packages{};        ///< names of what installs brought here and hold
  std::optional<std::string> storage_root{};  ///< what its answers said
};

/// A file that an answer names, for `${answers.NAME|file}`.
struct AnsweredFile {
  Digest digest{};
  bool text = false;      ///< UTF-8 without NUL: it can stand in YAML as it is
  std::string fault{};    ///< "it is not there"; empty: it was read
};

/// Facts. What could not be seen (no root) is listed in `unseen`, one sentence each.
struct Facts {
  std::string distribution, version, codename;  ///< /etc/os-release; Debian testing has no VERSION_ID
  std::string architecture;                     ///< Debian's name, from uname -m
  std::string machine;                          ///< uname -m
  bool root = false;
  bool systemd = false;  ///< /run/systemd/system exists
  std::int64_t clock = 0;
  std::vector<std::int64_t> seen_times;  ///< UTC seconds at which this machine has surely been; a wrong clock may have written some
  std::map<std::string, InstalledPackage> packages;  ///< /var/lib/dpkg/status
  std::vector<ListeningPort> ports;                  ///< /proc/net/tcp and tcp6
  std::map<std::string, SpaceFacts> space;           ///< by path asked for
  std::optional<std::string> daemon_json;            ///< /etc/docker/daemon.json's text
  std::optional<std::string> docker_unit;            ///< where a docker.service is installed, if any
  std::vector<std::string> users;                    ///< /etc/passwd names
  std::vector<std::string> addresses;                ///< numeric addresses of this machine
  std::string cgroup;                                ///< "v1", "hybrid", "v2"
  NodeFacts node;                                    ///< what a cluster asks of the machine
  GpuFacts gpu;                                      ///< NVIDIA's cards and what drives them
  StorageFacts storage;                              ///< filled by the command, which knows the bundle and the answers
  std::vector<std::string> unseen;
  std::optional<InstalledBundle> installed;  ///< filled by the command, which knows where kept things lie
  std::vector<std::string> pushed_over;      ///< "library/nginx:1.22": tags of the bundle that people pushed over; filled by the command
  ExistingFacts existing{};                  ///< what the site's own things say; filled by the command
  std::map<std::string, std::string> answering{};    ///< of a load balancer's addresses: who has them now (hardware addresses); filled by the command
  CertificateFacts certificates{};           ///< filled by the command
  std::uint64_t highest_serial = 0;          ///< of this product, ever seen here; filled by the command
  std::map<std::string, AnsweredFile> answered_files;  ///< by the answer's key; filled by the command
  std::vector<std::string> signers;          ///< of the bundle, "site (six words of its key)"; filled by the command
  std::string installer_version;             ///< of the running program; filled by the command
};

Facts read_facts(HostSystem& host, const std::vector<std::string>& space_paths);

/// The readers read_facts() is made of. Each takes the text of the file it is named for; lines it does not know are passed over.
std::map<std::string, std::string> parse_os_release(std::string_view text);        ///< os-release(5)
std::map<std::string, InstalledPackage> parse_dpkg_status(std::string_view text);  ///< dpkg-query(1), /var/lib/dpkg/status
std::map<std::uint64_t, std::string> parse_passwd(std::string_view text);          ///< passwd(5): names by number
/// proc_net_tcp(5) and tcp6: the sockets in state LISTEN.
std::vector<ListeningPort> parse_listening(std::string_view text, const std::map<std::uint64_t, std::string>& users);
std::vector<std::string> parse_fib_trie(std::string_view text);  ///< /proc/net/fib_trie: local IPv4 addresses
/// Debian's name of what uname -m prints; the same word when Debian has none.
std::string debian_architecture(std::string_view machine);

}  // namespace rootcellar
