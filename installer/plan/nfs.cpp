#include <algorithm>
#include <array>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/nfs_steps.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_settings = "/etc/nfs.conf.d/rootcellar.conf";
constexpr std::string_view k_lockd_settings = "/etc/modprobe.d/rootcellar-nfs.conf";
constexpr std::string_view k_package = "nfs-kernel-server", k_client_package = "nfs-common";
constexpr std::string_view k_loopback = "127.0.0.1";

const NfsSection& section_of(const PlanInput& input) { return input.appliance().nfs; }

bool has_version(const NfsSection& nfs, std::string_view version) {
  return std::find(nfs.versions.begin(), nfs.versions.end(), version) != nfs.versions.end();
}

// ---- where it is served and to whom

/// The network that is at an interface of this machine itself and holds the address.
std::optional<Network> network_of(const NodeFacts& node, const std::string& address) {
  const auto number = parse_ipv4(address);
  std::optional<Network> best;
  for (const Route& route : node.routes) {
    if (!number || route.gateway != 0 || route.to.prefix == 0 || !route.to.contains(*number)) continue;
    if (!best || route.to.prefix > best->prefix) best = route.to;
  }
  return best;
}

std::string address_in(const NodeFacts& node, const Network& network) {
  for (const NodeAddress& own : node.addresses) {
    const auto number = parse_ipv4(own.address);
    if (number && network.contains(*number)) return own.address;
  }
  return {};
}

}  // namespace

NfsSite make_nfs_site(const PlanInput& input) {
  const NodeFacts& node = input.facts.node;
  NfsSite site{make_cluster_site(input).address, input.answers.nfs_network.value_or(section_of(input).network)};
  const auto asked = parse_network(site.network);
  if (asked && site.address.empty()) site.address = address_in(node, *asked);
  if (site.address.empty() && node.addresses.empty()) site.address = k_loopback;
  if (!site.network.empty() || site.address.empty()) return site;
  const auto own = network_of(node, site.address);
  site.network = own ? own->text() : cat(site.address, "/32");
  return site;
}

// ---- refusals

bool runs_unit_of_ours(const PlanInput& input, std::string_view unit) {
  if (!input.facts.installed) return false;
  const std::vector<Step>& steps = input.facts.installed->steps;
  return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
    const auto* set = std::get_if<SetUnit>(&step.action);
    return set != nullptr && set->unit == unit && set->active;
  });
}

void refuse_nfs_port(const PlanInput& input, std::uint32_t port, Plan& plan) {
  if (runs_unit_of_ours(input, k_nfs_unit) || runs_unit_of_ours(input, k_nfs_container_unit)) return;
  const auto is_it = [&](const ListeningPort& there) { return there.port == port; };
  const auto taken = std::find_if(input.facts.ports.begin(), input.facts.ports.end(), is_it);
  if (taken == input.facts.ports.end()) return;
  plan.refusals.push_back(cat("port ", port, " is taken by a program of user '", taken->user, "', and NFS needs it"));
}

namespace {

bool is_below(const std::string& path, const std::string& folder) { return path == folder || path.starts_with(cat(folder, "/")); }

void refuse_foreign(const PlanInput& input, const NfsExport& share, Plan& plan) {
  for (const ForeignExport& there : input.facts.storage.exports) {
    if (!is_below(share.path, there.path) && !is_below(there.path, share.path)) continue;
    plan.refusals.push_back(cat("'", share.path, "' is to be given away by NFS, and ", there.file, " gives '", there.path,
                                "' away already: take that line out, or answer 'existing.nfs'"));
  }
}

/// Filesystems that the kernel's server takes no file by its number from, or only by numbers that change.
void refuse_filesystem(const PlanInput& input, const NfsExport& share, Plan& plan) {
  constexpr std::array<std::string_view, 8> k_bad = {"overlay", "vfat", "exfat", "ntfs3", "tmpfs", "fuse", "nfs", "9p"};
  const auto space = input.facts.space.find(share.path);
  if (space == input.facts.space.end()) return;
  const std::string& filesystem = space->second.filesystem;
  if (std::find(k_bad.begin(), k_bad.end(), filesystem) == k_bad.end()) return;
  plan.refusals.push_back(cat("'", share.path, "' lies on ", filesystem, ", which cannot be given away by NFS: mount a disk there"));
}

}  // namespace

