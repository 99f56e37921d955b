#include "tests/unit/run/certificate_machine.h"

#include "tests/unit/pki/issued.h"

namespace rootcellar::test {
namespace {

struct Brought {
  Issued site;
  std::string chain = cat(site.certificate({"lab.example", "*.lab.example"}), site.authority);
};
const Brought& first() {
  static const Brought k_first;
  return k_first;
}
const Brought& next() {
  static const Brought k_next;
  return k_next;
}

std::vector<Step> plan_of(const std::string& folder) {
  UseCertificate use{k_site_set, cat(folder, "/chain.pem"), cat(folder, "/key.pem"), {"lab.example", "*.lab.example"}, false};
  return {{"site-certificate", "use the site's certificate", "", use},
          {"site-key-file", "write the key", "", WriteFilled{"/etc/site.key", "${secret.site-certificate-key}\n"}},
          {"site-file", "write the certificate", "", WriteFilled{"/etc/site.crt", "${secret.site-certificate}\n${secret.site-authority}\n", 0644}}};
}

}  // namespace

Bundle certificate_bundle(const std::string& directory) {
  BundleMaker maker;
  maker.add_file("readme", "nothing");
  return maker.build(directory);
}

std::vector<Step> certificate_plan() { return plan_of("/media/stick"); }
std::vector<Step> next_certificate_plan(const Bundle&) { return plan_of("/media/other"); }

std::vector<Step> own_certificate_plan() {
  const AuthorityRequest request = lab_authority();
  return {{"site-authority", "make the authority", "", MakeAuthority{k_site_set, request.name, request.domains, request.ranges, 1'790'000'000}},
          {"site-certificate", "make the certificate", "", IssueCertificate{k_site_set, {"lab.example", "*.lab.example"}, {"192.0.2.10"}}}};
}

void set_up_certificate_machine(MemoryHost& host) {
  host.add_directories("/etc");
  host.add_directories("/var/lib/rootcellar");
  host.add_file("/media/stick/chain.pem", first().chain);
  host.add_file("/media/stick/key.pem", first().site.key);
  host.add_file("/media/other/chain.pem", next().chain);
  host.add_file("/media/other/key.pem", next().site.key);
}

}  // namespace rootcellar::test
