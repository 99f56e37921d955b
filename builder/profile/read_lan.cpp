// What the appliance offers to its network.
#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_max_port = 65535;

LanLink read_link(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "link keys");
  LanLink link;
  link.title = map.require_text("title");
  link.url = read_site_text(map, "url");
  link.text = map.text("text");
  if (!link.url.starts_with("https://") && !link.url.starts_with("http://")) {
    context.faults.add(node, "key 'url': expected an http:// or https:// address", "as in https://${site.domain}/");
  }
  context.finish(map, "lan.links");
  return link;
}

}  // namespace

LanSection read_lan(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "lan keys");
  LanSection lan;
  lan.enabled = map.boolean("enabled", true);
  lan.names = texts_that(map, "names", is_name_below, "a name below the site's domain, in small letters");
  lan.everything_below = map.boolean("everything_below", lan.everything_below);
  lan.nameserver = map.boolean("nameserver", lan.nameserver);
  lan.time = map.boolean("time", lan.time);
  lan.portal = map.boolean("portal", lan.portal);
  lan.http_port = number_between(map, "http_port", lan.http_port, 1, k_max_port);
  lan.https_port = number_between(map, "https_port", lan.https_port, 1, k_max_port);
  map.list("links", [&](const YamlNode& item) { lan.links.push_back(read_link(item, context)); });
  if (lan.http_port == lan.https_port) context.faults.add(node, cat("http and https cannot both be at port ", lan.http_port));
  context.finish(map, "lan");
  return lan;
}

}  // namespace rootcellar
