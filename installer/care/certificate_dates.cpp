#include "installer/care/certificate_dates.h"

#include <array>

#include "bundle/base/io.h"
#include "bundle/base/text.h"
#include "installer/run/certificate.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;
constexpr std::array<std::string_view, 5> k_kubeconfigs = {"admin.conf", "controller-manager.conf", "kubelet.conf", "scheduler.conf",
                                                           "super-admin.conf"};

/// What follows "NAME: " in one line; kubeadm and the kubelet write kubeconfigs in block style.
std::string value_of(std::string_view text, std::string_view name) {
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view plain = trim(line);
    if (plain.starts_with(name) && plain.substr(name.size()).starts_with(": ")) return std::string(trim(plain.substr(name.size() + 2)));
  }
  return {};
}

CertificateDate date_of(const std::string& path, std::string_view pem, bool authority) {
  const auto certificate = read_certificate(pem);
  return {path, certificate ? certificate->expires : 0, authority};
}

void add_folder(const std::string& folder, HostSystem& host, std::vector<CertificateDate>& dates) {
  for (const std::string& name : host.list(folder)) {
    const std::string path = path_join(folder, name);
    const auto found = host.status(path);
    if (found && found->type == FileStatus::Type::directory) add_folder(path, host, dates);
    if (!name.ends_with(".crt")) continue;
    dates.push_back(date_of(path, host.read_file(path, k_limit).value_or(""), name == "ca.crt" || name == "front-proxy-ca.crt"));
  }
}

}  // namespace

std::string client_certificate(std::string_view kubeconfig, HostSystem& host) {
  const std::string path = value_of(kubeconfig, "client-certificate");
  if (!path.empty()) return host.read_file(path, k_limit).value_or("");
  const auto bytes = base64_decode(value_of(kubeconfig, "client-certificate-data"));
  return bytes ? std::string(as_text(*bytes)) : std::string();
}

std::vector<CertificateDate> certificate_dates(HostSystem& host) {
  std::vector<CertificateDate> dates;
  for (const std::string_view name : k_kubeconfigs) {
    const std::string path = cat("/etc/kubernetes/", name);
    const auto text = host.read_file(path, k_limit);
    if (text) dates.push_back(date_of(path, client_certificate(*text, host), false));
  }
  add_folder(k_pki, host, dates);
  return dates;
}

}  // namespace rootcellar
