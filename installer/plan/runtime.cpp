#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/plan/existing.h"
#include "installer/plan/trust.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_cgroup_option = "native.cgroupdriver=";
constexpr std::string_view k_containerd_drop_in = "/etc/systemd/system/containerd.service.d/rootcellar.conf";

/// The user's file as an object; an absent or empty file has no settings.
JsonValue read_daemon_json(const Facts& facts) {
  if (!facts.daemon_json || trim(*facts.daemon_json).empty()) return JsonValue::object();
  JsonValue document = parse_json(*facts.daemon_json, k_daemon_json);
  if (!document.is_object()) throw InputError(cat(k_daemon_json, ":1:1: expected an object of docker's settings"));
  return document;
}

/// A list member of the user's file must be a list of texts, or docker would not start either.
std::vector<std::string> list_member(const JsonValue& document, std::string_view name) {
  std::vector<std::string> items;
  const JsonValue* member = document.find(name);
  if (member == nullptr) return items;
  bool fine = member->is_array();
  for (const JsonValue& item : member->items()) fine = fine && item.is_string();
  if (!fine) throw InputError(cat(k_daemon_json, ": '", name, "' is not a list of texts"));
  for (const JsonValue& item : member->items()) items.push_back(item.as_string());
  return items;
}

/// kubelet and docker must agree, and systemd is what a systemd host wants: two managers of one cgroup tree fight.
void merge_cgroup_driver(const JsonValue& document, DaemonMerge& out) {
  std::vector<std::string> options = list_member(document, "exec-opts");
  const std::string wanted = cat(k_cgroup_option, "systemd");
  const auto other =
      std::find_if(options.begin(), options.end(), [&](const std::string& o) { return o.starts_with(k_cgroup_option) && o != wanted; });
  if (other == options.end()) {
    out.merge.append.set("exec-opts", JsonValue::string_array({wanted}));
    return;
  }
  out.cautions.push_back(cat("docker's 'exec-opts' says '", *other, "': it becomes '", wanted, "' until the appliance is uninstalled"));
  std::erase_if(options, [&](const std::string& o) { return o.starts_with(k_cgroup_option); });
  options.push_back(wanted);
  out.merge.set.set("exec-opts", JsonValue::string_array(options));
}

/// Sets `name` unless the person has decided otherwise: their value stays and is mentioned.
bool set_unless_decided(const JsonValue& document, std::string_view name, const std::string& value, DaemonMerge& out) {
  const std::optional<std::string> theirs = document.text(name);
  if (theirs && *theirs != value) {
    out.cautions.push_back(
        cat("docker's '", name, "' stays '", *theirs, "' as ", k_daemon_json, " says; the appliance would have set '", value, "'"));
    return false;
  }
  if (!theirs) out.merge.set.set(name, JsonValue::string(value));
  return true;
}

void merge_log_limits(const JsonValue& document, const RuntimeSection& runtime, DaemonMerge& out) {
  if (!set_unless_decided(document, "log-driver", "json-file", out)) return;
  const JsonValue* theirs = document.find("log-opts");
  JsonValue options = theirs != nullptr && theirs->is_object() ? *theirs : JsonValue::object();
  if (options.find("max-size") == nullptr) options.set("max-size", JsonValue::string(runtime.log_max_size));
  if (options.find("max-file") == nullptr) options.set("max-file", JsonValue::string(cat(runtime.log_max_files)));
  if (theirs == nullptr || !(*theirs == options)) out.merge.set.set("log-opts", options);
}

void append_items(const JsonValue& document, std::string_view name, const std::vector<std::string>& wanted, DaemonMerge& out) {
  const std::vector<std::string> theirs = list_member(document, name);
  std::vector<std::string> missing;
  for (const std::string& item : wanted) {
    const bool known = std::count(theirs.begin(), theirs.end(), item) + std::count(missing.begin(), missing.end(), item) > 0;
    if (!known) missing.push_back(item);
  }
  if (!missing.empty()) out.merge.append.set(name, JsonValue::string_array(missing));
}

void merge_registries(const PlanInput& input, const JsonValue& document, DaemonMerge& out) {
  std::vector<std::string> insecure;
  const RuntimeSection& runtime = input.appliance().runtime;
  if (input.appliance().registry.enabled) {
    const RegistryAccess access = registry_access(input);
    if (access.ca.empty()) insecure.push_back(input.layout.local.text());
    if (input.own_registry() && access.ca.empty() && input.appliance().registry.auth == "htpasswd") insecure.push_back(local_endpoint(input.layout.push).text());
    append_items(document, "registry-mirrors", {access.url}, out);
    // Docker 20.10 looks docker.io up at every pull, also one that its mirror serves, to see whether it lies in a network listed here; a
    // name that is listed itself is not looked up. Nothing is ever pushed there.
    append_items(document, "allow-nondistributable-artifacts", {"docker.io"}, out);
  }
  insecure.insert(insecure.end(), runtime.insecure_registries.begin(), runtime.insecure_registries.end());
  insecure.insert(insecure.end(), input.answers.insecure_registries.begin(), input.answers.insecure_registries.end());
  append_items(document, "insecure-registries", insecure, out);
}

