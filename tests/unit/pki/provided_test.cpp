// Each fault of a certificate that the site brings along has its own sentence.
#include "bundle/pki/provided.h"

#include <gtest/gtest.h>

#include "tests/unit/pki/issued.h"

namespace rootcellar::test {
namespace {

using Texts = std::vector<std::string>;

class Provided : public testing::Test {
 protected:
  Issued site_;
  std::string server_ = site_.certificate({"lab.example", "*.lab.example"}, {"192.0.2.10"});

  Texts faults(const std::string& chain, const std::string& key, const Texts& names, std::int64_t now = k_made + 50 * k_day) {
    return faults_of({chain, key, names, now});
  }
};

TEST_F(Provided, AGoodOneHasNoFault) {
  EXPECT_EQ(faults(cat(server_, site_.authority), site_.key, {"lab.example", "x.lab.example", "192.0.2.10"}), Texts{});
  EXPECT_EQ(faults(server_, site_.key, {"lab.example"}), Texts{}) << "who signed it may be known to browsers already";
  EXPECT_EQ(faults(cat("some words before\n", server_, "and between\n", site_.authority), site_.key, {"lab.example"}), Texts{});
}

TEST_F(Provided, TextsThatAreNone) {
  EXPECT_EQ(faults("", site_.key, {}), Texts{"there is no certificate: expected PEM, the server's certificate first"});
  EXPECT_EQ(faults(server_.substr(0, 200), site_.key, {}), Texts{"one of the certificates cannot be read: expected PEM"});
  EXPECT_EQ(faults(cat(server_, "-----BEGIN CERTIFICATE-----\nAAAA\n"), site_.key, {}),
            Texts{"one of the certificates cannot be read: expected PEM"});
}

TEST_F(Provided, TheKeyIsTheCertificates) {
  EXPECT_EQ(faults(server_, "", {}), Texts{"the key cannot be read: expected PEM with a private key"});
  EXPECT_EQ(faults(server_, make_private_key(), {}), Texts{"the key is not that of certificate 1 of 1 ('lab.example')"});
  EXPECT_EQ(faults(server_, seal_private_key(site_.key, "secret"), {}),
            Texts{"the key is under a passphrase: a server that starts by itself cannot be asked for it"});
}

TEST_F(Provided, ItIsForTheNamesPeopleAskFor) {
  EXPECT_EQ(faults(server_, site_.key, {"lab.example", "other.example", "192.0.2.11"}),
            (Texts{"certificate 1 of 1 ('lab.example') is not for 'other.example': its subject alternative names lack it",
                   "certificate 1 of 1 ('lab.example') is not for '192.0.2.11': its subject alternative names lack it"}));
}

TEST_F(Provided, ItIsAServers) {
  EXPECT_EQ(faults(site_.authority, site_.authority_key, {}),
            Texts{"certificate 1 of 1 ('lab site authority') is an authority's: expected the server's own first"});
}

TEST_F(Provided, EachIsSignedByTheNext) {
  const Issued other;
  EXPECT_EQ(faults(cat(server_, other.authority), site_.key, {}),
            Texts{"certificate 1 of 2 ('lab.example') is not signed by the one that follows it: expected each to be followed by its signer"});
}

TEST_F(Provided, ItIsGoodNow) {
  EXPECT_EQ(faults(server_, site_.key, {}, k_made + 1000 * k_day),
            Texts{"certificate 1 of 1 ('lab.example') was good until 2027-11-02T14:13:20Z; it is 2029-06-17T14:13:20Z"});
  EXPECT_EQ(faults(cat(server_, site_.authority), site_.key, {}, k_made - k_day),
            (Texts{"certificate 1 of 2 ('lab.example') is good only from 2026-10-01T14:13:20Z on; it is 2026-09-20T14:13:20Z",
                   "certificate 2 of 2 ('lab site authority') is good only from 2026-09-21T14:13:20Z on; it is 2026-09-20T14:13:20Z"}));
}

TEST_F(Provided, AWildcardIsAskedForByAnyNameBelow) {
  EXPECT_EQ(faults(server_, site_.key, {"*.lab.example"}), Texts{});
  EXPECT_EQ(faults(site_.certificate({"lab.example"}), site_.key, {"*.lab.example"}),
            Texts{"certificate 1 of 1 ('lab.example') is not for '*.lab.example': its subject alternative names lack it"});
}

TEST_F(Provided, ServersSignNothing) {
  const std::string other = make_private_key();
  EXPECT_EQ(chain_faults(cat(server_, server_), {}, k_made + 50 * k_day).size(), 1u);
  EXPECT_FALSE(is_authority(server_));
  EXPECT_TRUE(is_authority(site_.authority));
  EXPECT_TRUE(key_belongs(server_, site_.key));
  EXPECT_FALSE(key_belongs(server_, other));
  EXPECT_FALSE(key_belongs(server_, "no key"));
}

class Root : public Provided {
 protected:
  static constexpr std::int64_t k_now = k_made + 50 * k_day;
};

TEST_F(Root, IsTheLastOfTheFileAndIsHandedOut) {
  const ChainRoot found = root_of(cat("a note\n", server_, site_.authority), "", k_now);
  EXPECT_EQ(found.fault, "");
  EXPECT_EQ(found.root, site_.authority);
  EXPECT_EQ(found.chain, server_);
  EXPECT_FALSE(found.known);
}

TEST_F(Root, IsOneThatMachinesKnow) {
  const Issued other;
  for (const std::string& chain : {server_, cat(server_, site_.authority)}) {
    const ChainRoot found = root_of(chain, cat(other.authority, site_.authority), k_now);
    EXPECT_EQ(found.fault, "");
    EXPECT_EQ(found.root, site_.authority);
    EXPECT_EQ(found.chain, server_);
    EXPECT_TRUE(found.known);
  }
}

TEST_F(Root, IsMissing) {
  EXPECT_EQ(root_of(server_, Issued().authority + Issued().authority, k_now).fault,
            "certificate 1 of 1 ('lab.example') is signed by 'lab site authority', which is neither in the file nor known to this machine: "
            "expected its certificate as the file's last");
}

TEST_F(Root, DoesNotPermitTheName) {
  AuthorityRequest wider = lab_authority();
  wider.domains = {"other.example"};
  const std::string same_key = make_authority(site_.authority_key, wider);
  const std::string foreign = issue_certificate(same_key, site_.authority_key, site_.key,
                                                {{"other.example"}, {}, server_validity(k_now, certificate_validity(same_key))});
  EXPECT_EQ(root_of(foreign, site_.authority, k_now).fault, "certificate 1 of 1 ('other.example'): permitted subtree violation");
}

TEST_F(Root, IsItself) {
  const std::string own = site_.path("own.pem");
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", site_.path("own.key"), "-out", own,
           "-subj", "/CN=lab.example", "-addext", "basicConstraints=critical,CA:FALSE"});
  EXPECT_EQ(root_of(read_file(own, 10000), "", k_now).fault,
            "certificate 1 of 1 ('lab.example') is signed by itself alone: expected a server's certificate and the authority that signed it");
}

}  // namespace
}  // namespace rootcellar::test
