#include <algorithm>
#include <array>
#include <set>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/plan/existing.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_config = "/etc/containerd/config.toml";
constexpr std::string_view k_certs = "/etc/containerd/certs.d";
/// systemd takes it for every unit whose name begins so (systemd.unit(5), truncated names).
constexpr std::string_view k_scope_drop_in = "/etc/systemd/system/cri-containerd-.scope.d/rootcellar-cluster.conf";
constexpr std::string_view k_drop_in = "/etc/systemd/system/containerd.service.d/rootcellar-cluster.conf";

/// "1.6.20~ds1-1+deb12u2": {1, 6}; the bundle's package comes before the one that is here. {1, 0} when neither is known: every containerd
/// understands that format.
std::pair<std::uint64_t, std::uint64_t> containerd_version(const PlanInput& input) {
  std::string version;
  const auto here = input.facts.packages.find("containerd");
  if (here != input.facts.packages.end()) version = here->second.version;
  for (const PackageFile& file : input.appliance().packages.files) {
    if (file.name == "containerd") version = file.version;
  }
  const std::size_t epoch = version.find(':');
  if (epoch != std::string::npos) version.erase(0, epoch + 1);
  const std::vector<std::string_view> parts = split(version, '.');
  if (parts.size() < 2) return {1, 0};
  return {parse_u64(parts[0]).value_or(1), parse_u64(parts[1]).value_or(0)};
}

std::string quoted(std::string_view text) { return cat("\"", text, "\""); }

/// What `ctr install` brings; by default an empty folder in /opt.
std::string opt_text(const PlanInput& input) {
  return cat("[plugins.\"io.containerd.internal.v1.opt\"]\npath = ", quoted(path_join(input.layout.containerd, "opt")), "\n\n");
}

/// NVIDIA's runtime stands beside runc; `section` is "[plugins.....containerd".
std::string nvidia_text(const PlanInput& input, std::string_view section) {
  const std::optional<std::string> path = nvidia_runtime(input);
  if (!path) return {};
  const std::string first =
      input.appliance().runtime.nvidia_default ? cat(section, "]\ndefault_runtime_name = \"nvidia\"\n\n") : std::string();
  return cat("\n", first, section, ".runtimes.nvidia]\nruntime_type = \"io.containerd.runc.v2\"\n\n", section,
             ".runtimes.nvidia.options]\nBinaryName = ", quoted(*path), "\nSystemdCgroup = true\n");
}

/// Off in containerd 1.7, on from 2.0, not there before.
std::string cdi_text(const PlanInput& input, std::uint64_t minor) {
  if (minor < 7 || !nvidia_runtime(input)) return {};
  return "enable_cdi = true\ncdi_spec_dirs = [\"/etc/cdi\", \"/var/run/cdi\"]\n";
}

/// Format 2, of containerd 1.x: docs/cri/config.md of that project.
std::string config_of_one(const PlanInput& input, std::uint64_t minor) {
  const ClusterSection& section = input.appliance().cluster;
  const std::string cri = "[plugins.\"io.containerd.grpc.v1.cri\"";
  return cat("version = 2\nroot = ", quoted(input.layout.containerd), "\n\n", opt_text(input), cri,
             "]\nsandbox_image = ", quoted(section.sandbox_image), "\n",
             input.facts.node.oom_score_fixed ? "restrict_oom_score_adj = true\n" : "", cdi_text(input, minor), "\n", cri,
             ".cni]\nbin_dir = ", quoted(section.cni_programs), "\nconf_dir = \"/etc/cni/net.d\"\n\n", cri,
             ".registry]\nconfig_path = ", quoted(k_certs), "\n\n", cri,
             ".containerd.runtimes.runc]\nruntime_type = \"io.containerd.runc.v2\"\n\n", cri,
             ".containerd.runtimes.runc.options]\nSystemdCgroup = true\n", nvidia_text(input, cat(cri, ".containerd")));
}

/// Format 3, of containerd 2.x, where images and runtime are two plugins.
std::string config_of_two(const PlanInput& input, std::uint64_t minor) {
  const ClusterSection& section = input.appliance().cluster;
  const std::string images = "[plugins.'io.containerd.cri.v1.images'", runtime = "[plugins.'io.containerd.cri.v1.runtime'";
  const std::string programs =
      minor == 0 ? cat("bin_dir = ", quoted(section.cni_programs)) : cat("bin_dirs = [", quoted(section.cni_programs), "]");
  return cat("version = 3\nroot = ", quoted(input.layout.containerd), "\n\n", opt_text(input), images,
             ".pinned_images]\nsandbox = ", quoted(section.sandbox_image), "\n\n", images, ".registry]\nconfig_path = ", quoted(k_certs),
             "\n\n", input.facts.node.oom_score_fixed ? cat(runtime, "]\nrestrict_oom_score_adj = true\n\n") : "", runtime, ".cni]\n",
             programs, "\nconf_dir = \"/etc/cni/net.d\"\n\n", runtime,
             ".containerd.runtimes.runc]\nruntime_type = \"io.containerd.runc.v2\"\n\n", runtime,
             ".containerd.runtimes.runc.options]\nSystemdCgroup = true\n", nvidia_text(input, cat(runtime, ".containerd")));
}

std::string config_text(const PlanInput& input) {
  const auto [major, minor] = containerd_version(input);
  const std::string head = "# Written by rootcellar-install for Kubernetes; what was here before comes back with uninstall.\n";
  return head + (major >= 2 ? config_of_two(input, minor) : config_of_one(input, minor));
}

