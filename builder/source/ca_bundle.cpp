#include "builder/source/ca_bundle.h"

#include <cstdlib>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_ca_file = std::size_t{8} << 20;

}  // namespace

std::string own_ca_bundle(const std::string& built_in) {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return built_in;
}

std::string extended_ca(const std::string& bundle, const std::string& ca_file) {
  if (ca_file.empty()) return {};
  const std::string added = read_file(ca_file, k_ca_file);
  if (added.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    throw InputError(cat("'", ca_file, "' holds no certificate: expected PEM text with BEGIN CERTIFICATE"));
  }
  return cat(read_file_if_exists(bundle, k_ca_file).value_or(""), "\n", added);
}

}  // namespace rootcellar
