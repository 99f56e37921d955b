#include "builder/lock/lan_text.h"

namespace rootcellar {
namespace {

void flag(YamlWriter& out, std::string_view key, bool value) {
  out.key(key);
  out.value_plain(value);
}

void write_balancer(YamlWriter& out, const LanBalancer& balancer) {
  out.key("balancer");
  out.begin_map();
  flag(out, "enabled", balancer.enabled);
  out.entry("range", balancer.range);
  out.end_map();
}

void write_links(YamlWriter& out, const std::vector<LanLink>& links) {
  out.key("links");
  out.begin_list();
  for (const LanLink& link : links) {
    out.begin_map();
    out.entry("text", link.text);
    out.entry("title", link.title);
    out.entry("url", link.url);
    out.end_map();
  }
  out.end_list();
}

LanBalancer read_balancer(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "balancer keys");
  LanBalancer balancer;
  balancer.enabled = map.boolean("enabled", false);
  balancer.range = map.text("range");
  map.finish();
  return balancer;
}

LanLink read_link(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "link keys");
  LanLink link;
  link.text = map.text("text");
  link.title = map.require_text("title");
  link.url = map.require_text("url");
  map.finish();
  return link;
}

}  // namespace

void write_lan(YamlWriter& out, const LanSection& lan) {
  out.key("lan");
  out.begin_map();
  if (lan.balancer.enabled) write_balancer(out, lan.balancer);
  out.entry("certificate", lan.certificate);
  if (!lan.domain.empty()) out.entry("domain", lan.domain);
  flag(out, "everything_below", lan.everything_below);
  out.entry_number("http_port", lan.http_port);
  out.entry_number("https_port", lan.https_port);
  if (!lan.links.empty()) write_links(out, lan.links);
  flag(out, "mdns", lan.mdns);
  out.entry_list("names", lan.names);
  flag(out, "nameserver", lan.nameserver);
  flag(out, "portal", lan.portal);
  flag(out, "time", lan.time);
  out.entry_list("trust_namespaces", lan.trust_namespaces);
  out.end_map();
}

LanSection read_locked_lan(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "lan keys");
  LanSection lan;
  lan.enabled = true;
  if (const YamlNode* balancer = map.take("balancer")) lan.balancer = read_balancer(*balancer, faults);
  lan.certificate = map.one_of("certificate", {"made", "provided"}, "made");
  lan.domain = map.text("domain");
  lan.everything_below = map.boolean("everything_below", false);
  lan.http_port = map.require_number("http_port");
  lan.https_port = map.require_number("https_port");
  map.list("links", [&](const YamlNode& item) { lan.links.push_back(read_link(item, faults)); });
  lan.mdns = map.boolean("mdns", false);
  lan.names = map.text_list("names");
  lan.nameserver = map.boolean("nameserver", false);
  lan.portal = map.boolean("portal", false);
  lan.time = map.boolean("time", false);
  lan.trust_namespaces = map.text_list("trust_namespaces");
  map.finish();
  return lan;
}

}  // namespace rootcellar
