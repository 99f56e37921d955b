// The subjects a plan is made of: each adds its steps, ports, needs and refusals. Only make_plan() calls them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "installer/plan/endpoint.h"
#include "installer/plan/plan.h"
#include "installer/plan/ticket.h"

namespace rootcellar {

/// Where things go on this machine, decided from the bundle's wishes and the site's answers.
struct Layout {
  Endpoint listen;         ///< of the registry
  Endpoint local;          ///< how this machine reaches it
  Endpoint push;           ///< where the account pushes, with auth: htpasswd
  std::string registry;    ///< its storage
  std::string docker;      ///< docker's data-root
  std::string containerd;  ///< containerd's root
  std::string spool;       ///< debs, while apt runs
  bool moved = false;      ///< storage.root was answered
};
/// InputError when the bundle's registry does not listen at a numeric address.
Layout make_layout(const Appliance& appliance, const Answers& answers);

struct PlanInput {
  const Header& header;
  const Index& index;
  const Facts& facts;
  const Answers& answers;
  const Layout& layout;
  const JoinTicket* join = nullptr;  ///< this machine joins a cluster that is there
  const Appliance& appliance() const { return index.appliance; }
  /// The bundle that this one takes the place of; nullptr: none.
  const InstalledBundle* replaced() const;
  /// Of the packages that earlier installs brought, those that the bundle has too.
  std::vector<std::string> renewed_packages() const;
  bool pushed_over(const std::string& repository_and_tag) const;
  bool cluster() const { return appliance().cluster.enabled; }
  /// The site's own cluster is what the appliance is put into.
  bool site_cluster() const { return cluster() && (answers.existing.cluster || appliance().cluster.existing); }
  /// This machine becomes, or is, a node of a cluster that was made here.
  bool own_cluster() const { return cluster() && !site_cluster(); }
  bool docker() const { return appliance().runtime.kind == "docker" || (own_cluster() && appliance().cluster.runtime == "docker"); }
  /// The kubelet's runtime is containerd itself.
  bool cluster_containerd() const { return own_cluster() && appliance().cluster.runtime == "containerd"; }
  /// The groups of packages that this machine gets beside what every machine gets: "role:gpuWorker", "gpu-driver".
  std::vector<std::string> groups() const;
  /// This machine gets a package that is only for `its` groups; none: every machine does.
  bool wants_package(const PackageFile& file) const;
  /// It is on this machine, or the bundle brings it here.
  bool has_package(std::string_view name) const;
  /// What apt is asked for on this machine, in order, each once.
  std::vector<std::string> asked_packages() const;
  /// This machine has, by the site's word, a card of NVIDIA's that containers use.
  bool gpu_machine() const;
  /// The site's own registry serves the images.
  bool site_registry() const { return appliance().registry.enabled && answers.existing.registry.has_value(); }
  /// A registry of this machine serves the images; a machine that joins uses the first node's.
  bool own_registry() const {
    return appliance().registry.enabled && !appliance().registry.existing && !answers.existing.registry && join == nullptr;
  }
};

inline constexpr std::string_view k_docker = "/usr/bin/docker";
inline constexpr std::string_view k_daemon_json = "/etc/docker/daemon.json";
inline constexpr std::string_view k_registry_user = "rootcellar-registry";
inline constexpr std::string_view k_registry_unit = "rootcellar-registry.service";

void plan_packages(const PlanInput& input, Plan& plan);
void plan_registry(const PlanInput& input, Plan& plan);
/// Refusals of a machine with NVIDIA's cards: no card, a card or a kernel that no driver of the bundle is for.
void plan_gpu_fit(const PlanInput& input, Plan& plan);
/// The carried driver in the kernel, what containers need of it (CDI), and NVIDIA's runtime. Comes after files, before the runtimes.
void plan_gpu(const PlanInput& input, Plan& plan);
/// NVIDIA's runtime is entered into the container runtime here; its path, or nothing.
std::optional<std::string> nvidia_runtime(const PlanInput& input);
void plan_runtime(const PlanInput& input, Plan& plan);
void plan_files(const PlanInput& input, Plan& plan);
void plan_images(const PlanInput& input, Plan& plan);
void plan_checks(const PlanInput& input, Plan& plan);
void plan_space(const PlanInput& input, Plan& plan);
/// Refusals and cautions of the machine as a whole: release, architecture, serial, clock.
void plan_fit(const PlanInput& input, Plan& plan);

/// What of the installed bundle's plan stays as it is, and what goes. Comes after all steps.
void plan_upgrade(const PlanInput& input, Plan& plan);

/// Reasons why the machine does not fit, apart from who runs this; empty: it fits.
std::vector<std::string> misfits(const Header& header, const Appliance& appliance, const Facts& facts);

/// What docker's daemon.json gets, given what is there. A broken file is an InputError with its place.
struct DaemonMerge {
  MergeJson merge;
  std::vector<std::string> cautions;
};
DaemonMerge merge_daemon_json(const PlanInput& input);

/// Images that docker itself will hold: preloaded, or asked for by a check.
std::vector<const ImageEntry*> docker_images(const PlanInput& input);
/// The image a name means ("nginx:1.22", "docker.io/library/nginx@sha256:...", or either behind the local registry); nullptr: not in the
/// bundle.
const ImageEntry* find_image(const PlanInput& input, std::string_view name);
/// Bytes of all its blobs, as the registry has them.
std::uint64_t image_bytes(const Index& index, const ImageEntry& image);
/// Steps that put images into docker under their local and their upstream names.
void plan_docker_images(const PlanInput& input, const std::vector<std::string>& names, Plan& plan);
/// "docker.io/library/nginx:1.22" of what a person may write as "nginx:1.22".
std::string full_image_name(std::string_view name);

/// Files whose change restarts a unit, and the packages that an upgrade renews.
std::vector<std::string> watch_also_packages(const PlanInput& input, std::vector<std::string> files);
/// "Docker Hub: nginx" -> "docker-hub-nginx": a step's id.
std::string step_slug(std::string_view text);
/// Adds a step; an id already taken gets a number.
void add_step(Plan& plan, std::string id, std::string title, std::string reason, Action action);

}  // namespace rootcellar
