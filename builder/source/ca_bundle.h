// Which certificate authorities the builder believes.
#pragma once

#include <string>

namespace rootcellar {

/// The file of CURL_CA_BUNDLE or SSL_CERT_FILE, as the curl program takes them; else `built_in`.
std::string own_ca_bundle(const std::string& built_in);

/// The certificates of `bundle` and of `ca_file` as one PEM text; empty when there is no `ca_file`. A file without a certificate is an
/// InputError.
std::string extended_ca(const std::string& bundle, const std::string& ca_file);

}  // namespace rootcellar
