// What single values of a profile may look like. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rootcellar {

bool is_product_name(std::string_view text);                     ///< [a-z0-9][a-z0-9-]{0,31}: part of a volume's file name
bool is_title(std::string_view text);                            ///< one line of 1 to 200 bytes
bool is_release_word(std::string_view text);                     ///< of os-release: [a-z0-9][a-z0-9._-]{0,31}
bool is_architecture(std::string_view text);                     ///< Debian's names
bool is_version(std::string_view text);                          ///< "1.2.3"
bool is_package_name(std::string_view text);                     ///< Debian policy 5.6.1, with an optional ":arch"
bool is_package_version(std::string_view text);                  ///< Debian policy 5.6.12, '*' allowed as in apt-get install NAME=VERSION
bool is_suite(std::string_view text);                            ///< "bookworm-updates"
bool is_file_name(std::string_view text);                        ///< one harmless path component
bool is_absolute_path(std::string_view text);                    ///< "/a/b": no empty, "." or ".." component
bool is_destination(std::string_view text);                      ///< an absolute path outside rootcellar's own folders and the kernel's
bool is_account(std::string_view text);                          ///< user or group, useradd(8), or a number
bool is_web_url(std::string_view text);                          ///< http:// or https:// with a host
bool is_tls_url(std::string_view text);                          ///< https:// with a host
bool is_numeric_web_url(std::string_view text);                  ///< http:// with an IP address as its host: nothing is looked up on site
bool is_numeric_endpoint(std::string_view text);                 ///< "127.0.0.1:5000", "[::1]:5000"
bool is_registry_range(std::string_view text);                   ///< HOST:PORT or a CIDR, as Docker's insecure-registries takes them
bool is_log_size(std::string_view text);                         ///< "50m", as Docker's max-size takes it
bool is_image_port(std::string_view text);                       ///< "80", "80/tcp"
bool is_assignment(std::string_view text);                       ///< "KEY=value"
bool is_member(std::string_view text);                           ///< "linux-amd64/helm", "./bridge": as archives write their members
bool is_object_name(std::string_view text);                      ///< of Kubernetes' objects and of domains: RFC 1123, at most 63 bytes
bool is_object(std::string_view text);                           ///< "deployment/web", "workflows.argoproj.io/hello"
bool is_node_label(std::string_view text);                       ///< "lab.example/role=web"
bool is_site_domain(std::string_view text);                          ///< "lab.internal": a dot, letters, digits and dashes, all small
bool is_address_range(std::string_view text);                    ///< "192.0.2.240-192.0.2.250"
bool is_chart_version(std::string_view text);                    ///< SemVer 2, a leading "v" allowed
std::optional<std::uint32_t> parse_mode(std::string_view text);  ///< "0755": four octal digits

}  // namespace rootcellar
