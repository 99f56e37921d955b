#include "installer/run/certificate.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "installer/care/certificate_dates.h"
#include "tests/support/memory_host.h"
#include "tests/unit/care/sample_certificate.h"

namespace rootcellar::test {
namespace {

TEST(Certificate, SaysUntilWhenAndForWhom) {
  const auto certificate = read_certificate(cat("some key\n", k_certificate, k_certificate));
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->expires, k_certificate_end);
  EXPECT_EQ(certificate->names, (std::vector<std::string>{"cluster.internal", "10.0.0.1", "fd00::1"}));
}

TEST(Certificate, IsNothingWhenCutAnywhere) {
  const std::string whole(k_certificate);
  const std::size_t end = whole.find("-----END CERTIFICATE-----") + std::string_view("-----END CERTIFICATE-----").size();
  for (std::size_t length = 0; length < end; ++length) EXPECT_FALSE(read_certificate(whole.substr(0, length))) << length;
}

TEST(CertificateDates, OfFilesAndOfKubeconfigs) {
  MemoryHost host;
  const std::string inside = base64_encode(as_bytes(k_certificate));
  host.add_file("/etc/kubernetes/admin.conf", cat("users:\n- user:\n    client-certificate-data: ", inside, "\n"));
  host.add_file("/etc/kubernetes/kubelet.conf", "users:\n- user:\n    client-certificate: /var/lib/kubelet/pki/current.pem\n");
  host.add_file("/var/lib/kubelet/pki/current.pem", cat(k_certificate, "a key"));
  host.add_file("/etc/kubernetes/scheduler.conf", "users: []\n");
  host.add_file("/etc/kubernetes/pki/apiserver.crt", k_certificate);
  host.add_file("/etc/kubernetes/pki/apiserver.key", "a key");
  host.add_file("/etc/kubernetes/pki/ca.crt", k_certificate);
  host.add_file("/etc/kubernetes/pki/etcd/peer.crt", "no certificate");
  const std::vector<CertificateDate> expected = {{"/etc/kubernetes/admin.conf", k_certificate_end, false},
                                                 {"/etc/kubernetes/kubelet.conf", k_certificate_end, false},
                                                 {"/etc/kubernetes/scheduler.conf", 0, false},
                                                 {"/etc/kubernetes/pki/apiserver.crt", k_certificate_end, false},
                                                 {"/etc/kubernetes/pki/ca.crt", k_certificate_end, true},
                                                 {"/etc/kubernetes/pki/etcd/peer.crt", 0, false}};
  EXPECT_EQ(certificate_dates(host), expected);
}

}  // namespace
}  // namespace rootcellar::test
