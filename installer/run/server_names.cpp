#include "installer/run/server_names.h"

#include <algorithm>

#include "bundle/base/text.h"
#include "bundle/base/yaml.h"
#include "installer/host/tools.h"
#include "installer/run/certificate.h"
#include "installer/run/cluster_api.h"
#include "installer/run/static_pods.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;
constexpr std::size_t k_own_names = 3;        // endpoint, node, address: installer/plan/kubeadm_config.cpp
constexpr std::uint64_t k_phase_limit = 300;  // seconds
constexpr const char* k_certificate = "/etc/kubernetes/pki/apiserver.crt";
constexpr const char* k_key = "/etc/kubernetes/pki/apiserver.key";
constexpr std::string_view k_list = "  certSANs:\n", k_item = "    - ";

/// What kubeadm puts into a certificate: names and addresses, a wildcard in front; it warns of others and leaves them out.
bool can_be_certified(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
  });
}

std::string unquoted(std::string_view word) {
  const bool quoted = word.size() >= 2 && (word.front() == '"' || word.front() == '\'') && word.back() == word.front();
  return std::string(quoted ? word.substr(1, word.size() - 2) : word);
}

/// Where the list's lines begin and end.
std::pair<std::size_t, std::size_t> list_in(std::string_view config) {
  const std::size_t at = config.find(k_list);
  if (at == config.npos) return {config.size(), config.size()};
  const std::size_t begin = at + k_list.size();
  std::size_t end = begin;
  while (config.substr(end).starts_with(k_item)) end = std::min(config.find('\n', end), config.size() - 1) + 1;
  return {begin, end};
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<Certificate> server_certificate(HostSystem& host) {
  return read_certificate(host.read_file(k_certificate, k_limit).value_or(""));
}

void kubeadm(std::vector<std::string> phase, const KubeadmInit& action, const ActionScope& scope) {
  phase.insert(phase.begin(), {std::string(tools::k_kubeadm), "init", "phase"});
  phase.insert(phase.end(), {"--config", action.config});
  run_or_throw({.argv = std::move(phase), .environment = cluster_tool_environment(), .time_limit = k_phase_limit, .ends_with_us = true},
               scope);
}

}  // namespace

std::vector<std::string> names_in_config(std::string_view config) {
  const auto [begin, end] = list_in(config);
  std::vector<std::string> names;
  for (const std::string_view line : split(config.substr(begin, end - begin), '\n')) {
    if (line.starts_with(k_item)) names.push_back(unquoted(trim(line.substr(k_item.size()))));
  }
  return names;
}

std::string with_site_names(std::string_view config, const std::vector<std::string>& names) {
  std::vector<std::string> all = names_in_config(config);
  const auto [begin, end] = list_in(config);
  all.resize(std::min(all.size(), k_own_names));
  all.insert(all.end(), names.begin(), names.end());
  YamlWriter list;
  list.begin_map();
  list.key("apiServer");
  list.begin_map();
  list.entry_list("certSANs", all);
  list.end_map();
  list.end_map();
  const std::string text = list.finish();
  const auto [from, to] = list_in(text);
  return cat(config.substr(0, begin), text.substr(from, to - from), config.substr(end));
}

bool server_lacks_name(const std::string& name, HostSystem& host) {
  const auto certificate = server_certificate(host);
  return certificate && !has(certificate->names, name);
}

bool names_have_changed(const KubeadmInit& action, HostSystem& host) {
  if (action.join) return false;
  const std::vector<std::string> wanted = names_in_config(host.read_file(action.config, k_limit).value_or(""));
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const std::string& name) { return can_be_certified(name) && server_lacks_name(name, host); });
}

// kubeadm keeps a certificate that is there, whatever it is for. The server may read a new one by itself, or not: that depends on its
// version.
void follow_names(const KubeadmInit& action, const ActionScope& scope) {
  for (const char* path : {k_certificate, k_key}) scope.host().remove(path);
  kubeadm({"certs", "apiserver"}, action, scope);
  stop_kubelet(scope);
  stop_static_pods({"kube-apiserver"}, scope);
  start_kubelet(scope);
  wait_for_api_server(scope);
  kubeadm({"upload-config", "kubeadm"}, action, scope);
}

}  // namespace rootcellar
