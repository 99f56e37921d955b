// The files by which hosts of other sites use this cluster.
#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/site_template.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/subjects.h"

namespace rootcellar {
namespace {

/// Nothing, and a refusal, where a place cannot be filled in; those of answers are refused by check_references already.
std::optional<std::string> host_of(const ClusterExport& described, const PlanInput& input, const ClusterSite& site) {
  if (described.host.empty()) return input.site_cluster() ? std::string() : site.address;
  const std::vector<TemplateValue> values = template_values(input, site);
  try {
    return render_template(
        described.host,
        [&](std::string_view name) -> std::optional<std::string> {
          const auto found = std::find_if(values.begin(), values.end(), [&](const TemplateValue& value) { return value.name == name; });
          return found == values.end() ? std::nullopt : std::optional(found->value);
        },
        cat("host of export '", described.name, "'"));
  } catch (const InputError&) {
    return std::nullopt;
  }
}

/// A program that checks certificates, as it should, would refuse to speak with a server under another name.
bool is_certified(const std::string& host, const ClusterSite& site) {
  const auto is_it = [&](const std::string& name) { return name == host; };
  return host == site.address || host == site.node || host == site.endpoint ||
         std::any_of(site.cert_sans.begin(), site.cert_sans.end(), is_it);
}

void plan_export(const PlanInput& input, const ClusterExport& described, const std::string& host, const ClusterSite& site, Plan& plan) {
  ExportAccess access;
  access.name = described.name;
  access.space = described.space.empty() ? "default" : described.space;
  access.account = described.account;
  access.cluster_roles = described.cluster_roles;
  access.roles = described.roles;
  access.host = host;
  access.path = described.path;
  access.format = described.format;
  access.node = site.node;
  if (input.site_cluster()) access.kubeconfig = k_site_kubeconfig;
  add_step(plan, cat("export-", step_slug(described.name)), cat("write ", described.path),
           cat("With this file another host uses the cluster as service account '", access.account, "'."), access);
  plan.cautions.push_back(cat("whoever has ", described.path, " may do in the cluster what service account '", access.account,
                              "' may: carry it as you carry a key"));
}

}  // namespace

void plan_exports(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  for (const ClusterExport& described : input.appliance().cluster.exports) {
    const std::optional<std::string> host = host_of(described, input, site);
    if (!host) continue;
    // For which names the site's own API server has a certificate is the site's business.
    if (!input.site_cluster() && !is_certified(*host, site)) {
      plan.refusals.push_back(
          cat("export '", described.name, "' is for hosts that reach this cluster as '", *host,
              "', and the API server's certificate is not for that name: add it to the answers below 'cluster', 'cert_sans'"));
    }
    plan_export(input, described, *host, site, plan);
  }
}

}  // namespace rootcellar
