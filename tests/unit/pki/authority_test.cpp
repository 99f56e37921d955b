// The authority as openssl sees it: what it signs is accepted, and what it may not sign is refused.
#include "installer/pki/authority.h"

#include <gtest/gtest.h>

#include "tests/support/thrown.h"
#include "tests/unit/pki/issued.h"

namespace rootcellar::test {
namespace {

class Authority : public testing::Test {
 protected:
  Issued site_;

  void SetUp() override { write_file_atomically(site_.path("ca.pem"), site_.authority); }
  std::string verify(const std::string& certificate, const std::vector<std::string>& more, std::int64_t at = k_made + 50 * k_day) {
    std::vector<std::string> arguments{"verify", "-x509_strict", "-purpose", "sslserver", "-attime", cat(at), "-CAfile", site_.path("ca.pem")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::string said = openssl(arguments, certificate);
    return said == "stdin: OK\n" ? "OK" : said;
  }
  std::string shown(const std::string& certificate, const std::string& what) {
    return openssl({"x509", "-noout", "-ext", what}, certificate);
  }
};

TEST_F(Authority, SaysWhatItMayDo) {
  EXPECT_EQ(shown(site_.authority, "basicConstraints,keyUsage"),
            "X509v3 Basic Constraints: critical\n    CA:TRUE, pathlen:0\n"
            "X509v3 Key Usage: critical\n    Certificate Sign, CRL Sign\n");
  EXPECT_EQ(shown(site_.authority, "nameConstraints"),
            "X509v3 Name Constraints: critical\n    Permitted:\n      DNS:lab.example\n      DNS:localhost\n      DNS:svc\n"
            "      DNS:cluster.local\n      DNS:bench7\n      IP:192.0.2.0/255.255.255.0\n      IP:10.96.0.0/255.255.0.0\n"
            "      IP:127.0.0.0/255.0.0.0\n      IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF\n");
  EXPECT_EQ(openssl({"x509", "-noout", "-subject", "-issuer", "-dates"}, site_.authority),
            "subject=CN = lab site authority\nissuer=CN = lab site authority\nnotBefore=Sep 21 14:13:20 2026 GMT\n"
            "notAfter=Oct 30 14:13:20 2036 GMT\n");
}

TEST_F(Authority, WhatItSignsIsAcceptedByItsNamesAndAddresses) {
  const std::string server = site_.certificate({"lab.example", "*.lab.example", "bench7"}, {"192.0.2.10", "127.0.0.1"});
  for (const char* name : {"lab.example", "registry.lab.example", "bench7"}) EXPECT_EQ(verify(server, {"-verify_hostname", name}), "OK") << name;
  for (const char* address : {"192.0.2.10", "127.0.0.1"}) EXPECT_EQ(verify(server, {"-verify_ip", address}), "OK") << address;
  EXPECT_NE(verify(server, {"-verify_hostname", "lab.other"}).find("hostname mismatch"), std::string::npos);
  EXPECT_EQ(shown(server, "subjectAltName"),
            "X509v3 Subject Alternative Name: \n    DNS:lab.example, DNS:*.lab.example, DNS:bench7, IP Address:192.0.2.10, IP Address:127.0.0.1\n");
  EXPECT_EQ(shown(server, "extendedKeyUsage"), "X509v3 Extended Key Usage: \n    TLS Web Server Authentication\n");
  EXPECT_EQ(openssl({"x509", "-noout", "-dates"}, server), "notBefore=Oct  1 14:13:20 2026 GMT\nnotAfter=Nov  2 14:13:20 2027 GMT\n");
}

TEST_F(Authority, AnAddressAloneIsEnough) {
  const std::string server = site_.certificate({}, {"192.0.2.10"});
  EXPECT_EQ(verify(server, {"-verify_ip", "192.0.2.10"}), "OK");
  EXPECT_EQ(shown(server, "subjectAltName"), "X509v3 Subject Alternative Name: critical\n    IP Address:192.0.2.10\n");
}

TEST_F(Authority, WhatLiesOutsideIsRefusedBeforeABrowserDoes) {
  EXPECT_EQ(message_of([&] { site_.certificate({"bank.example"}); }),
            "a certificate for bank.example: permitted subtree violation of the site's authority");
  EXPECT_EQ(message_of([&] { site_.certificate({"lab.example"}, {"198.51.100.1"}); }),
            "a certificate for lab.example, 198.51.100.1: permitted subtree violation of the site's authority");
}

// Somebody with the key and another program cannot do more either: whoever checks refuses.
TEST_F(Authority, WhatLiesOutsideIsRefusedByOpenssl) {
  write_file_atomically(site_.path("ca.key"), site_.authority_key, 0600);
  write_file_atomically(site_.path("ext"), "subjectAltName=DNS:bank.example\n");
  const std::string request = openssl({"req", "-new", "-key", site_.path("ca.key"), "-subj", "/"});
  const std::string forged = openssl({"x509", "-req", "-CA", site_.path("ca.pem"), "-CAkey", site_.path("ca.key"), "-CAcreateserial", "-days",
                                      "30", "-extfile", site_.path("ext")},
                                     request);
  const std::size_t begin = forged.find("-----BEGIN");
  ASSERT_NE(begin, forged.npos) << forged;
  const std::string said = openssl({"verify", "-no_check_time", "-CAfile", site_.path("ca.pem")}, forged.substr(begin));
  EXPECT_NE(said.find("permitted subtree violation"), said.npos) << said;
}

TEST_F(Authority, FaultsOfARequestAreSaid) {
  EXPECT_EQ(message_of([&] { site_.certificate({}); }), "a server's certificate: expected a name or an address");
  EXPECT_EQ(message_of([&] { site_.certificate({"lab.example,IP:1.2.3.4"}); }),
            "a certificate's name: expected a DNS name in lower case, found 'lab.example,IP:1.2.3.4'");
  EXPECT_EQ(message_of([&] { site_.certificate({"Lab.example"}); }), "a certificate's name: expected a DNS name in lower case, found 'Lab.example'");
  EXPECT_EQ(message_of([&] { site_.certificate({}, {"192.0.2.300"}); }),
            "a certificate's address: expected a numeric address, found '192.0.2.300'");
  AuthorityRequest request = lab_authority();
  request.ranges = {"192.0.2.0"};
  EXPECT_EQ(message_of([&] { make_authority(site_.authority_key, request); }), "an authority's range: expected ADDRESS/BITS, found '192.0.2.0'");
  request.ranges = {"192.0.2.0/33"};
  EXPECT_EQ(message_of([&] { make_authority(site_.authority_key, request); }),
            "an authority's range: expected ADDRESS/BITS, found '192.0.2.0/33'");
  EXPECT_EQ(message_of([&] { issue_certificate(site_.authority, site_.key, site_.key, {{"lab.example"}, {}, {}}); }),
            "the authority's key is not that of its certificate");
  EXPECT_EQ(message_of([&] { issue_certificate("nothing", site_.key, site_.key, {{"lab.example"}, {}, {}}); }), "a certificate: expected PEM");
  EXPECT_EQ(message_of([&] { issue_certificate(site_.authority, "nothing", site_.key, {{"lab.example"}, {}, {}}); }),
            "a private key: expected PEM, not under a passphrase");
}

TEST_F(Authority, RangesLoseTheBitsThatAreNone) {
  AuthorityRequest request = lab_authority();
  request.domains.clear();
  request.ranges = {"192.0.2.77/25", "0.0.0.0/0"};
  EXPECT_EQ(shown(make_authority(site_.authority_key, request), "nameConstraints"),
            "X509v3 Name Constraints: critical\n    Permitted:\n      IP:192.0.2.0/255.255.255.128\n      IP:0.0.0.0/0.0.0.0\n");
}

TEST(AuthorityTimes, ForgiveClocksOnBothSides) {
  const Validity early = authority_validity(k_made, 0);
  EXPECT_EQ(early, (Validity{k_made, k_made + 3652 * k_day}));
  const Validity late = authority_validity(k_made, k_made + 700 * k_day);
  EXPECT_EQ(late, (Validity{k_made, k_made + 4352 * k_day}));
  EXPECT_EQ(server_validity(k_made + k_day, late), (Validity{k_made, k_made + 397 * k_day}));
  EXPECT_EQ(server_validity(k_made + 100 * k_day, late), (Validity{k_made + 70 * k_day, k_made + 467 * k_day}));
  EXPECT_EQ(server_validity(k_made + 4300 * k_day, late).until, late.until);
}

TEST(AuthorityKey, IsSealedByAPassphrase) {
  const std::string key = make_private_key();
  const std::string sealed = seal_private_key(key, "six words on paper");
  EXPECT_TRUE(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
  EXPECT_EQ(open_private_key(sealed, "six words on paper"), key);
  EXPECT_EQ(openssl({"pkey", "-passin", "pass:six words on paper"}, sealed), key);
  EXPECT_EQ(message_of([&] { open_private_key(sealed, "seven words"); }), "cannot open the private key: another passphrase, or no key");
  EXPECT_EQ(message_of([&] { seal_private_key(key, ""); }), "a passphrase: expected at least one character");
}

TEST(Fingerprint, IsOpenssls) {
  const Issued site;
  const std::string expected = openssl({"x509", "-noout", "-fingerprint", "-sha256"}, site.authority);
  EXPECT_EQ(cat("sha256 Fingerprint=", spelled_fingerprint(certificate_fingerprint(site.authority)), "\n"), expected);
}

TEST_F(Authority, SaysWhatItMayNotSignFor) {
  const Issued site;
  EXPECT_EQ(beyond_authority(site.authority, {"lab.example", "*.lab.example", "other.example", "bench7"}, {"192.0.2.10", "198.51.100.1", "127.0.0.1"}),
            (std::vector<std::string>{"other.example", "198.51.100.1"}));
  EXPECT_EQ(authority_domains(site.authority), lab_authority().domains);
}

}  // namespace
}  // namespace rootcellar::test
