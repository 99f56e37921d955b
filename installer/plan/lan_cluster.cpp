// What the cluster knows of the site: its names, by CoreDNS, and its trust, by what pods mount.
#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/existing.h"
#include "installer/plan/lan_site.h"

namespace rootcellar {
namespace {

constexpr unsigned k_first_with_ready = 16;  // kubeadm's CoreDNS is 1.6 from there on, and is asked at /ready
constexpr std::string_view k_names_step = "coredns-upstream";

/// For names that are neither the cluster's nor the site's: the nameservers that the answers give, as kubeadm's own configuration asks them.
std::string others(bool asked) {
  const std::string_view unknown = "    template ANY ANY {\n        rcode NXDOMAIN\n    }\n";
  const std::string_view upstream = "    forward . /etc/resolv.conf {\n        max_concurrent 1000\n    }\n    cache 30\n    loop\n";
  return cat(".:53 {\n    errors\n", asked ? upstream : unknown, "    reload\n}\n");
}

/// Several servers, because the plugin `template` comes before `kubernetes` in CoreDNS's own order and would answer for it.
std::string corefile(const std::string& domain, unsigned minor, const std::string& site, bool asked) {
  const std::string_view ready = minor >= k_first_with_ready ? "    ready\n" : "";
  return cat(domain, ":53 in-addr.arpa:53 ip6.arpa:53 {\n    errors\n    health\n", ready, "    kubernetes ", domain,
             " in-addr.arpa ip6.arpa {\n        pods insecure\n        ttl 30\n", asked ? "        fallthrough in-addr.arpa ip6.arpa\n" : "",
             "    }\n    prometheus :9153\n",
             asked ? "    forward . /etc/resolv.conf {\n        max_concurrent 1000\n    }\n" : "",
             "    cache 30\n    reload\n    loadbalance\n}\n", site, others(asked));
}

std::string indented(std::string_view text) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) out += cat("    ", line, "\n");
  }
  return out;
}

/// An earlier bundle's configuration is not taken away: it is written as this one wants it.
bool wrote_it_before(const PlanInput& input) {
  if (!input.facts.installed) return false;
  const std::vector<Step>& steps = input.facts.installed->steps;
  return std::any_of(steps.begin(), steps.end(), [](const Step& step) { return step.id == k_names_step; });
}

std::string names_block(const PlanInput& input) {
  if (!input.appliance().lan.enabled) return {};
  const LanSite site = make_lan_site(input);
  return site.ready() ? coredns_block(site.names) : std::string();
}

std::string_view names_title(bool site, bool asked) {
  if (!site) return asked ? "let CoreDNS ask the site's nameservers" : "let CoreDNS do without a nameserver";
  return asked ? "let CoreDNS know the site's names" : "let CoreDNS know the site's names, and do without a nameserver";
}

std::string_view names_reason(bool site, bool asked) {
  if (site && asked) return "Pods find the site's names as its people do; other names outside the cluster are asked of the site's nameservers.";
  if (site) return "Pods find the site's names as its people do, and no others outside the cluster: CoreDNS is given no nameserver to ask.";
  if (asked) return "Names outside the cluster are asked of the site's nameservers.";
  return "CoreDNS ends at once where it is given no nameserver; now names outside the cluster are unknown, and its own are answered.";
}

}  // namespace

void plan_cluster_names(const PlanInput& input, Plan& plan) {
  if (input.join != nullptr) return;
  const bool asked = !pods_nameservers(input).empty();
  const std::string site = names_block(input);
  if (asked && site.empty() && !wrote_it_before(input)) return;
  const ClusterSection& section = input.appliance().cluster;
  ApplyManifest apply;
  apply.name = "coredns-without-upstream";
  apply.space = "kube-system";
  apply.text = cat("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: coredns\n  namespace: kube-system\ndata:\n  Corefile: |\n",
                   indented(corefile(section.domain, kubernetes_minor(section.version).value_or(0), site, asked)));
  add_step(plan, std::string(k_names_step), std::string(names_title(!site.empty(), asked)), std::string(names_reason(!site.empty(), asked)),
           apply);
}

void caution_about_site_names(const PlanInput& input, Plan& plan) {
  const LanSection& lan = input.appliance().lan;
  if (!lan.enabled) return;
  const LanSite site = make_lan_site(input);
  if (!site.ready()) return;
  std::vector<std::string> records{cat(site.names.domain, " A ", site.names.address)};
  for (const LanHost& host : site.names.hosts) records.push_back(cat(host.name, '.', site.names.domain, " A ", host.address));
  if (site.names.everything_below) records.push_back(cat("*.", site.names.domain, " A ", site.names.address));
  plan.cautions.push_back(cat("the names of the site's own cluster are left as they are: its pods find ", site.names.domain,
                              " when the nameserver that it asks has the records ", join(records, ", ")));
}

void plan_shared_trust(const PlanInput& input, const char* kubeconfig, Plan& plan) {
  const LanSection& lan = input.appliance().lan;
  if (!lan.enabled || input.join != nullptr || !make_lan_site(input).ready()) return;
  for (const std::string& space : lan.trust_namespaces) {
    add_step(plan, cat("trust-in-", step_slug(space)), cat("share the site's trust with namespace '", space, "'"),
             "Pods there trust the site where they mount it, and can serve by its certificate.",
             ShareTrust{.space = space, .kubeconfig = kubeconfig});
  }
}

}  // namespace rootcellar
