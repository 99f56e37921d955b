// Who believes the site's authority on this machine: its own programs, docker, containerd, and the registry that it speaks for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "installer/plan/lan_site.h"
#include "installer/run/site_get.h"

namespace rootcellar {

/// Of the registry's, for its own user.
inline constexpr std::string_view k_registry_key = "/etc/rootcellar/registry.key";
inline constexpr std::string_view k_site_chain = "/etc/rootcellar/site.crt";

/// The registry that serves the images, here or on the first node, does so over https by the site's certificate.
bool registry_tls(const PlanInput& input);
/// HOST:PORT of everything docker and people may call that registry, its push port too.
std::vector<std::string> registry_spellings(const PlanInput& input);
/// Its key where its user may read it. Comes after the user.
void plan_registry_key(const PlanInput& input, Plan& plan);
/// docker believes the registry under each of its spellings.
void plan_docker_trust(const PlanInput& input, Plan& plan);
/// The authority's certificate in a file, in this machine's own store, and the site's names in /etc/hosts.
void plan_machine_trust(const PlanInput& input, const LanSite& site, Plan& plan);
/// Refusals: no trust store, a ticket without an authority.
void plan_trust_fit(const PlanInput& input, Plan& plan);

/// Names of other registries that docker asks by themselves are answered for by this machine, or by the first node through it.
bool has_own_names(const PlanInput& input);
/// Where machines that join reach them; none where nobody else can.
std::vector<OpenedPort> own_name_ports(const PlanInput& input);
/// The registry's program as it lies on this machine.
std::string_view registry_program(const RegistrySection& registry);
/// The addresses where the page is served: all of them, unless loopback's port 443 is needed.
std::vector<std::string> page_addresses(const PlanInput& input, const LanSite& site);
/// Their addresses and lines in /etc/hosts, before docker starts: it reads that file at most every 5 seconds.
void plan_own_addresses(const PlanInput& input, Plan& plan);
/// The second authority and what serves by it; comes after the page, which leaves it port 443.
void plan_own_names(const PlanInput& input, Plan& plan);
void plan_own_names_fit(const PlanInput& input, Plan& plan);

}  // namespace rootcellar
