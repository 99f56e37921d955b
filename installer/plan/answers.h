// What the site decides: answers.yaml, strict, with defaults for everything.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "installer/plan/answers_lan.h"
#include "installer/plan/existing_answers.h"

namespace rootcellar {

/// What the site says about its cluster; what is not said, the bundle or the machine says.
struct ClusterAnswers {
  std::optional<std::string> address;             ///< cluster.address: numeric, of this machine
  std::optional<std::vector<std::string>> roles;  ///< cluster.roles: what this machine is
  /// cluster.machines: by name, what each machine is; tickets carry it to the machines that join
  std::map<std::string, std::vector<std::string>> machines{};
  std::optional<std::string> endpoint;      ///< cluster.endpoint: the API server's name
  std::optional<std::string> pod_cidr;      ///< cluster.pod_cidr
  std::optional<std::string> service_cidr;  ///< cluster.service_cidr
  std::vector<std::string> nameservers;     ///< cluster.nameservers: whom pods ask for names outside the cluster; numeric
  std::vector<std::string> cert_sans;       ///< cluster.cert_sans: more names of the API server
  bool operator==(const ClusterAnswers&) const = default;
};

struct Answers {
  std::optional<std::string> storage_root;       ///< storage.root: moves docker's, containerd's and the registry's data below it
  std::optional<std::string> registry_listen;    ///< registry.listen: numeric address:port
  std::vector<std::string> insecure_registries;  ///< runtime.insecure_registries: more host:port or CIDR
  ClusterAnswers cluster{};
  ExistingAnswers existing{};                    ///< existing: what the site has already
  std::optional<std::string> nfs_network{};     ///< nfs.network: who may mount, instead of the machine's own network
  LanAnswers lan{};
  /// clock.correct: true, a clock that cannot be right is set; false, it is right, and the bundle older than it should be.
  std::optional<bool> correct_clock{};
  std::optional<std::int64_t> time{};            ///< what time it is, UTC seconds, by the operator's word: never of a file
  std::map<std::string, std::string> values{};  ///< values.KEY: ${answers.KEY} in the appliance's texts
};

/// In small letters, with or without dots.
bool is_host_name(std::string_view text);

Answers parse_answers(std::string_view text, std::string_view file);
/// Canonical text, kept in /etc/rootcellar/answers.yaml.
std::string encode_answers(const Answers& answers);

}  // namespace rootcellar
