// What another site's host is given to use this cluster.
#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_section = "cluster.exports";

/// RBAC's names may hold what a path may not be: "system:node".
bool is_rbac_role(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c == '/' || c == '%' || c == '\x7f') return false;
  }
  return !text.empty() && text.size() <= 253 && text != "." && text != "..";
}

}  // namespace

ClusterExport read_export(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "export keys");
  ClusterExport described;
  described.name = require_text_that(map, "name", is_object_name, "at most 63 lower-case letters, digits, '.' and '-'");
  described.space = text_that(map, "namespace", is_object_name, "a namespace's name");
  described.account = text_that(map, "service_account", is_object_name, "a service account's name", described.account);
  described.cluster_roles = texts_that(map, "cluster_roles", is_rbac_role, "a ClusterRole's name");
  described.roles = texts_that(map, "roles", is_rbac_role, "a Role's name");
  described.host = read_site_text(map, "host");
  described.path = require_text_that(map, "destination", is_destination,
                                     "an absolute path outside /var/lib/rootcellar, /etc/rootcellar, /proc, /sys and /dev");
  described.format = map.one_of("format", {"tator", "kubeconfig"}, described.format);
  context.finish(map, k_section);
  return described;
}

}  // namespace rootcellar
