// NVIDIA's cards on this machine: whether the bundle's driver is for them and for this kernel, and what containers need of it.
#include <algorithm>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/host/tools.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/subjects.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_runtime = "nvidia-container-runtime", k_ctk = "nvidia-ctk";
constexpr std::string_view k_modules_file = "/etc/modules-load.d/rootcellar-nvidia.conf";
constexpr std::string_view k_toolkit_config = "/etc/nvidia-container-runtime/config.toml";
constexpr std::string_view k_cdi = "/etc/cdi/nvidia.yaml";

bool carries(const PlanInput& input, bool (*is_it)(std::string_view name, std::string_view kernel)) {
  const std::vector<PackageFile>& files = input.appliance().packages.files;
  return std::any_of(files.begin(), files.end(),
                     [&](const PackageFile& file) { return input.wants_package(file) && is_it(file.name, input.facts.node.kernel); });
}

bool is_dkms(std::string_view name, std::string_view) { return name.starts_with("nvidia") && name.ends_with("-dkms"); }
bool is_headers(std::string_view name, std::string_view kernel) { return name == cat("linux-headers-", kernel); }
/// "linux-modules-nvidia-535-6.8.0-45-generic": built and signed by the distribution.
bool is_module(std::string_view name, std::string_view kernel) {
  return !kernel.empty() && name.find("nvidia") != std::string_view::npos && name.ends_with(cat("-", kernel));
}
bool is_toolkit(std::string_view name, std::string_view) {
  return name == "nvidia-container-toolkit" || name == "nvidia-container-toolkit-base";
}

bool brings_driver(const PlanInput& input) {
  const std::vector<std::string> groups = input.groups();
  return std::find(groups.begin(), groups.end(), "gpu-driver") != groups.end() && input.facts.gpu.driver_version.empty();
}

std::string id_text(std::uint32_t device) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text = "10de:";
  for (int shift = 12; shift >= 0; shift -= 4) text.push_back(k_digits[device >> shift & 0xf]);
  return text;
}

void check_cards(const PlanInput& input, Plan& plan) {
  const std::vector<GpuCard>& cards = input.facts.gpu.cards;
  const std::string& role = input.appliance().gpu.role;
  if (cards.empty()) {
    plan.refusals.push_back(cat(role.empty() ? "the appliance" : cat("the role '", role, "'"),
                                " is for machines with a card of NVIDIA's, and this machine shows none: ",
                                role.empty() ? "see" : "answer 'cluster.roles' without it, or see",
                                " that the card is seated and its slot is on"));
    return;
  }
  const bool all_given = std::all_of(cards.begin(), cards.end(), [](const GpuCard& card) { return card.driver == "vfio-pci"; });
  if (!all_given) return;
  plan.refusals.push_back(
      cat("the card ", id_text(cards.front().device), " at ", cards.front().slot,
          " is set aside for virtual machines (vfio-pci): give it back, or answer 'cluster.roles' for another machine"));
}

/// The carried driver's branch against each card's generation.
void check_branch(const GpuCard& card, std::uint64_t branch, Plan& plan) {
  const GpuGeneration* generation = gpu_generation(card.device);
  const std::string name = cat("the card ", id_text(card.device), " at ", card.slot);
  if (generation == nullptr) {
    plan.cautions.push_back(cat(name, " is of a generation that this installer does not know: whether branch ", branch,
                                " of the driver is for it, the driver says"));
    return;
  }
  if (generation->last != 0 && branch > generation->last) {
    plan.refusals.push_back(cat(name, " is too old for the bundle's driver: branch ", generation->last, " is the last that knows ",
                                generation->name, ", and the bundle has branch ", branch,
                                "; take a bundle with that branch, or another card"));
  }
  if (branch < generation->first) {
    plan.refusals.push_back(cat(name, " is too new for the bundle's driver: ", generation->name, " is known from branch ",
                                generation->first, " on, and the bundle has branch ", branch, "; take a bundle with a later driver"));
  }
}

std::string carried_kernels(const PlanInput& input) {
  constexpr std::string_view k_headers = "linux-headers-";
  std::vector<std::string> kernels;
  for (const PackageFile& file : input.appliance().packages.files) {
    const std::string name = file.name.substr(std::min(k_headers.size(), file.name.size()));
    const bool release = file.name.starts_with(k_headers) && !name.empty() && name.front() >= '0' && name.front() <= '9';
    if (release && name.find("-common") == std::string::npos) kernels.push_back(name);
  }
  return kernels.empty() ? "none" : join(kernels, ", ");
}

/// A module for the very kernel that runs: carried, or built here against its headers, which nobody signs.
void check_kernel(const PlanInput& input, Plan& plan) {
  const std::string& kernel = input.facts.node.kernel;
  if (carries(input, is_module)) return;
  const bool headers = input.facts.gpu.headers || carries(input, is_headers);
  if (!carries(input, is_dkms) || !headers) {
    plan.refusals.push_back(
        cat("kernel ", kernel, " runs here, and the bundle has neither a module of NVIDIA's driver for it nor linux-headers-", kernel,
            " to build one (it has headers of: ", carried_kernels(input), "): boot such a kernel, or install this one's headers"));
  }
  if (input.facts.gpu.secure_boot) {
    plan.refusals.push_back(
        "Secure Boot is on, and a driver that is built on this machine is signed by nobody whom the firmware knows: switch it off, or "
        "install a signed driver first");
  }
}

