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
  std::optional<std::string> network;   ///< lan.network: the people's, "192.0.2.0/24"
  std::map<std::string, std::string> hosts;  ///< lan.hosts: more names below the domain, and their addresses
  std::optional<bool> nameserver, time, portal;             ///< lan.nameserver, ...: false where the site has its own
  bool operator==(const LanAnswers&) const = default;
};

void read_lan_answers(const YamlNode& node, LanAnswers& answers, YamlFaults& faults);
void encode_lan_answers(YamlWriter& out, const LanAnswers& answers);

}  // namespace rootcellar
