#include "installer/run/cluster_api.h"

#include <algorithm>
#include <array>

#include "bundle/base/error.h"
#include "installer/host/redaction.h"
#include "installer/host/tools.h"
#include "installer/run/json_at.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_question = 30;  // seconds, over kubectl's own 10 s for each request
constexpr std::size_t k_answer_limit = std::size_t{64} << 20;

bool says_any(std::string_view text, std::span<const std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return text.find(part) != text.npos; });
}

bool says_absent(std::string_view text) {
  constexpr std::array<std::string_view, 3> k_words = {"(NotFound)", "the server doesn't have a resource type", "no matches for kind"};
  return says_any(text, k_words);
}

}  // namespace

std::vector<std::string> cluster_tool_environment() {
  return {cat("HOME=", k_tools_home), cat("HELM_CACHE_HOME=", k_tools_home, "/helm"), cat("HELM_CONFIG_HOME=", k_tools_home, "/helm"),
          cat("HELM_DATA_HOME=", k_tools_home, "/helm")};
}

std::vector<std::string> in_namespace(const std::string& space) {
  return space.empty() ? std::vector<std::string>{} : std::vector<std::string>{"--namespace", space};
}

std::string namespace_text(const std::string& space) { return space.empty() ? std::string() : cat(" in namespace '", space, "'"); }

bool is_passing_fault(std::string_view said) {
  constexpr std::array<std::string_view, 9> k_words = {"no matches for kind",
                                                       "could not find the requested resource",
                                                       "failed calling webhook",
                                                       "connection refused",
                                                       "etcdserver:",
                                                       "TLS handshake timeout",
                                                       "i/o timeout",
                                                       "the server is currently unable to handle the request",
                                                       "EOF"};
  return says_any(said, k_words);
}

ToolCall ClusterApi::call(std::vector<std::string> arguments, std::uint64_t time_limit) const {
  arguments.insert(arguments.begin(), {std::string(tools::k_kubectl), "--kubeconfig", kubeconfig_});
  return {.argv = std::move(arguments), .environment = cluster_tool_environment(), .time_limit = time_limit, .ends_with_us = true};
}

bool ClusterApi::answers() const {
  if (is_sites()) {
    require();
    return true;
  }
  if (!scope_.host().exists(kubeconfig_)) return false;
  const ToolResult result = scope_.host().run(call({"get", "--raw", "/readyz", "--request-timeout=10s"}, 15));
  return result.exit_code == 0 && !result.timed_out;
}

void ClusterApi::require() const { get({"--raw", "/readyz"}); }

void ClusterApi::throw_silent(const std::string& why) const {
  scope_.context.silent_apis.insert_or_assign(kubeconfig_, why);
  if (is_sites()) throw SystemError(why, cat("it is the site's own cluster: see whether it is up, and whether '", kubeconfig_, "' still opens it"));
  throw SystemError(why, "look at the kubelet: systemctl status kubelet, and journalctl -u kubelet");
}

// A kind that the documents themselves bring is not known yet; what else they describe is told all the same.
std::vector<JsonValue> ClusterApi::objects_there(const std::string& documents, const std::string& space) const {
  std::vector<std::string> arguments = {"get", "--filename", "-", "--ignore-not-found", "--output", "json", "--request-timeout=10s"};
  for (const std::string& word : in_namespace(space)) arguments.push_back(word);
  ToolCall question = call(std::move(arguments), k_question);
  question.input = documents;
  question.output_limit = k_answer_limit;
  const ToolResult result = scope_.host().run(question);
  if (result.timed_out || (result.exit_code != 0 && !says_absent(result.error_output)))
    throw_silent(cat("cannot ask the cluster: ", describe_failure(result, k_question)));
  if (trim(result.output).empty()) return {};
  JsonValue found = parse_json(result.output, "kubectl's answer", {.bytes = k_answer_limit, .depth = 128});
  if (text_at(found, {"kind"}) != "List") return {std::move(found)};
  return items_at(found, {"items"});
}

std::optional<std::string> ClusterApi::get(std::vector<std::string> arguments, const std::string& input) const {
  const auto silent = scope_.context.silent_apis.find(kubeconfig_);
  if (asked_ == Asked::once && silent != scope_.context.silent_apis.end()) throw_silent(silent->second);
  if (!scope_.host().exists(kubeconfig_)) throw_silent(cat("cannot ask the cluster: expected '", kubeconfig_, "', found none"));
  arguments.insert(arguments.begin(), "get");
  arguments.push_back("--request-timeout=10s");
  ToolCall question = call(std::move(arguments), k_question);
  question.input = input;
  question.output_limit = k_answer_limit;
  ToolResult result = scope_.host().run(question);
  if (result.exit_code == 0 && !result.timed_out) return std::move(result.output);
  if (!result.timed_out && says_absent(result.error_output)) return std::nullopt;
  throw_silent(cat("cannot ask the cluster: ", describe_failure(result, k_question)));
}

std::optional<JsonValue> ClusterApi::get_json(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"--output", "json"});
  const auto text = get(std::move(arguments));
  if (!text || trim(*text).empty()) return std::nullopt;
  return parse_json(*text, "kubectl's answer", {.bytes = k_answer_limit, .depth = 128});
}

ToolCall ClusterApi::secret_call(std::vector<std::string> arguments, std::uint64_t time_limit, const std::string& input,
                                 const std::vector<std::string>& secrets) const {
  ToolCall asked = call(std::move(arguments), time_limit);
  asked.input = input;
  asked.secrets = secrets;
  asked.secrets.insert(asked.secrets.end(), hidden_.begin(), hidden_.end());
  return asked;
}

ToolResult ClusterApi::run(std::vector<std::string> arguments, std::uint64_t time_limit, const std::string& input,
                           const std::vector<std::string>& secrets) const {
  ToolResult result = run_logged(secret_call(std::move(arguments), time_limit, input, secrets), scope_);
  result.output = redact(result.output, hidden_);
  result.error_output = redact(result.error_output, hidden_);
  return result;
}

ToolResult ClusterApi::run_or_throw(std::vector<std::string> arguments, std::uint64_t time_limit, const std::string& input,
                                    const std::vector<std::string>& secrets) const {
  return rootcellar::run_or_throw(secret_call(std::move(arguments), time_limit, input, secrets), scope_);
}

}  // namespace rootcellar
