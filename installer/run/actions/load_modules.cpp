#include <algorithm>
#include <array>

#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

struct Purpose {
  std::string_view module;
  std::string_view sentence;
};

constexpr std::array k_purposes = {
    Purpose{"overlay", "every container's file system is put together by it"},
    Purpose{"br_netfilter", "without it what pods say to services passes by the rules that should redirect it"},
    Purpose{"nf_conntrack", "kube-proxy and every address translation need it"},
    Purpose{"iptable_nat", "kube-proxy redirects services by it"},
    Purpose{"vxlan", "pods on different machines talk through it"},
    Purpose{"dummy", "a machine without a route gets one by it"},
    Purpose{"ip_vs", "kube-proxy was told to use it"},
    Purpose{"nfs", "volumes come from an NFS server"},
    Purpose{"nvidia", "it drives the machine's cards"},
    Purpose{"nvidia_uvm", "what computes on the machine's cards needs it"},
    Purpose{"nfsd", "this machine is the NFS server"},
};

std::string_view purpose_of(const std::string& module) {
  const auto found = std::find_if(k_purposes.begin(), k_purposes.end(), [&](const Purpose& p) { return p.module == module; });
  return found == k_purposes.end() ? "the cluster needs it" : found->sentence;
}

// Files spell a module's name with either; /sys knows '_' only.
std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool has_word(std::string_view text, std::string_view word) {
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view last = trim(line).substr(trim(line).find_last_of(" \t") + 1);
    if (last == word) return true;
  }
  return false;
}

std::string kernel_release(ActionScope& scope) {
  return std::string(trim(scope.host().read_file("/proc/sys/kernel/osrelease", 4096).value_or("")));
}

bool is_built_in(const std::string& module, ActionScope& scope) {
  const std::string list = cat("/lib/modules/", kernel_release(scope), "/modules.builtin");
  const std::string text = scope.host().read_file(list, std::size_t{4} << 20).value_or("");
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view file = line.substr(line.rfind('/') + 1);
    if (file.ends_with(".ko") && underscored(std::string(file.substr(0, file.size() - 3))) == module) return true;
  }
  return false;
}

// A module built in without parameters has no folder in /sys, and a container's machine shows no list: what it does shows it, too.
bool is_in_kernel(const std::string& name, ActionScope& scope) {
  const std::string module = underscored(name);
  HostSystem& host = scope.host();
  if (host.exists(cat("/sys/module/", module))) return true;
  if (module == "br_netfilter" && host.exists("/proc/sys/net/bridge/bridge-nf-call-iptables")) return true;
  if (has_word(host.read_file("/proc/filesystems", std::size_t{1} << 20).value_or(""), module)) return true;
  return is_built_in(module, scope);
}

}  // namespace

ProbeResult probe(const LoadModules& action, ActionScope& scope) {
  const bool all =
      std::all_of(action.names.begin(), action.names.end(), [&](const std::string& name) { return is_in_kernel(name, scope); });
  return all ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const LoadModules&, ActionScope&) { return JsonValue::object(); }

void perform(const LoadModules& action, ActionScope& scope) {
  for (const std::string& name : action.names) {
    if (is_in_kernel(name, scope)) continue;
    const ToolResult result = run_logged({.argv = {std::string(tools::k_modprobe), name}, .time_limit = 60}, scope);
    if (result.exit_code == 0 && !result.timed_out) continue;
    throw HostError(cat("cannot load the kernel module '", name, "' (", purpose_of(underscored(name)), "): ", describe_failure(result, 60)),
                    cat("kernel ", kernel_release(scope),
                        " lacks it: install the package with this kernel's modules, or boot the kernel they are for"));
  }
}

void take_back(const LoadModules&, const JsonValue&, bool, ActionScope&) {}

}  // namespace rootcellar
