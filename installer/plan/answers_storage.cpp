#include "installer/plan/answers_storage.h"

#include "bundle/base/text.h"
#include "installer/plan/endpoint.h"
#include "installer/plan/network.h"

namespace rootcellar {
namespace {

std::string read_folder(const YamlNode& node, const std::string& what, YamlFaults& faults) {
  std::string path = yaml_text(node, faults, what);
  if (path != "/" && !is_storage_path(path))
    faults.add(node, cat("'", what, "' is not the absolute path of a directory"), "give a path like /srv/share, without '..' and without spaces");
  return path;
}

}  // namespace

void read_nfs_answers(const YamlNode& node, Answers& answers, YamlFaults& faults) {
  YamlMap map(node, faults, "nfs");
  if (const YamlNode* network = map.take("network")) {
    answers.nfs_network = yaml_text(*network, faults, "nfs.network");
    if (!parse_network(*answers.nfs_network))
      faults.add(*network, "'nfs.network' is not an IPv4 network", "give the network's first address and its length, like 192.0.2.0/24");
  }
  map.finish();
}

ExistingNfs read_existing_nfs(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "existing.nfs");
  ExistingNfs nfs;
  if (const YamlNode* server = map.require("server")) {
    nfs.server = yaml_text(*server, faults, "existing.nfs.server");
    if (!parse_ipv4(nfs.server)) faults.add(*server, "'existing.nfs.server' is not a numeric IPv4 address", "give an address like 192.0.2.5");
  }
  if (const YamlNode* path = map.require("path")) nfs.path = read_folder(*path, "existing.nfs.path", faults);
  map.map("paths", [&](const std::string& name, const YamlNode& path) {
    nfs.paths[name] = read_folder(path, cat("existing.nfs.paths.", name), faults);
  });
  map.finish();
  return nfs;
}

void encode_nfs_answers(YamlWriter& out, const Answers& answers) {
  if (!answers.nfs_network) return;
  out.key("nfs");
  out.begin_map();
  out.entry("network", *answers.nfs_network);
  out.end_map();
}

void encode_existing_nfs(YamlWriter& out, const ExistingNfs& nfs) {
  out.key("nfs");
  out.begin_map();
  out.entry("server", nfs.server);
  out.entry("path", nfs.path);
  if (!nfs.paths.empty()) {
    out.key("paths");
    out.begin_map();
    for (const auto& [name, path] : nfs.paths) out.entry(name, path);
    out.end_map();
  }
  out.end_map();
}

}  // namespace rootcellar
