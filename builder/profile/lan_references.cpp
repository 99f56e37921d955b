// What the LAN's services need of packages.
#include <algorithm>

#include "builder/profile/reader.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

struct Service {
  bool wanted;
  std::string_view key;               ///< of the section lan; empty: the section itself
  std::vector<std::string> packages;  ///< one of them
};

bool names_package(const Profile& profile, const std::string& package) {
  const std::vector<std::string>& install = profile.packages.install;
  return std::any_of(install.begin(), install.end(), [&](const std::string& one) { return one.substr(0, one.find('=')) == package; });
}

void check_service(const YamlNode& lan, const Service& service, const Profile& profile, YamlFaults& faults) {
  const auto there = [&](const std::string& package) { return names_package(profile, package); };
  if (!service.wanted || std::any_of(service.packages.begin(), service.packages.end(), there)) return;
  const YamlNode* at = lan.find(service.key);
  faults.add(at != nullptr ? *at : lan, cat("lan", service.key.empty() ? "" : ".", service.key, " needs package '", join(service.packages, "' or '"), "' among packages.install"));
}

}  // namespace

void check_lan(const YamlNode& root, const Profile& profile, YamlFaults& faults) {
  const YamlNode* lan = root.find("lan");
  const LanSection& section = profile.lan;
  if (lan == nullptr || !section.enabled) return;
  for (const Service& service : {Service{true, "", {"ca-certificates"}},
                                 Service{section.nameserver, "nameserver", {"dnsmasq-base", "dnsmasq"}},
                                 Service{section.time, "time", {"chrony"}},
                                 Service{section.portal, "portal", {"nginx-light", "nginx"}},
                                 Service{section.portal, "portal", {"qrencode"}},
                                 Service{section.mdns, "mdns", {"avahi-daemon"}}}) {
    check_service(*lan, service, profile, faults);
  }
}

}  // namespace rootcellar
