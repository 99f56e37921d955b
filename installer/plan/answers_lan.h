// What the site says about its network: the name it goes by, and its machines' names.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "bundle/base/yaml.h"

namespace rootcellar {

struct LanAnswers {
  std::optional<std::string> domain;    ///< lan.domain: what people type
  std::optional<std::string> address;   ///< lan.address: what the domain means, where it is not this machine: a load balancer's
  std::optional<std::string> range;     ///< lan.range: the load balancer's, "192.0.2.240-192.0.2.250"
  std::optional<std::string> admin;     ///< lan.admin: whom the people of the lab ask; told by the page, and ${site.admin}
  std::optional<std::string> network;   ///< lan.network: the people's, "192.0.2.0/24"
  std::map<std::string, std::string> hosts;  ///< lan.hosts: more names below the domain, and their addresses
  std::optional<bool> nameserver, mdns, time, portal;  ///< lan.nameserver, ...: false where the site has its own
  /// lan.certificate.chain and .key: absolute paths of PEM files that the site brings along instead of its own authority's certificate.
  std::optional<std::string> certificate_chain, certificate_key;
  bool operator==(const LanAnswers&) const = default;
};

void read_lan_answers(const YamlNode& node, LanAnswers& answers, YamlFaults& faults);
void encode_lan_answers(YamlWriter& out, const LanAnswers& answers);

}  // namespace rootcellar