void check_nfs_fit(const PlanInput& input, const NfsSite& site, Plan& plan) {
  if (!input.facts.storage.has_nfsd) {
    plan.refusals.push_back(cat("the appliance gives folders away by NFS, and this machine's kernel ", input.facts.node.kernel,
                                " has no NFS server (module nfsd)"));
  }
  // A package that is there has its own server at its port; a container takes another's place only where a plan of ours put it.
  if (!nfs_image(input).empty() || !input.facts.packages.contains(std::string(k_package))) refuse_nfs_port(input, k_nfs_port, plan);
  if (!input.facts.packages.contains("rpcbind")) refuse_nfs_port(input, k_rpcbind_port, plan);
  for (const NfsExport& share : section_of(input).exports) {
    refuse_foreign(input, share, plan);
    refuse_filesystem(input, share, plan);
  }
  if (site.address.empty())
    plan.refusals.push_back("this machine is in several networks, and nothing says which of them NFS is for: answer 'nfs.network'");
  if (site.address == k_loopback) plan.cautions.push_back("this machine has no network: it gives its folders to itself alone");
}

// ---- steps

namespace {

/// nfs.conf(5). What is not said stays as the distribution has it.
std::string settings_text(const NfsSection& nfs) {
  std::string text = cat("[nfsd]\nvers3=", has_version(nfs, "3") ? "y" : "n", "\nvers4=", has_version(nfs, "4") ? "y" : "n", "\n");
  if (!nfs.fixed_ports) return text;
  return text + cat("[mountd]\nport=", k_mountd_port, "\n[statd]\nport=", k_statd_port, "\n[lockd]\nport=", k_lockd_port,
                    "\nudp-port=", k_lockd_port, "\n");
}

}  // namespace

/// The kernel reads lockd's ports when it loads the module, whoever asks for it.
void plan_nfs_locks(const NfsSection& nfs, Plan& plan) {
  if (!nfs.fixed_ports || !has_version(nfs, "3")) return;
  const std::string path(k_lockd_settings);
  add_step(plan, "nfs-lock-ports", cat("write ", path), "The kernel's locks for NFSv3 keep to a port that a firewall can be told.",
           WriteFile{path, cat("options lockd nlm_tcpport=", k_lockd_port, " nlm_udpport=", k_lockd_port, "\n")});
}

void plan_nfs_ports(const NfsSection& nfs, bool fixed_helpers, Plan& plan) {
  const auto add = [&](std::uint32_t port, std::string purpose) { plan.ports.push_back({"0.0.0.0", port, std::move(purpose)}); };
  add(k_nfs_port, "NFS");
  if (!has_version(nfs, "3")) return;
  add(k_rpcbind_port, "rpcbind, for NFSv3");
  if (fixed_helpers) add(k_statd_port, "rpc.statd, for NFSv3");
  if (fixed_helpers) add(k_mountd_port, "rpc.mountd, for NFSv3");
  if (nfs.fixed_ports) add(k_lockd_port, "locks of NFSv3");
}

void plan_nfs_proof(const PlanInput& input, const NfsSite& site, Plan& plan) {
  const auto network = parse_network(site.network);
  const auto address = parse_ipv4(site.address);
  const NfsSection& nfs = section_of(input);
  if (!network || !address || !network->contains(*address)) return;
  for (const std::string& version : nfs.versions) {
    for (const NfsExport& share : nfs.exports) {
      add_step(plan, cat("nfs-mount-", step_slug(share.name), "-v", version), cat("mount ", share.path, " by NFSv", version, " for a moment"),
               "Proves that a machine of the network gets it.", TryMount{site.address, share.path, {cat("vers=", version)}});
    }
  }
}