/// nvidia-container-toolkit's runtime, as its own `nvidia-ctk runtime configure` would enter it.
void merge_nvidia(const PlanInput& input, const JsonValue& document, DaemonMerge& out) {
  const std::optional<std::string> path = nvidia_runtime(input);
  if (!path) return;
  if (input.appliance().runtime.nvidia_default) set_unless_decided(document, "default-runtime", "nvidia", out);
  const JsonValue* theirs = document.find("runtimes");
  JsonValue runtimes = theirs != nullptr && theirs->is_object() ? *theirs : JsonValue::object();
  if (runtimes.find("nvidia") != nullptr) return;
  runtimes.set("nvidia", JsonValue::object({{"path", JsonValue::string(*path)}, {"args", JsonValue::array()}}));
  out.merge.set.set("runtimes", runtimes);
}

void merge_data_root(const PlanInput& input, const JsonValue& document, DaemonMerge& out) {
  if (!input.layout.moved) return;
  const std::string theirs = document.text("data-root").value_or("/var/lib/docker");
  if (theirs == input.layout.docker) return;
  out.merge.set.set("data-root", JsonValue::string(input.layout.docker));
  if (!input.facts.docker_unit) return;
  out.cautions.push_back(cat("docker's data moves from ", theirs, " to ", input.layout.docker, ": images and volumes in ", theirs,
                             " stay there, and docker does not show them until the appliance is uninstalled"));
}

void check_filesystem(const PlanInput& input, Plan& plan) {
  const auto space = input.facts.space.find(input.layout.docker);
  if (space == input.facts.space.end() || space->second.filesystem != "overlay") return;
  plan.refusals.push_back(cat("docker's storage driver overlay2 does not work on an overlay, which ", input.layout.docker,
                              " is on: mount a disk there, or answer a 'storage.root' on one"));
}

/// For every pod docker is asked to lower it, and has no setting against it; somebody else's runtime may let it be.
void check_oom_score(const PlanInput& input, const JsonValue& document, Plan& plan) {
  if (!input.own_cluster() || !input.facts.node.oom_score_fixed) return;
  if (document.text("default-runtime").value_or("runc") != "runc") return;
  plan.refusals.push_back(
      cat("nothing here may lower its oom_score_adj, which docker does for every pod and has no setting against: take a machine that is no "
          "container, a bundle with containerd, or name a runtime that lets it be as 'default-runtime' in ",
          k_daemon_json));
}

/// The package's own restart is held off while apt runs.
void plan_renewed_containerd(const PlanInput& input, Plan& plan) {
  const std::vector<std::string> renewed = input.renewed_packages();
  if (std::find(renewed.begin(), renewed.end(), "containerd") == renewed.end()) return;
  add_step(plan, "containerd-service", "enable and start containerd.service", "docker runs containers through it.",
           SetUnit{"containerd.service", true, true, true, watch_also_packages(input, {})});
}

void plan_containerd_root(const PlanInput& input, Plan& plan) {
  if (input.cluster_containerd()) return;  // planned with its own settings
  if (!input.layout.moved) return plan_renewed_containerd(input, plan);
  const std::string drop_in(k_containerd_drop_in);
  add_step(plan, "containerd-directory", cat("make directory ", path_parent(drop_in)),
           "systemd reads additions to containerd's unit there.", MakeDirectory{path_parent(drop_in)});
  add_step(plan, "containerd-root", cat("write ", drop_in), cat("containerd keeps its data in ", input.layout.containerd, "."),
           WriteFile{drop_in, cat("[Service]\nExecStart=\nExecStart=/usr/bin/containerd --root ", input.layout.containerd, "\n")});
  add_step(plan, "containerd-service", "enable and start containerd.service", "docker runs containers through it.",
           SetUnit{"containerd.service", true, true, true, watch_also_packages(input, {drop_in})});
}

}  // namespace

DaemonMerge merge_daemon_json(const PlanInput& input) {
  const JsonValue document = read_daemon_json(input.facts);
  DaemonMerge out;
  out.merge.path = k_daemon_json;
  merge_cgroup_driver(document, out);
  merge_log_limits(document, input.appliance().runtime, out);
  set_unless_decided(document, "storage-driver", "overlay2", out);
  merge_registries(input, document, out);
  merge_data_root(input, document, out);
  merge_nvidia(input, document, out);
  return out;
}

void plan_runtime(const PlanInput& input, Plan& plan) {
  if (!input.docker()) return;
  DaemonMerge daemon;
  try {
    check_oom_score(input, read_daemon_json(input.facts), plan);
    daemon = merge_daemon_json(input);
  } catch (const InputError& error) {
    plan.refusals.push_back(error.message());
  }
  check_filesystem(input, plan);
  plan.cautions.insert(plan.cautions.end(), daemon.cautions.begin(), daemon.cautions.end());
  const std::string path(k_daemon_json);
  add_step(plan, "docker-directory", "make directory /etc/docker", "docker reads its settings there.", MakeDirectory{"/etc/docker"});
  add_step(plan, "docker-data", cat("make directory ", input.layout.docker),
           "docker's images, containers and volumes lie there; they are kept when the appliance goes.",
           MakeDirectory{input.layout.docker, 0710, {}, true});
  add_step(plan, "docker-config", cat("merge into ", path), "docker uses systemd's cgroups, limits its logs, and finds the local registry.",
           daemon.merge);
  plan_docker_trust(input, plan);
  plan_containerd_root(input, plan);
  std::vector<std::string> watched{path};
  if (const std::string drop_in = docker_proxy_drop_in(input); !drop_in.empty()) watched.push_back(drop_in);
  add_step(plan, "docker-service", "enable and start docker.service", "Containers run in it; it is restarted only if its settings changed.",
           SetUnit{"docker.service", true, true, true, watch_also_packages(input, watched)});
}

}  // namespace rootcellar
