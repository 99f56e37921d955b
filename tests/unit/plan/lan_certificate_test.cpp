// Whose certificate the site is served with, and every reason not to begin.
#include <gtest/gtest.h>

#include <algorithm>

#include "installer/plan/lan_certificate.h"
#include "tests/unit/pki/issued.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar::test {
namespace {

using Texts = std::vector<std::string>;

class LanCertificate : public ::testing::Test {
 protected:
  LanCertificate() {
    index_.appliance.lan.enabled = true;
    index_.appliance.lan.names = {"registry"};
    answers_.lan.domain = "lab.example";
    answers_.lan.network = "192.0.2.0/24";
    facts_.clock = k_made + 50 * k_day;
    header_.created = k_made;
  }
  /// The site brings what `site_` made.
  void bring(const std::string& chain) {
    answers_.lan.certificate_chain = "/media/stick/chain.pem";
    answers_.lan.certificate_key = "/media/stick/key.pem";
    facts_.certificates.chain = chain;
    facts_.certificates.key = std::make_shared<const SecretText>(site_.key);
  }
  /// About certificates: the sample machine fits otherwise.
  Texts refusals() { return plan().refusals; }
  Plan plan() { return make_plan(header_, index_, facts_, answers_); }
  std::string ids() {
    std::string text;
    for (const Step& step : plan().steps) {
      const bool about = (step.id.starts_with("site-") && step.id != "site-key") || step.id == "portal-ca-crt" || step.id == "portal-drawing";
      if (about) text += cat(step.id, "\n");
    }
    return text;
  }
  std::string page() {
    for (const Step& step : plan().steps) {
      if (step.id == "portal-index-html") return std::get<WriteFilled>(step.action).text;
    }
    return {};
  }

  Issued site_;
  std::string server_ = site_.certificate({"lab.example", "*.lab.example"});
  Header header_ = sample_header();
  Index index_ = sample_cluster_index();
  Facts facts_ = sample_node_facts();
  Answers answers_ = sample_cluster_answers();
};

TEST_F(LanCertificate, IsMadeHere) {
  EXPECT_EQ(refusals(), Texts{});
  EXPECT_EQ(ids(), "site-authority\nsite-certificate\nsite-authority-file\nsite-trust-store\nsite-trust-file\nsite-trust\nsite-names\nsite-certificate-file\nsite-key-file\nportal-ca-crt\n"
                   "portal-drawing\n");
  EXPECT_NE(page().find("an authority that was made here"), std::string::npos);
}

TEST_F(LanCertificate, OfTheSitesOwnAuthorityHandsThatOut) {
  bring(cat(server_, site_.authority));
  EXPECT_EQ(refusals(), Texts{});
  EXPECT_EQ(ids(), "site-certificate\nsite-authority-file\nsite-trust-store\nsite-trust-file\nsite-trust\nsite-names\nsite-certificate-file\nsite-key-file\nportal-ca-crt\nportal-drawing\n");
  EXPECT_NE(page().find("an authority that this site has"), std::string::npos);
}

TEST_F(LanCertificate, OfAKnownAuthorityHandsNothingOut) {
  bring(server_);
  facts_.certificates.known = site_.authority;
  EXPECT_EQ(refusals(), Texts{});
  EXPECT_EQ(ids(), "site-certificate\nsite-names\nsite-certificate-file\nsite-key-file\n");
  EXPECT_NE(page().find("there is nothing to install"), std::string::npos);
}

TEST_F(LanCertificate, ThatTheApplianceWantsToBeBrought) {
  index_.appliance.lan.certificate = "provided";
  EXPECT_EQ(refusals(), Texts{"the answers do not say the site's certificate, and the appliance wants one that the site brings along: give its "
                              "PEM files as 'lan.certificate.chain' and 'lan.certificate.key'"});
}

TEST_F(LanCertificate, WhoseFilesAreNotThere) {
  bring(server_);
  facts_.certificates.chain.reset();
  facts_.certificates.key.reset();
  EXPECT_EQ(refusals(), (Texts{"the site's certificate '/media/stick/chain.pem': it is not there, or cannot be read",
                               "the site's certificate '/media/stick/key.pem': it is not there, or cannot be read"}));
}

TEST_F(LanCertificate, WithFaultsEachItsOwnSentence) {
  bring(site_.certificate({"lab.example"}));
  facts_.certificates.key = std::make_shared<const SecretText>(make_private_key());
  index_.appliance.lan.everything_below = true;
  const std::string begin = "the site's certificate '/media/stick/chain.pem': ";
  EXPECT_EQ(refusals(),
            (Texts{begin + "the key is not that of certificate 1 of 1 ('lab.example')",
                   begin + "certificate 1 of 1 ('lab.example') is not for 'registry.lab.example': its subject alternative names lack it",
                   begin + "certificate 1 of 1 ('lab.example') is not for '*.lab.example': its subject alternative names lack it"}));
}

TEST_F(LanCertificate, OfNobodyKnown) {
  bring(server_);
  EXPECT_EQ(refusals(), Texts{"the site's certificate '/media/stick/chain.pem': certificate 1 of 1 ('lab.example') is signed by 'lab site "
                              "authority', which is neither in the file nor known to this machine: expected its certificate as the file's last"});
}

class OwnAuthority : public LanCertificate {
 protected:
  OwnAuthority() { facts_.certificates.own = {site_.authority, KeptAuthority::Key::open, ""}; }
};

TEST_F(OwnAuthority, MayNotSignWhatIsWanted) {
  answers_.lan.domain = "other.example";
  const Texts found = refusals();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0],
            "this machine has an authority for lab.example, localhost, svc, cluster.local, bench7, and it may not sign for other.example, "
            "*.other.example: answer what it is for; or 'rootcellar-install ca forget' makes room for another, which every device has "
            "to be told of anew");
}

