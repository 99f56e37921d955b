#include "installer/run/access_file.h"

#include "bundle/base/io.h"
#include "bundle/base/json.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::string quoted(const std::string& text) { return JsonValue::string(text).dump(); }

std::string indented(std::string_view text, std::string_view margin) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (!trim(line).empty()) out += cat(margin, trim(line), "\n");
  }
  return out;
}

std::string first_lines(const Access& access, std::string_view use) {
  return cat("# Made on '", access.node, "' by rootcellar-install: ", use,
             "\n# Whoever has it may do what the account may do: keep it secret.\n");
}

/// The port is a text: the chart puts it into a Secret.
std::string tator_values(const Access& access) {
  return cat(first_lines(access, "give it to 'helm upgrade' of Tator with --values."),
             "remoteTranscodes:\n  enabled: true\n  host: ", quoted(access.host), "\n  port: \"", access.port,
             "\"\n  token: ", quoted(cat("Bearer ", access.token)), "\n  cert: |\n", indented(access.authority, "    "));
}

std::string kubeconfig(const Access& access) {
  return cat(first_lines(access, "give it to kubectl with --kubeconfig."),
             "apiVersion: v1\nkind: Config\nclusters:\n- name: cluster\n  cluster:\n    server: ",
             quoted(cat("https://", access.host, ":", access.port)),
             "\n    certificate-authority-data: ", base64_encode(as_bytes(access.authority)),
             "\nusers:\n- name: account\n  user:\n    token: ", quoted(access.token),
             "\ncontexts:\n- name: cluster\n  context:\n    cluster: cluster\n    user: account\n    namespace: ", quoted(access.space),
             "\ncurrent-context: cluster\n");
}

}  // namespace

std::string access_file(const Access& access, const std::string& format) {
  return format == "kubeconfig" ? kubeconfig(access) : tator_values(access);
}

std::optional<ServerPlace> parse_server_url(std::string_view url) {
  constexpr std::string_view k_scheme = "https://";
  if (!url.starts_with(k_scheme)) return std::nullopt;
  std::string_view place = url.substr(k_scheme.size());
  place = place.substr(0, place.find('/'));
  const std::size_t colon = place.rfind(':');
  const bool has_port = colon != place.npos && place.find(']', colon) == place.npos;
  const auto port = has_port ? parse_u64(place.substr(colon + 1)) : std::optional(std::uint64_t{443});
  const std::string_view host = place.substr(0, has_port ? colon : place.size());
  if (!port || *port == 0 || *port > 65535 || host.empty()) return std::nullopt;
  return ServerPlace{std::string(host), *port};
}

}  // namespace rootcellar
