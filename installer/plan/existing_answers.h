// What the site says that it has already: each is used as it is, and nothing of it is taken away.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bundle/base/yaml.h"

namespace rootcellar {

/// existing.registry
struct ExistingRegistry {
  std::string address;        ///< HOST:PORT
  std::string ca;             ///< file with the certificates of its authority; empty: it is asked without TLS
  std::string account;        ///< empty: it asks for none
  std::string password_file;  ///< holds the account's password, on one line
  bool operator==(const ExistingRegistry&) const = default;
};

/// existing.cluster
struct ExistingCluster {
  std::string kubeconfig;  ///< file
  std::string context;     ///< of that file; empty: the one it says
  bool operator==(const ExistingCluster&) const = default;
};

/// An NFS server that the site has already: used, and never changed.
struct ExistingNfs {
  std::string server;                        ///< existing.nfs.server: numeric
  std::string path;                          ///< existing.nfs.path: what stands in for the appliance's first export
  std::map<std::string, std::string> paths{};  ///< existing.nfs.paths.NAME: what stands in for its others
  bool operator==(const ExistingNfs&) const = default;
};

struct ExistingAnswers {
  std::optional<ExistingRegistry> registry;
  std::optional<ExistingCluster> cluster;
  std::vector<std::string> nameservers;  ///< existing.dns.servers: numeric IPv4
  std::optional<ExistingNfs> nfs{};
  bool operator==(const ExistingAnswers&) const = default;
};

ExistingAnswers read_existing(const YamlNode& node, YamlFaults& faults);
/// The key `existing` with what there is; nothing when there is nothing.
void encode_existing(YamlWriter& out, const ExistingAnswers& existing);

}  // namespace rootcellar
