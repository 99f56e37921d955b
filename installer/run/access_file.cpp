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

}  // namespace rootcellar
