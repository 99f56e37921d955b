// What the appliance offers to its network.
#include <algorithm>

#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_max_port = 65535;

LanLink read_link(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "link keys");
  LanLink link;
  link.title = require_text_that(map, "title", is_title, "one line of text");
  link.url = map.require_text("url");
  link.text = text_that(map, "text", is_title, "one line of text");
  const YamlNode* url = map.take("url");
  if (url != nullptr && !link.url.starts_with("https://") && !link.url.starts_with("http://"))
    context.faults.add(*url, "key 'url': expected an http:// or https:// address", "as in https://${site.domain}/");
  context.finish(map, "lan.links");
  return link;
}

LanBalancer read_balancer(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "balancer keys");
  LanBalancer balancer;
  balancer.enabled = map.boolean("enabled", true);
  balancer.range = text_that(map, "range", is_address_range, "two IPv4 addresses like 192.0.2.240-192.0.2.250");
  context.finish(map, "lan.balancer");
  return balancer;
}

void read_services(YamlMap& map, LanSection& lan) {
  lan.nameserver = map.boolean("nameserver", lan.nameserver);
  lan.mdns = map.boolean("mdns", lan.mdns);
  lan.time = map.boolean("time", lan.time);
  lan.portal = map.boolean("portal", lan.portal);
  lan.http_port = number_between(map, "http_port", lan.http_port, 1, k_max_port);
  lan.https_port = number_between(map, "https_port", lan.https_port, 1, k_max_port);
}

}  // namespace

LanSection read_lan(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "lan keys");
  LanSection lan;
  lan.enabled = map.boolean("enabled", true);
  lan.domain = text_that(map, "domain", is_site_domain, "a name with a dot, in small letters, like lab.internal");
  lan.names = texts_that(map, "names", is_object_name, "a name below the site's domain, in small letters");
  lan.everything_below = map.boolean("everything_below", lan.everything_below);
  read_services(map, lan);
  lan.certificate = map.one_of("certificate", {"made", "provided"}, lan.certificate);
  lan.trust_namespaces = texts_that(map, "trust_namespaces", is_object_name, "a namespace's name");
  if (const YamlNode* balancer = map.take("balancer")) lan.balancer = read_balancer(*balancer, context);
  map.list("links", [&](const YamlNode& item) { lan.links.push_back(read_link(item, context)); });
  if (lan.http_port == lan.https_port) context.faults.add(node, cat("http and https cannot both be at port ", lan.http_port));
  context.finish(map, "lan");
  return lan;
}

}  // namespace rootcellar
