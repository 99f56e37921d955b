#include "installer/run/site_file.h"

#include "bundle/base/json.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;
constexpr std::string_view k_current = "current-context:";

}  // namespace

std::string with_context(std::string_view kubeconfig, const std::string& context) {
  if (context.empty()) return std::string(kubeconfig);
  std::string out;
  for (const std::string_view line : split(kubeconfig, '\n')) {
    if (!line.starts_with(k_current) && !line.empty()) out += cat(line, "\n");
  }
  return cat(out, k_current, " ", JsonValue::string(context).dump(), "\n");
}

std::string login_text(const std::string& account, std::string_view password) {
  return cat(account, ":", password.substr(0, password.find_first_of("\r\n")));
}

std::optional<std::string> kept_text(const KeepSiteFile& file, HostSystem& host) {
  const auto text = host.read_file(file.from, k_limit);
  if (!text) return std::nullopt;
  return file.account.empty() ? with_context(*text, file.context) : login_text(file.account, *text);
}

std::string basic_authorization(std::string_view login) { return cat("Basic ", base64_encode(as_bytes(login))); }

}  // namespace rootcellar
