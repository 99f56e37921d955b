#include "builder/source/docker_config.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "builder/source/secret_json.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/io.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_config_limit = std::size_t{1} << 20;
constexpr std::uint64_t k_helper_seconds = 60;  ///< a helper may ask a person for a fingerprint
constexpr std::string_view k_hub_login = "https://index.docker.io/v1/";

/// A helper's name becomes part of a program name: no way out of $PATH.
bool is_helper_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

std::string helper_name(const JsonValue& value, const std::string& path) {
  if (!value.is_string() || !is_helper_name(value.as_string())) throw InputError(cat(path, ": a credential helper's name is not a name"));
  return value.as_string();
}

/// "auth" is base64 of USER:PASSWORD.
void read_basic(const std::string& encoded, Credentials& login, const std::string& name) {
  const std::optional<std::vector<std::uint8_t>> decoded = base64_decode(encoded);
  const std::string_view text = decoded ? as_text(*decoded) : std::string_view();
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    throw InputError(cat(login.origin, ": 'auth' of '", printable(name), "' is not base64 of USER:PASSWORD"));
  login.user = text.substr(0, colon);
  login.password = text.substr(colon + 1);
  while (login.password.ends_with('\0')) login.password.pop_back();  // old versions of docker padded it
}

void read_login(const JsonValue::Member& member, DockerConfig& config) {
  Credentials login;
  login.origin = config.path;
  login.identity_token = member.second.text("identitytoken").value_or("");
  const std::string encoded = member.second.text("auth").value_or("");
  if (!encoded.empty()) read_basic(encoded, login, member.first);
  // With a store, docker leaves empty entries that only say the store has one.
  if (!encoded.empty() || !login.identity_token.empty()) config.logins[normal_login_name(member.first)] = std::move(login);
}

std::vector<std::string> own_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) variables.emplace_back(*variable);
  return variables;
}

/// Stores know Docker Hub by its login URL, others by host.
std::string store_name(const std::string& host) { return host == "docker.io" ? std::string(k_hub_login) : host; }

std::optional<Credentials> ask_helper(const std::string& name, const std::string& host) {
  const std::string program = cat("docker-credential-", name);
  const std::optional<std::string> path = find_program(program);
  if (!path)
    throw InputError(cat("cannot find '", program, "': Docker's config.json names it as the keeper of the login for '", host, "'"),
                     cat("install it, or take it out of config.json and run 'docker login ", host, "'"));
  const ProcessResult result = run_process({.argv = {*path, "get"},
                                            .environment = own_environment(),
                                            .directory = {},
                                            .input = store_name(host),
                                            .time_limit_seconds = k_helper_seconds});
  if (result.timed_out) throw SystemError(cat("cannot run '", program, "': no answer within ", human_duration(k_helper_seconds)));
  return parse_helper_answer(result.exit_code, result.output, program);
}

}  // namespace

std::string normal_login_name(std::string_view name) {
  if (const std::size_t scheme = name.find("://"); scheme != std::string_view::npos) name.remove_prefix(scheme + 3);
  const std::string host = lower_ascii(name.substr(0, name.find('/')));
  return host == "index.docker.io" || host == "registry-1.docker.io" ? "docker.io" : host;
}

DockerConfig parse_docker_config(std::string_view text, const std::string& path) {
  const JsonValue document = parse_secret_json(text, path, {k_config_limit, 32});
  if (!document.is_object()) throw InputError(cat(path, ": expected an object"));
  DockerConfig config{path, {}, {}, {}};
  if (const JsonValue* auths = document.find("auths")) {
    for (const JsonValue::Member& member : auths->members()) read_login(member, config);
  }
  if (const JsonValue* helpers = document.find("credHelpers")) {
    for (const auto& [host, name] : helpers->members()) config.helpers[normal_login_name(host)] = helper_name(name, path);
  }
  if (const JsonValue* store = document.find("credsStore")) config.store = helper_name(*store, path);
  return config;
}

DockerConfig read_docker_config() {
  const char* folder = std::getenv("DOCKER_CONFIG");
  const char* home = std::getenv("HOME");
  std::string path;
  if (folder != nullptr && *folder != '\0') {
    path = path_join(folder, "config.json");
  } else if (home != nullptr && *home != '\0') {
    path = path_join(home, ".docker/config.json");
  } else {
    return {};
  }
  const std::optional<std::string> text = read_file_if_exists(path, k_config_limit);
  return text ? parse_docker_config(*text, path) : DockerConfig{};
}

std::optional<Credentials> parse_helper_answer(int exit_code, std::string_view output, const std::string& program) {
  if (exit_code != 0) {
    // The protocol has no exit code for "no login": this sentence is its sign.
    if (output.find("credentials not found") != std::string_view::npos) return std::nullopt;
    throw SystemError(cat("cannot get a login from '", program, "': it ended with exit code ", exit_code));
  }
  const JsonValue answer = parse_secret_json(output, cat("the answer of '", program, "'"), {k_config_limit, 8});
  const std::optional<std::string> user = answer.text("Username");
  const std::optional<std::string> secret = answer.text("Secret");
  if (!user || !secret) throw InputError(cat("cannot use the answer of '", program, "': expected JSON with Username and Secret"));
  Credentials login{*user, *secret, {}, cat("'", program, "'")};
  if (login.user == "<token>") login.identity_token = login.password;
  return login;
}

std::optional<Credentials> find_credentials(const DockerConfig& config, const std::string& auth_host) {
  const std::string host = normal_login_name(auth_host);
  if (const auto helper = config.helpers.find(host); helper != config.helpers.end()) return ask_helper(helper->second, host);
  if (!config.store.empty()) {
    if (std::optional<Credentials> login = ask_helper(config.store, host)) return login;
  }
  const auto found = config.logins.find(host);
  return found == config.logins.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace rootcellar
