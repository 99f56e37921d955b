#include "installer/run/join_material.h"

#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/cluster_api.h"
#include "installer/run/deployed_record.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_limit = 120;  // seconds
constexpr const char* k_config = "/run/rootcellar-join/upload.yaml";

/// The word after `option`; empty when it is not there.
std::string word_after(std::string_view output, std::string_view option) {
  bool next = false;
  std::string text(output);
  for (char& c : text) c = c == '\n' || c == '\\' || c == '\t' ? ' ' : c;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    if (next) return std::string(word);
    next = word == option;
  }
  return {};
}

ToolCall kubeadm(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(tools::k_kubeadm));
  return {.argv = std::move(arguments), .environment = cluster_tool_environment(), .time_limit = k_limit, .ends_with_us = true};
}

}  // namespace

JoinMaterial make_join_token(std::uint64_t seconds, const std::string& description, const ActionScope& scope) {
  // Not logged: what it prints is the secret.
  const ToolResult result = scope.host().run(kubeadm({"token", "create", "--kubeconfig", k_admin_kubeconfig, "--ttl", cat(seconds, "s"),
                                                      "--description", description, "--print-join-command"}));
  if (result.exit_code != 0 || result.timed_out)
    throw SystemError(cat("cannot run 'kubeadm token create': ", describe_failure(result, k_limit)),
                      "the API server of this machine must answer: 'rootcellar-install status' shows what is wrong");
  JoinMaterial made{word_after(result.output, "--token"), word_after(result.output, "--discovery-token-ca-cert-hash")};
  if (made.token.empty() || made.ca_hash.empty())
    throw SystemError("cannot use what 'kubeadm token create' printed: expected --token and --discovery-token-ca-cert-hash");
  return made;
}

void upload_certificates(const std::string& config, const std::string& certificate_key, const ActionScope& scope) {
  write_private_file(k_config, config, scope);
  try {
    ToolCall call = kubeadm({"init", "phase", "upload-certs", "--upload-certs", "--skip-certificate-key-print", "--config", k_config});
    call.secrets = {certificate_key};
    run_or_throw(std::move(call), scope);
  } catch (...) {
    remove_private_file(k_config, scope);
    throw;
  }
  remove_private_file(k_config, scope);
}

}  // namespace rootcellar
