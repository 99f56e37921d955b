// Until when the certificates of a node are good, read from its files: no API server needs to answer for it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "installer/host/host_system.h"

namespace rootcellar {

inline constexpr const char* k_pki = "/etc/kubernetes/pki";

struct CertificateDate {
  std::string path;          ///< of the file: a certificate, or a kubeconfig with one inside
  std::int64_t expires = 0;  ///< UTC seconds; 0: it cannot be read
  bool authority = false;    ///< signs others: made once, for ten years
  bool operator==(const CertificateDate&) const = default;
};

/// Below /etc/kubernetes/pki, and the client certificates of the kubeconfigs in /etc/kubernetes; sorted by path.
std::vector<CertificateDate> certificate_dates(HostSystem& host);

/// The PEM text of a kubeconfig's client certificate, from within or from the file it names; empty when it has none.
std::string client_certificate(std::string_view kubeconfig, HostSystem& host);

}  // namespace rootcellar