namespace {

void plan_server(const PlanInput& input, Plan& plan) {
  const NfsSection& nfs = section_of(input);
  const NfsSite site = make_nfs_site(input);
  check_nfs_fit(input, site, plan);
  const std::string settings(k_settings), table(k_exports_table);
  if (runs_unit_of_ours(input, k_nfs_container_unit))
    add_step(plan, "nfs-no-container", cat("keep ", k_nfs_container_unit, " down"), "The earlier bundle's server has the same ports.",
             SetUnit{std::string(k_nfs_container_unit), false, false});
  add_step(plan, "nfs-settings-directory", cat("make directory ", path_parent(settings)), "NFS reads additions to its settings there.",
           MakeDirectory{path_parent(settings)});
  add_step(plan, "nfs-settings", cat("write ", settings), cat("Serves NFS in version ", join(nfs.versions, " and "), "."),
           WriteFile{settings, settings_text(nfs)});
  plan_nfs_locks(nfs, plan);
  add_step(plan, "nfs-service", cat("enable and start ", k_nfs_unit), "The folders are there again after a boot.",
           SetUnit{std::string(k_nfs_unit), true, true, true, watch_also_packages(input, {settings})});
  add_step(plan, "nfs-exports-directory", cat("make directory ", path_parent(table)), "Tables of exports beside /etc/exports go there.",
           MakeDirectory{path_parent(table)});
  add_step(plan, std::string(k_exports_step), cat("write ", table, " and tell the kernel"),
           cat("Whoever is in ", site.network, " may mount what is in it; /etc/exports stays as it is."),
           ExportFolders{table, exports_table(input)});
  plan_nfs_ports(nfs, nfs.fixed_ports, plan);
  plan_nfs_proof(input, site, plan);
}

/// The packages are the same on every machine of a rack.
void keep_server_down(const PlanInput& input, Plan& plan) {
  const auto& wanted = input.appliance().packages.files;
  const bool is_brought = std::any_of(wanted.begin(), wanted.end(), [](const PackageFile& file) { return file.name == k_package; });
  if (!section_of(input).enabled || !is_brought || input.facts.packages.contains(std::string(k_package))) return;
  add_step(plan, "nfs-service", cat("keep ", k_nfs_unit, " down"), "Another machine gives the folders away.",
           SetUnit{std::string(k_nfs_unit), false, false});
}

std::string existing_path(const ExistingNfs& existing, const NfsExport& share, bool is_first) {
  const auto found = existing.paths.find(share.name);
  if (found != existing.paths.end()) return found->second;
  return is_first ? existing.path : std::string();
}

void plan_existing(const PlanInput& input, Plan& plan) {
  const ExistingNfs& existing = *input.answers.existing.nfs;
  const std::string silence = input.facts.storage.existing_nfs.value_or("");
  if (!silence.empty())
    plan.refusals.push_back(cat("the NFS server ", existing.server, " of the answers does not answer at port ", k_nfs_port, ": ", silence));
  if (!input.has_package(k_client_package))
    plan.refusals.push_back(cat("the answers name an NFS server, and neither this machine nor the bundle has the package ", k_client_package));
  std::vector<std::string> paths{existing.path};
  const auto& exports = section_of(input).exports;
  for (std::size_t i = 0; i < exports.size(); ++i) {
    const std::string path = existing_path(existing, exports[i], i == 0);
    if (path.empty())
      plan.refusals.push_back(cat("the answers do not say which folder of the NFS server stands in for '", exports[i].name,
                                  "': answer 'existing.nfs.paths.", exports[i].name, "'"));
    if (!path.empty() && std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
  }
  for (const std::string& path : paths) {
    add_step(plan, cat("nfs-mount-", step_slug(path)), cat("mount ", existing.server, ":", path, " for a moment"),
             "Proves that the site's own NFS server gives it; nothing there is changed.", TryMount{existing.server, path, {}});
  }
}

}  // namespace

bool serves_nfs(const PlanInput& input) {
  return section_of(input).enabled && input.join == nullptr && !input.answers.existing.nfs;
}

std::string exports_table(const PlanInput& input) {
  const NfsSite site = make_nfs_site(input);
  std::string text = "# Made by rootcellar-install; see 'rootcellar-install plan'. Lines of your own belong into /etc/exports.\n";
  for (const NfsExport& share : section_of(input).exports)
    text += cat(share.path, " ", site.network, "(", join(share.options, ","), ")\n");
  return text;
}

void add_nfs_values(const PlanInput& input, std::vector<TemplateValue>& values) {
  const auto& existing = input.answers.existing.nfs;
  const auto& exports = section_of(input).exports;
  if (!existing && !section_of(input).enabled) return;
  values.push_back({"site.nfs_server", existing ? existing->server : make_nfs_site(input).address});
  values.push_back({"site.nfs_path", existing ? existing->path : exports.empty() ? std::string() : exports.front().path});
  for (std::size_t i = 0; i < exports.size(); ++i)
    values.push_back({cat("site.nfs_path_", exports[i].name), existing ? existing_path(*existing, exports[i], i == 0) : exports[i].path});
}

void plan_nfs(const PlanInput& input, Plan& plan) {
  if (!nfs_image(input).empty()) return;  // plan_nfs_container's, after the images
  if (serves_nfs(input)) return plan_server(input, plan);
  keep_server_down(input, plan);
  if (input.answers.existing.nfs) plan_existing(input, plan);
}

}  // namespace rootcellar