/// Before the driver of the bundle is installed.
void check_carried_driver(const PlanInput& input, Plan& plan) {
  if (!input.facts.node.container.empty()) {
    plan.refusals.push_back(cat("this machine is a container (", input.facts.node.container,
                                "): NVIDIA's driver belongs to the machine around it, which has to have it"));
    return;
  }
  for (const GpuCard& card : input.facts.gpu.cards) check_branch(card, input.appliance().gpu.branch, plan);
  check_kernel(input, plan);
  if (input.facts.gpu.nouveau) {
    plan.refusals.push_back(
        "the free driver nouveau has the card, and NVIDIA's cannot take it over: write 'blacklist nouveau' into "
        "/etc/modprobe.d/nouveau.conf, run 'update-initramfs -u', and boot");
  }
}

void check_own_driver(const PlanInput& input, Plan& plan) {
  const GpuFacts& gpu = input.facts.gpu;
  if (!gpu.driver_version.empty() || gpu.cards.empty()) return;
  if (!gpu.module_file.empty() && !gpu.nouveau) return;  // loaded by a step
  plan.refusals.push_back(cat("the appliance uses the driver that the machine has, and NVIDIA's is not in kernel ", input.facts.node.kernel,
                              " here", gpu.nouveau ? ", which has nouveau instead" : "", ": install it from the distribution first"));
}

/// What enters a card into a container.
void check_programs(const PlanInput& input, Plan& plan) {
  if (placed_program(input.appliance(), k_runtime) || !input.facts.gpu.runtime.empty() || carries(input, is_toolkit)) return;
  plan.refusals.push_back("containers get NVIDIA's cards by nvidia-container-runtime, which neither this machine nor the bundle has");
}

std::string ctk_program(const PlanInput& input) {
  return placed_program(input.appliance(), k_ctk).value_or(std::string(tools::k_nvidia_ctk));
}

/// The toolkit's packages bring their own; its programs alone know no settings but these.
void plan_toolkit_config(const PlanInput& input, Plan& plan) {
  if (!placed_program(input.appliance(), k_runtime)) return;
  const std::string path(k_toolkit_config);
  add_step(plan, "nvidia-directory", cat("make directory ", path_parent(path)), "NVIDIA's runtime reads its settings there.",
           MakeDirectory{path_parent(path)});
  add_step(
      plan, "nvidia-config", cat("write ", path),
      "A container gets what the machine's CDI description says, by its environment or its annotations.",
      WriteFile{path,
                cat("# Written by rootcellar-install.\n[nvidia-container-runtime]\nmode = \"cdi\"\nruntimes = [\"runc\"]\n\n"
                    "[nvidia-container-runtime.modes.cdi]\ndefault-kind = \"nvidia.com/gpu\"\nannotation-prefixes = [\"cdi.k8s.io/\"]\n"
                    "spec-dirs = [\"/etc/cdi\", \"/var/run/cdi\"]\n\n[nvidia-ctk]\npath = \"",
                    ctk_program(input), "\"\n")});
}

void plan_modules(Plan& plan) {
  const std::string file(k_modules_file);
  add_step(plan, "nvidia-modules-file", cat("write ", file),
           "The kernel loads NVIDIA's driver at every boot, before anything asks for the card.", WriteFile{file, "nvidia\nnvidia-uvm\n"});
  add_step(plan, "nvidia-modules", "load the kernel modules nvidia, nvidia-uvm", "The card is described by its driver.",
           LoadModules{{"nvidia", "nvidia-uvm"}});
}

}  // namespace

std::optional<std::string> nvidia_runtime(const PlanInput& input) {
  const bool wanted = input.appliance().runtime.nvidia && (!input.appliance().gpu.enabled || input.gpu_machine());
  if (!wanted) return std::nullopt;
  if (const auto placed = placed_program(input.appliance(), k_runtime)) return placed;
  if (!input.facts.gpu.runtime.empty()) return input.facts.gpu.runtime;
  return std::string(k_runtime);  // whoever installed it put it into the services' PATH
}

void plan_gpu_fit(const PlanInput& input, Plan& plan) {
  if (!input.gpu_machine()) return;
  check_cards(input, plan);
  if (brings_driver(input)) check_carried_driver(input, plan);
  if (input.appliance().gpu.driver == "host") check_own_driver(input, plan);
  check_programs(input, plan);
}

void plan_gpu(const PlanInput& input, Plan& plan) {
  if (!input.gpu_machine()) return;
  plan_toolkit_config(input, plan);
  plan_modules(plan);
  const std::string path(k_cdi);
  add_step(plan, "cdi-directory", cat("make directory ", path_parent(path)), "Container runtimes read descriptions of devices there.",
           MakeDirectory{path_parent(path)});
  add_step(plan, "cdi", cat("describe the cards in ", path),
           "A container gets the card, and the libraries of the driver that is here, by this description.",
           GenerateCdi{ctk_program(input), path});
}

}  // namespace rootcellar
