#include "installer/plan/trust.h"

#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/existing.h"
#include "installer/plan/lan_certificate.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_host_trust = k_site_trust_file;
constexpr std::string_view k_in_store = "/etc/ssl/certs/rootcellar-site.pem";
constexpr std::string_view k_whole_store = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::string_view k_update = "/usr/sbin/update-ca-certificates";
constexpr std::string_view k_test = "/usr/bin/test";

/// The authority as this machine has it: made here, or brought by the ticket.
std::string authority_text(const PlanInput& input) {
  return input.join != nullptr ? input.join->authority : cat("${secret.", certificate_set(k_site_set).authority, "}\n");
}

/// Public, so a plan may hold it; what is made here is not known yet.
Action authority_file(const PlanInput& input, const std::string& path) {
  if (input.join != nullptr) return WriteFile{path, authority_text(input), 0644, {}};
  return WriteFilled{path, authority_text(input), 0644};
}

ToolCall tool(std::vector<std::string> argv, std::uint64_t time_limit = 60) {
  ToolCall call;
  call.argv = std::move(argv);
  call.time_limit = time_limit;
  return call;
}

/// Taken back in the other order: the file goes first, and the store is made anew without it.
void plan_store(const PlanInput& input, Plan& plan) {
  const std::string file(k_host_trust), update(k_update), test(k_test);
  RunTool look;
  look.call = tool({test, "-x", update});
  look.probe = tool({test, "-L", std::string(k_in_store)});
  look.undo = tool({update, "--fresh"}, 300);
  add_step(plan, "site-trust-store", "find this machine's trust store", "The site's authority is added to it, and taken out again with the appliance.", look);
  add_step(plan, "site-trust-file", cat("write ", file), "This machine's own programs trust the site, too.", authority_file(input, file));
  RunTool add;
  add.call = tool({update}, 300);
  add.probe = tool({test, std::string(k_whole_store), "-nt", file});
  add_step(plan, "site-trust", "tell this machine's trust store", "Programs read the store's own list.", add);
}

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

}  // namespace

bool registry_tls(const PlanInput& input) {
  const Appliance& appliance = input.appliance();
  const bool ours = input.own_registry() || (input.join != nullptr && !input.site_registry() && !input.join->site_registry);
  return appliance.registry.enabled && appliance.registry.tls && appliance.lan.enabled && ours;
}

std::vector<std::string> registry_spellings(const PlanInput& input) {
  const Endpoint& local = input.layout.local;
  const LanSite site = make_lan_site(input);
  std::vector<std::string> hosts;
  add_once(hosts, local.address);
  if (!input.layout.listen.loopback()) {
    add_once(hosts, input.join != nullptr ? input.join->address : site.address);
    add_once(hosts, site.names.domain);
    for (const LanHost& host : site.names.hosts) {
      if (host.name == "registry") add_once(hosts, cat(host.name, ".", site.names.domain));
    }
  }
  std::vector<std::string> spellings;
  for (const std::string& host : hosts) {
    spellings.push_back(Endpoint{host, local.port}.text());
    if (input.appliance().registry.auth == "htpasswd") spellings.push_back(Endpoint{host, input.layout.push.port}.text());
  }
  return spellings;
}

void plan_registry_key(const PlanInput& input, Plan& plan) {
  if (!registry_tls(input)) return;
  const std::string key(k_registry_key), user(k_registry_user);
  add_step(plan, "registry-key", cat("write ", key), "The registry serves by the site's certificate, and reads its key under its own name.",
           WriteFilled{key, cat("${secret.", certificate_set(k_site_set).certificate_key, "}\n"), 0600, {}, {user, user}});
}

// Made by itself, and not along with the first file: which files there are changes with this machine's address.
void plan_docker_trust(const PlanInput& input, Plan& plan) {
  if (!registry_tls(input) && !has_own_names(input)) return;
  const std::string folder = "/etc/docker/certs.d";
  add_step(plan, "docker-trust-directory", cat("make directory ", folder), "docker looks there whom to believe.", MakeDirectory{folder});
  plan_own_addresses(input, plan);
  if (!registry_tls(input)) return;
  for (const std::string& spelling : registry_spellings(input)) {
    const std::string path = cat("/etc/docker/certs.d/", spelling, "/ca.crt");
    add_step(plan, cat("docker-trust-", step_slug(spelling)), cat("write ", path), cat("docker believes the registry at ", spelling, " by the site's authority."),
             authority_file(input, path));
  }
}

void plan_machine_trust(const PlanInput& input, const LanSite& site, Plan& plan) {
  const std::string path(k_site_authority);
  const bool has_authority = input.join == nullptr ? !is_known_everywhere(input) : !input.join->authority.empty();
  if (has_authority) {
    add_step(plan, "site-authority-file", cat("write ", path), "Who checks the site's certificate on this machine reads it.", authority_file(input, path));
    plan_store(input, plan);
  }
  std::vector<std::string> lines;
  const std::string text = hosts_lines(site.names);
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  add_step(plan, "site-names", cat("name '", site.names.domain, "' in /etc/hosts"), "This machine knows the site's names whatever nameserver it asks.",
           EditLines{"/etc/hosts", lines, {}});
}

void plan_trust_fit(const PlanInput& input, Plan& plan) {
  const std::string_view package = "ca-certificates";
  if (!input.has_package(package)) {
    plan.refusals.push_back(cat("this machine has no trust store for the site's authority, and the bundle does not bring the package '", package, "'"));
  }
  if (registry_tls(input) && brings_certificate(input))
    plan.refusals.emplace_back("the registry serves over https by a certificate of the site's own authority, for this machine's addresses, too: leave out "
                               "'lan.certificate', or take a bundle without registry.tls");
  // A certificate that the site brought may be one that every machine believes already.
  const bool made_here = input.appliance().lan.certificate == "made";
  if (input.join != nullptr && (input.join->domain.empty() || (made_here && input.join->authority.empty()))) {
    plan.refusals.emplace_back("the ticket says nothing of the site's authority: make a new one with 'rootcellar-install ticket' on the first node");
  }
}

}  // namespace rootcellar
