// How steps speak with a cluster's API server: through kubectl, bounded in time, with secrets kept out of every log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bundle/base/json.h"
#include "installer/run/actions/actions.h"

namespace rootcellar {

/// Where kubectl and helm keep their caches instead of root's home; gone with the next boot.
inline constexpr const char* k_tools_home = "/run/rootcellar-tools";

/// kubectl's and helm's environment: nothing of theirs is left in root's home.
std::vector<std::string> cluster_tool_environment();

class ClusterApi {
 public:
  enum class Asked {
    always,  ///< for doing and waiting
    once,    ///< for probes: after one failure of this run it is not tried again, so that `status` of many steps ends soon
  };

  ClusterApi(const ActionScope& scope, std::string kubeconfig, Asked asked = Asked::always)
      : scope_(scope), kubeconfig_(std::move(kubeconfig)), asked_(asked) {}

  /// True when /readyz says so within 10 s. The site's own cluster stays when the appliance goes, so that there is something to take back
  /// in it: a SystemError when it does not answer.
  bool answers() const;
  /// A SystemError when the API server cannot be asked.
  void require() const;
  /// What `kubectl get ARGUMENTS` prints; nothing when there is no such thing or kind of thing. Not logged. SystemError when the API server
  /// cannot be asked.
  std::optional<std::string> get(std::vector<std::string> arguments, const std::string& input = {}) const;
  /// The same with -o json.
  std::optional<JsonValue> get_json(std::vector<std::string> arguments) const;
  /// Any kubectl command, logged; `secrets` in its output are hidden there.
  ToolResult run(std::vector<std::string> arguments, std::uint64_t time_limit, const std::string& input = {},
                 const std::vector<std::string>& secrets = {}) const;
  ToolResult run_or_throw(std::vector<std::string> arguments, std::uint64_t time_limit, const std::string& input = {},
                          const std::vector<std::string>& secrets = {}) const;

  /// Secrets that the cluster has: hidden from now on in the log, and in what run() and run_or_throw() give back.
  void hide(std::vector<std::string> secrets) { hidden_ = std::move(secrets); }

  const ActionScope& scope() const { return scope_; }
  const std::string& kubeconfig() const { return kubeconfig_; }
  /// It is the site's own: it has things of others in it, and stays.
  bool is_sites() const { return kubeconfig_ == k_site_kubeconfig; }
  /// Of the objects that `documents` describe, those that are there: as the server has them, each whole. Not logged.
  std::vector<JsonValue> objects_there(const std::string& documents, const std::string& space) const;

 private:
  ToolCall call(std::vector<std::string> arguments, std::uint64_t time_limit) const;
  ToolCall secret_call(std::vector<std::string> arguments, std::uint64_t time_limit, const std::string& input,
                       const std::vector<std::string>& secrets) const;
  [[noreturn]] void throw_silent(const std::string& why) const;

  const ActionScope& scope_;
  std::string kubeconfig_;
  Asked asked_;
  std::vector<std::string> hidden_;
};

/// {"--namespace", NAME}; nothing for an empty name.
std::vector<std::string> in_namespace(const std::string& space);
/// " in namespace 'lab'"; nothing for an empty name.
std::string namespace_text(const std::string& space);

/// True for what goes away by itself while a cluster comes up: kinds not established yet, webhooks and API servers not answering yet.
bool is_passing_fault(std::string_view said);

}  // namespace rootcellar
