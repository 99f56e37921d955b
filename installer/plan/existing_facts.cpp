#include "installer/plan/existing_facts.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "bundle/base/error.h"
#include "bundle/base/json.h"
#include "bundle/base/secret.h"
#include "bundle/base/text.h"
#include "installer/plan/endpoint.h"
#include "installer/run/existing_step.h"
#include "installer/run/json_at.h"
#include "installer/run/site_file.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_file_limit = std::size_t{1} << 20;
constexpr std::uint64_t k_registry_limit = 10, k_nameserver_limit = 6;  // seconds
constexpr std::uint64_t k_kubectl_limit = 60;

/// The file, or the copy that an earlier install keeps of it: the stick it came on may be gone.
std::optional<std::string> read_site_file(HostSystem& host, const std::string& path, const std::string& kept, std::string_view answer,
                                          std::vector<std::string>& faults) {
  try {
    if (auto text = host.read_file(path, k_file_limit)) return text;
    if (auto text = host.read_file(kept, k_file_limit)) return text;
    faults.push_back(cat("'", answer, "' names '", path, "', and there is no such file"));
  } catch (const SystemError& error) {
    faults.push_back(cat("'", answer, "': ", error.message()));
  }
  return std::nullopt;
}

std::string port_of(const std::string& address) { return address.substr(address.rfind(':') + 1); }

/// Numeric, by /etc/hosts where it is a name; empty: not known here.
std::string numeric(const std::string& address, const std::map<std::string, std::string>& hosts) {
  if (parse_endpoint(address)) return address;
  const auto found = hosts.find(address.substr(0, address.rfind(':')));
  if (found == hosts.end()) return {};
  const std::string there = found->second.find(':') == std::string::npos ? found->second : cat("[", found->second, "]");
  return cat(there, ":", port_of(address));
}

/// What keeps a connection from being made; anything else is said by somebody who is there.
bool is_silence(const std::string& why) {
  for (const int error : {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EADDRNOTAVAIL}) {
    if (why == std::strerror(error)) return true;
  }
  return why == "no answer within the time limit";
}

std::string header_of(const HttpReply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (key == name) return value;
  }
  return {};
}

void ask_registry(HostSystem& host, const ExistingRegistry& answer, const std::string& address, const std::string& password,
                  SiteRegistryFacts& facts) {
  facts.asked = true;
  const std::string url = cat("http://", address, "/v2/");
  const HttpReply reply = host.http_get(url, k_registry_limit);
  if (reply.status == 0 && (answer.ca.empty() || is_silence(reply.body))) facts.silent = reply.body;
  if (reply.status == 0 || !answer.ca.empty()) return;
  facts.status = reply.status;
  facts.challenge = header_of(reply, "www-authenticate");
  if (answer.account.empty() || reply.status != 401 || !lower_ascii(facts.challenge).starts_with("basic")) return;
  const SecretText authorization(basic_authorization(login_text(answer.account, password)));
  facts.account_status = host.http_get(url, k_registry_limit, std::string(authorization.view())).status;
}

SiteRegistryFacts read_registry(HostSystem& host, const ExistingRegistry& answer, const ExistingQuestions& questions) {
  SiteRegistryFacts facts;
  if (!answer.ca.empty())
    facts.ca = read_site_file(host, answer.ca, cat(k_site_registry_ca, "/ca.crt"), "existing.registry.ca", facts.file_faults).value_or("");
  std::string password;
  const std::string kept = cat("/var/lib/rootcellar/secrets/", k_site_registry_login);
  if (!answer.account.empty())
    password = read_site_file(host, answer.password_file, kept, "existing.registry.password_file", facts.file_faults).value_or("");
  // What is kept says whose it is, too.
  if (password.starts_with(cat(answer.account, ":")) && !host.exists(answer.password_file)) password.erase(0, answer.account.size() + 1);
  const std::string address = numeric(answer.address, questions.hosts);
  if (!address.empty() && facts.file_faults.empty()) ask_registry(host, answer, address, password, facts);
  wipe({reinterpret_cast<std::uint8_t*>(password.data()), password.size()});
  return facts;
}

/// Asks the cluster, question by question, until one is not answered.
class ClusterQuestions {
 public:
  ClusterQuestions(std::vector<std::string> key, const ExistingQuestions& questions, SiteClusterFacts& facts)
      : key_(std::move(key)), questions_(questions), facts_(facts) {}

  void ask() {
    facts_.asked = true;
    const std::optional<JsonValue> version = json_of({"version", "--output", "json"});
    if (!version) return;
    facts_.version = text_at(*version, {"serverVersion", "gitVersion"});
    ask_rights();
    if (!facts_.denied.empty() || !facts_.silent.empty()) return;
    if (const std::optional<JsonValue> nodes = json_of({"get", "nodes", "--output", "json"})) take_nodes(*nodes);
  }

