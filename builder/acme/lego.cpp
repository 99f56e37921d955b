#include "builder/acme/lego.h"

#include <unistd.h>

#include <algorithm>

#include "builder/source/url.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_propagation = 300;  // seconds until all of DuckDNS's servers tell the record
constexpr std::uint64_t k_time_limit = 1800;
constexpr std::size_t k_time_length = 20;  // "2026/11/25 17:40:00 "
constexpr std::size_t k_max_reason = 800;

std::string certificate_file(const LegoOrder& order, std::string_view ending) {
  return path_join(order.folder, cat("certificates/", order.domain, ending));
}

bool has_time(std::string_view line) {
  return line.size() >= k_time_length && line[4] == '/' && line[7] == '/' && line[10] == ' ' && line[13] == ':' && line[19] == ' ';
}

std::vector<std::string> own_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) variables.emplace_back(*variable);
  return variables;
}

std::string quoted(std::string_view word) {
  std::string out = "'";
  for (const char letter : word) out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return out + "'";
}

bool is_complaint(std::string_view line) {
  return has_time(line) && !line.substr(k_time_length).starts_with("[INFO]") && !line.substr(k_time_length).starts_with("[WARN]");
}

/// Only Let's Encrypt has another server to try on.
std::string try_hint(const LegoOrder& order) {
  if (order.server != k_lets_encrypt) return {};
  return "until it works, try with --server https://acme-staging-v02.api.letsencrypt.org/directory: the real one allows few failures an "
         "hour";
}

}  // namespace

std::string server_folder(std::string_view server) {
  const auto url = parse_url(server);
  std::string name = url ? url->authority() : std::string(server);
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

std::string kept_account(const LegoOrder& order) {
  return path_join(order.folder, cat("accounts/", server_folder(order.server), "/", order.email, "/account.json"));
}

std::string kept_chain(const LegoOrder& order) { return certificate_file(order, ".crt"); }

std::string kept_key(const LegoOrder& order) { return certificate_file(order, ".key"); }

std::vector<std::string> lego_arguments(const LegoOrder& order) {
  std::vector<std::string> arguments{"--accept-tos",         "--server", order.server, "--email",   order.email,  "--path",
                                     order.folder,           "--dns",    "exec",       "--domains", order.domain, "--domains",
                                     cat("*.", order.domain)};
  if (!order.resolver.empty()) arguments.insert(arguments.end(), {"--dns.resolvers", order.resolver, "--dns.disable-cp"});
  arguments.emplace_back("run");
  return arguments;
}

std::vector<std::string> lego_environment(std::vector<std::string> own, const LegoOrder& order) {
  std::erase_if(own, [](const std::string& variable) { return variable.starts_with("EXEC_") || variable.starts_with("LEGO_"); });
  own.push_back(cat("EXEC_PATH=", order.hook));
  own.push_back(cat("EXEC_PROPAGATION_TIMEOUT=", k_propagation));
  own.push_back(cat("EXEC_SEQUENCE_INTERVAL=", order.wait));
  if (!order.ca_file.empty()) own.push_back(cat("LEGO_CA_CERTIFICATES=", order.ca_file));
  return own;
}

std::string_view lego_line(std::string_view line) {
  if (has_time(line)) line.remove_prefix(k_time_length);
  if (line.starts_with("[INFO] ") || line.starts_with("[WARN] ")) line.remove_prefix(7);
  return trim(line);
}

bool is_lego_news(std::string_view line) {
  const bool is_of_name = line.starts_with("[") && line.find("] acme: ") != line.npos;
  return line.starts_with("sequence: ") || (is_of_name && line.find("Could not find solver") == line.npos);
}

std::string lego_reason(std::string_view said) {
  std::string reason;
  bool of_hook = false;
  for (const std::string_view line : split(said, '\n')) {
    const std::string_view text = lego_line(line);
    if (text.empty() || of_hook) continue;
    if (has_time(line) && text.starts_with("error: ")) {
      of_hook = true;
      reason = text.substr(7);
    } else if (is_complaint(line)) {
      reason = cat("lego: ", text);
    } else if (!has_time(line) && !reason.empty()) {
      reason += cat(" ", text);
    }
  }
  return printable(reason, k_max_reason);
}

std::string hook_script(const std::vector<std::string>& argv) {
  std::string script = "#!/bin/sh\n# Called by lego with: present|cleanup FQDN VALUE\nexec";
  for (const std::string& word : argv) script += cat(" ", quoted(word));
  return script + " \"$1\" \"$2\" \"--value=$3\"\n";  // a value may begin with a dash
}

bool is_good_for_long(std::int64_t from, std::int64_t until, std::int64_t now) { return 3 * (until - now) > 2 * (until - from); }

std::string find_lego() {
  if (const auto program = find_program("lego")) return *program;
  throw HostError("cannot find the program 'lego'", "install the package 'lego': apt-get install lego");
}

void run_lego(const std::string& program, const LegoOrder& order, const std::function<void(std::string_view)>& on_line) {
  ProcessSpec spec;
  spec.argv = {program};
  for (const std::string& argument : lego_arguments(order)) spec.argv.push_back(argument);
  spec.environment = lego_environment(own_environment(), order);
  spec.time_limit_seconds = k_time_limit;
  spec.merge_stderr = true;
  spec.on_output = [&](std::string_view line) { on_line(lego_line(line)); };
  require_certificate(order, run_process(spec));
}

void require_certificate(const LegoOrder& order, const ProcessResult& result) {
  const std::string subject = cat("cannot obtain a certificate for '", order.domain, "' from '", order.server, "': ");
  if (result.timed_out) throw SystemError(cat(subject, "lego came to no end within ", human_duration(k_time_limit)));
  if (result.exit_code == 0) return;
  const std::string reason = lego_reason(result.output);
  throw InputError(cat(subject, reason.empty() ? cat("lego ended with exit code ", result.exit_code) : reason), try_hint(order));
}

}  // namespace rootcellar