constexpr std::string_view k_how = "capabilities = [\"pull\", \"resolve\"]\noverride_path = true\n";

/// containerd asks `url` and nobody else: without `server` it would go on to the upstream itself, and without a table `host` containerd 1.6
/// takes the whole file for invalid and does that too.
std::string hosts_text(const std::string& url, const RegistryAccess& access = {}, const std::string& peers = {}) {
  const std::string how = access.ca.empty() ? std::string(k_how) : cat(k_how, "ca = ", quoted(access.ca), "\n");
  const std::string text = cat("server = ", quoted(url), "\n", how, "\n", peers, "[host.", quoted(url), "]\n", how);
  if (!access.needs_account) return text;
  return cat(text, "[host.", quoted(url), ".header]\nAuthorization = [\"Basic ${secret.", k_site_registry_login, "|b64}\"]\n");
}

/// Asked in the order they stand in; who does not answer, or has it not, is passed over. The peer is told the upstream's name by `?ns=`, and
/// what a tag means only our registry says: other nodes may have what it meant before.
std::string peers_text(const PlanInput& input, const ClusterSite& site) {
  const std::uint64_t port = input.appliance().cluster.peer_mirror;
  return port == 0 ? std::string() : cat("[host.", quoted(cat("http://", site.address, ":", port)), "]\ncapabilities = [\"pull\"]\n\n");
}

std::set<std::string> upstream_hosts(const PlanInput& input) {
  std::set<std::string> hosts;
  for (const ImageEntry& image : input.index.images) hosts.insert(upstream_host(image.repository));
  return hosts;
}

void plan_mirrors(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  const auto plan_host = [&](const std::string& host, std::string text, std::string reason, bool secret = false) {
    const std::string directory = cat(k_certs, "/", host), path = cat(directory, "/hosts.toml");
    add_step(plan, cat("mirror-directory-", step_slug(host)), cat("make directory ", directory),
             "containerd reads there whom to ask for images of that name.", MakeDirectory{directory});
    const Action write = secret ? Action(WriteFilled{path, text}) : Action(WriteFile{path, text});
    add_step(plan, cat("mirror-", step_slug(host)), cat("write ", path), std::move(reason), write);
  };
  const RegistryAccess access = registry_access(input);
  for (const std::string& host : upstream_hosts(input)) {
    const std::string peers = peers_text(input, site);
    plan_host(host, hosts_text(cat(access.url, "/v2/", host), access, peers),
              cat("Images of ", host, " come from ", peers.empty() ? "" : "other nodes that have them, else from ", "the registry at ", site.mirror,
                  ", under their own names."),
              access.needs_account);
  }
  plan_host("_default", hosts_text("http://127.0.0.1:1/v2"),
            "A name that the bundle does not know fails at once, at a port where nothing listens, and not after a minute.");
}

}  // namespace

void plan_containerd(const PlanInput& input, Plan& plan) {
  if (!input.cluster_containerd()) return;
  const ClusterSite site = make_cluster_site(input);
  if (!site.ready()) return;
  const std::string config(k_config), drop_in(k_drop_in);
  add_step(plan, "containerd-data", cat("make directory ", input.layout.containerd),
           "containerd's images and containers lie there; they are kept when the appliance goes.",
           MakeDirectory{input.layout.containerd, 0711, {}, true});
  add_step(plan, "containerd-config-directory", cat("make directory ", path_parent(config)), "containerd reads its settings there.",
           MakeDirectory{path_parent(config)});
  add_step(plan, "containerd-config", cat("write ", config),
           "containerd uses systemd's control groups as the kubelet does, knows the sandbox image, and finds the registry.",
           WriteFile{config, config_text(input)});
  plan_mirrors(input, site, plan);
  add_step(plan, "containerd-unit-directory", cat("make directory ", path_parent(drop_in)),
           "systemd reads additions to containerd's unit there.", MakeDirectory{path_parent(drop_in)});
  add_step(plan, "containerd-unit", cat("write ", drop_in),
           "containerd comes after the registry and its network, and goes on after a crash.",
           WriteFile{drop_in, cat("[Unit]\nAfter=rootcellar-registry.service rootcellar-route.service\n\n[Service]\nRestart=always\n"
                                  "RestartSec=2\nUnsetEnvironment=",
                                  k_proxy_variables, "\n")});
  // A first process that does not handle SIGTERM, as of many images, lives until it is killed: systemd's own limit is 90 s, and they add up
  // to minutes in front of a dark screen. 30 s is what Kubernetes gives a pod (terminationGracePeriodSeconds).
  add_step(plan, "containers-scope-directory", cat("make directory ", path_parent(k_scope_drop_in)),
           "systemd reads additions to containers' units there.", MakeDirectory{std::string(path_parent(k_scope_drop_in))});
  add_step(plan, "containers-scope", cat("write ", k_scope_drop_in),
           "A machine that goes down waits for containers as long as Kubernetes does, and not three times as long.",
           WriteFile{std::string(k_scope_drop_in), "[Scope]\nTimeoutStopSec=30s\n"});
  add_step(plan, "containerd-service", "enable and start containerd.service",
           "The kubelet runs containers through it; it is restarted only if its settings changed.",
           SetUnit{"containerd.service", true, true, true, watch_also_packages(input, {config, drop_in})});
}

}  // namespace rootcellar