 private:
  ToolResult run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), key_.begin(), key_.end());
    arguments.emplace_back("--request-timeout=10s");
    return questions_.kubectl(std::move(arguments));
  }

  std::optional<JsonValue> json_of(std::vector<std::string> arguments) {
    const ToolResult result = run(std::move(arguments));
    try {
      if (result.exit_code == 0 && !result.timed_out)
        return parse_json(result.output, "kubectl's answer", {.bytes = 64u << 20, .depth = 64});
      facts_.silent = describe_failure(result, k_kubectl_limit);
    } catch (const InputError& error) {
      facts_.silent = error.message();
    }
    return std::nullopt;
  }

  bool may(std::vector<std::string> what) {
    what.insert(what.begin(), {"auth", "can-i"});
    const ToolResult result = run(std::move(what));
    const std::string_view said = trim(result.output);
    const bool answered = said.starts_with("yes") || said.starts_with("no");
    if (!answered && facts_.silent.empty()) facts_.silent = describe_failure(result, k_kubectl_limit);
    return said.starts_with("yes");
  }

  /// Who may do everything, may do this; for others what every appliance needs.
  void ask_rights() {
    if (may({"*", "*", "--all-namespaces"})) return;
    if (!may({"list", "nodes"})) facts_.denied.emplace_back("list nodes");
    for (const char* verb : {"create", "delete"}) {
      if (!may({verb, "namespaces"})) facts_.denied.push_back(cat(verb, " namespaces"));
    }
    for (const std::string& space : questions_.spaces) {
      if (!may({"*", "*", "--namespace", space})) facts_.denied.push_back(cat("everything in namespace '", space, "'"));
    }
  }

  void take_nodes(const JsonValue& list) {
    for (const JsonValue& node : items_at(list, {"items"})) {
      const std::string name = text_at(node, {"metadata", "name"}), architecture = text_at(node, {"status", "nodeInfo", "architecture"});
      bool ready = false;
      for (const JsonValue& condition : items_at(node, {"status", "conditions"}))
        ready = ready || (text_at(condition, {"type"}) == "Ready" && text_at(condition, {"status"}) == "True");
      (ready ? facts_.ready : facts_.not_ready).push_back(name);
      if (!architecture.empty() && architecture != questions_.architecture) facts_.other.emplace(name, architecture);
    }
  }

  std::vector<std::string> key_;
  const ExistingQuestions& questions_;
  SiteClusterFacts& facts_;
};

SiteClusterFacts read_cluster(HostSystem& host, const ExistingCluster& answer, const ExistingQuestions& questions) {
  SiteClusterFacts facts;
  const auto text = read_site_file(host, answer.kubeconfig, k_site_kubeconfig, "existing.cluster.kubeconfig", facts.file_faults);
  if (!text) return facts;
  if (const std::string fault = kubeconfig_fault(*text); !fault.empty()) {
    facts.file_faults.push_back(cat("'existing.cluster.kubeconfig': '", answer.kubeconfig, "' ", fault));
    return facts;
  }
  if (!questions.kubectl) return facts;
  const bool gone = !host.exists(answer.kubeconfig);
  std::vector<std::string> key{"--kubeconfig", gone ? std::string(k_site_kubeconfig) : answer.kubeconfig};
  if (!answer.context.empty() && !gone) key.insert(key.end(), {"--context", answer.context});
  try {
    ClusterQuestions(std::move(key), questions, facts).ask();
  } catch (const InputError& error) {
    facts.unasked = error.message();
  }
  return facts;
}

}  // namespace

std::string kubeconfig_fault(std::string_view text) {
  constexpr std::string_view k_whole = "make it whole with 'kubectl config view --raw --flatten --minify'";
  // client-go's v1 types, k8s.io/client-go/tools/clientcmd/api/v1: what is not in the file itself.
  constexpr std::array<std::string_view, 4> k_files = {"certificate-authority:", "client-certificate:", "client-key:", "tokenFile:"};
  constexpr std::array<std::string_view, 2> k_programs = {"exec:", "auth-provider:"};
  bool has_server = false;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.starts_with("- ")) line = trim(line.substr(2));
    has_server = has_server || line.starts_with("server:");
    const auto begins = [&](std::string_view word) { return line.starts_with(word); };
    if (const auto word = std::find_if(k_files.begin(), k_files.end(), begins); word != k_files.end())
      return cat("names another file (", word->substr(0, word->size() - 1), "): ", k_whole);
    if (const auto word = std::find_if(k_programs.begin(), k_programs.end(), begins); word != k_programs.end())
      return cat("names a program that fetches the key (", word->substr(0, word->size() - 1), "): give one with a key or a token in it");
  }
  return has_server ? std::string() : cat("says of no server: it is no kubeconfig as kubectl writes it; ", k_whole);
}

ExistingFacts read_existing_facts(HostSystem& host, const ExistingAnswers& answers, const ExistingQuestions& questions) {
  ExistingFacts facts;
  if (answers.registry) facts.registry = read_registry(host, *answers.registry, questions);
  if (answers.cluster) facts.cluster = read_cluster(host, *answers.cluster, questions);
  for (const std::string& server : answers.nameservers) {
    const std::string fault = host.nameserver_fault(server, k_nameserver_limit);
    if (!fault.empty()) facts.silent_nameservers[server] = fault;
  }
  return facts;
}

}  // namespace rootcellar