TEST_F(OwnAuthority, OfAnotherMachineSignsForTheDomainAllTheSame) {
  facts_.node.hostname = "bench9";
  answers_.lan.address = "198.51.100.20";
  EXPECT_EQ(refusals(), Texts{});
  const Plan found = plan();
  for (const Step& step : found.steps) {
    if (const auto* issue = std::get_if<IssueCertificate>(&step.action)) {
      EXPECT_EQ(issue->names, (Texts{"lab.example", "*.lab.example", "localhost"}));
      EXPECT_EQ(issue->addresses, (Texts{"192.0.2.7", "127.0.0.1"}));
    }
  }
  EXPECT_NE(std::find(found.cautions.begin(), found.cautions.end(),
                      "this machine has an authority for lab.example, localhost, svc, cluster.local, bench7, and it may not sign for bench9, "
                      "198.51.100.20: people reach this machine by the other names"),
            found.cautions.end());
}

TEST_F(OwnAuthority, CannotSignWithoutItsKey) {
  facts_.node.hostname = "bench7";
  EXPECT_EQ(refusals(), Texts{});
  facts_.certificates.own.key = KeptAuthority::Key::sealed;
  EXPECT_EQ(refusals(), Texts{"the key of the site's authority is under a passphrase, and a certificate has to be signed: run "
                              "'rootcellar-install ca unseal', then this again, and 'rootcellar-install ca seal' at the end"});
  facts_.certificates.own = {site_.authority, KeptAuthority::Key::moved, "/media/stick on 2026-11-25"};
  EXPECT_EQ(refusals(), Texts{"the key of the site's authority was moved to /media/stick on 2026-11-25, and a certificate has to be signed: bring "
                              "it back with 'rootcellar-install ca restore --from DIR', then run this again"});
}

TEST_F(OwnAuthority, NeedsNoKeyWhileItsCertificateIsGood) {
  facts_.node.hostname = "bench7";
  facts_.certificates.own.key = KeptAuthority::Key::moved;
  for (const Step& step : plan().steps) {
    const auto* issue = std::get_if<IssueCertificate>(&step.action);
    if (issue != nullptr) facts_.certificates.certificate = site_.certificate(issue->names, issue->addresses);
  }
  ASSERT_NE(facts_.certificates.certificate, "");
  EXPECT_EQ(refusals(), Texts{});
  facts_.clock += 380 * k_day;
  EXPECT_EQ(refusals().size(), 1u) << "it ends within 30 days";
}

}  // namespace
}  // namespace rootcellar::test
