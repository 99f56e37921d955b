// The site's authority and certificate from the command line: made, carried away and back, sealed, renewed, shown.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "installer/pki/authority.h"
#include "bundle/pki/provided.h"
#include "tests/support/proc_texts.h"
#include "tests/unit/commands_installer/site_fixture.h"
#include "tests/unit/pki/issued.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_secrets = "/var/lib/rootcellar/secrets/";
constexpr const char* k_usual = "lan:\n  network: 192.0.2.0/24\n";

/// A machine of the lab at 192.0.2.7, with a stick.
class LanMachine {
 public:
  explicit LanMachine(const std::string& domain = "lab.example") : domain_(domain) {
    MemoryHost& host = site_.host();
    host.add_file("/proc/net/route", route_table({k_way_out, k_lan}));
    move_to("192.0.2.7");
    for (const char* folder : {"/root", "/media/stick", "/usr/local/share/ca-certificates"}) host.add_directories(folder);
    for (const char* tool : {"/usr/sbin/update-ca-certificates", "/usr/bin/test"}) {
      host.add_file(tool, "program", 0755);
      host.set_tool(tool, [](MemoryHost&, const ToolCall&) { return ToolResult{}; });
    }
    host.add_file("/root/pass", "correct horse\n");
  }
  void move_to(const std::string& address) { site_.host().add_file("/proc/net/fib_trie", fib_trie({address})); }
  cli::Captured install(const std::string& answers = k_usual) {
    SiteBundle options;
    options.lan.enabled = true;
    options.lan.domain = domain_;
    options.lan.nameserver = options.lan.time = options.lan.portal = false;
    write_file_atomically(site_.path("answers.yaml"), answers);
    const std::string stick = site_.write_bundle(options);
    return site_.run({"install", stick, "--trust", site_.write_key(first_key()), "--answers", site_.path("answers.yaml"), "--yes"});
  }
  cli::Captured run(std::vector<std::string> arguments) { return site_.run(std::move(arguments)); }
  cli::Captured ca(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "ca");
    arguments.insert(arguments.end(), {"--passphrase-file", "/root/pass"});
    return site_.run(std::move(arguments));
  }
  std::string file(const std::string& path) { return site_.host().read_file(path, 1u << 20).value_or("none"); }
  std::string secret(const std::string& name) { return file(cat(k_secrets, name)); }
  void put(const std::string& path, const std::string& text) { site_.host().add_file(path, text, 0600); }
  void take_stick_from(LanMachine& other) {
    for (const char* name : {"rootcellar-site-ca.crt", "rootcellar-site-ca.key"}) put(cat("/media/stick/", name), other.file(cat("/media/stick/", name)));
  }
  MemoryHost& host() { return site_.host(); }

 private:
  Site site_;
  std::string domain_;
};

std::string words(const std::string& authority) { return six_words(*hex_decode(certificate_fingerprint(authority))); }

TEST(CaCommand, ShowsWhatWasMade) {
  LanMachine machine;
  const auto installed = machine.install();
  ASSERT_EQ(installed.exit_code, 0) << installed.err;
  const std::string authority = machine.secret("site-authority");
  EXPECT_EQ(machine.run({"ca", "show"}).out,
            cat("authority for  lab.example, localhost, svc\nuntil          ", format_time(certificate_validity(authority).until),
                "\nkey            on this machine, readable by root only\nfingerprint    ",
                spelled_fingerprint(certificate_fingerprint(authority)), "\nsix words      ", words(authority), "\n"));
}

TEST(CaCommand, ARebuiltMachineKeepsTheTrust) {
  LanMachine first;
  ASSERT_EQ(first.install().exit_code, 0);
  const auto exported = first.ca({"export", "--to", "/media/stick"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_TRUE(is_sealed_key(first.file("/media/stick/rootcellar-site-ca.key")));
  EXPECT_EQ(first.host().status("/media/stick/rootcellar-site-ca.key")->mode, 0600u);
  EXPECT_EQ(first.file("/media/stick/rootcellar-site-ca.crt"), first.secret("site-authority"));

  LanMachine rebuilt;
  rebuilt.take_stick_from(first);
  const auto restored = rebuilt.ca({"restore", "--from", "/media/stick"});
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_EQ(rebuilt.secret("_site-authority-key"), first.secret("_site-authority-key"));
  const auto installed = rebuilt.install();
  ASSERT_EQ(installed.exit_code, 0) << installed.err;
  EXPECT_EQ(rebuilt.secret("site-authority"), first.secret("site-authority"));
  const SecretText key(rebuilt.secret("site-certificate-key"));
  EXPECT_EQ(faults_of({cat(rebuilt.secret("site-certificate"), rebuilt.secret("site-authority")), key.view(), {"lab.example", "192.0.2.7"},
                       rebuilt.host().now()}),
            std::vector<std::string>{});
  EXPECT_EQ(rebuilt.file("/usr/local/share/ca-certificates/rootcellar-site.crt"), first.secret("site-authority"));
}

TEST(CaCommand, RefusesWhatDoesNotBelong) {
  LanMachine first, other;
  ASSERT_EQ(first.install().exit_code, 0);
  ASSERT_EQ(first.ca({"export", "--to", "/media/stick"}).exit_code, 0);
  EXPECT_EQ(other.ca({"restore", "--from", "/media/stick"}).err,
            "error: cannot restore the site's authority: expected '/media/stick/rootcellar-site-ca.crt', found none\nhint: 'ca export' writes it\n");
  other.take_stick_from(first);
  other.put("/root/pass", "wrong\n");
  const auto wrong = other.ca({"restore", "--from", "/media/stick"});
  EXPECT_EQ(wrong.err, "error: cannot open the private key: another passphrase, or no key\n");
  EXPECT_EQ(wrong.exit_code, 3);
  other.put("/root/pass", "\n");
  EXPECT_EQ(other.ca({"restore", "--from", "/media/stick"}).err, "error: the first line of '/root/pass' is empty: expected a passphrase\n");
  other.put("/media/stick/rootcellar-site-ca.key", make_private_key());
  EXPECT_EQ(other.ca({"restore", "--from", "/media/stick"}).err,
            "error: the key in '/media/stick/rootcellar-site-ca.key' is not that of the certificate in '/media/stick/rootcellar-site-ca.crt'\n");
  other.put("/media/stick/rootcellar-site-ca.crt", first.secret("site-certificate"));
  EXPECT_EQ(other.ca({"restore", "--from", "/media/stick"}).err,
            "error: '/media/stick/rootcellar-site-ca.crt' is no authority's certificate: expected one, PEM\n");
  EXPECT_FALSE(other.host().exists("/var/lib/rootcellar/secrets"));
}

TEST(CaCommand, AnotherSitesAuthorityIsRefusedByTheCommandAndByThePlan) {
  LanMachine first, other("dome.example");
  ASSERT_EQ(first.install().exit_code, 0);
  ASSERT_EQ(first.ca({"export", "--to", "/media/stick"}).exit_code, 0);
  other.take_stick_from(first);
  ASSERT_EQ(other.ca({"restore", "--from", "/media/stick"}).exit_code, 0) << "nothing says the domain yet";
  const auto refused = other.install();
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_NE((refused.out + refused.err)
                .find("this machine has an authority for lab.example, localhost, svc, and it may not sign for dome.example, *.dome.example: answer what "
                      "it is for; or 'rootcellar-install ca forget' makes room for another, which every device has to be told of anew"),
            std::string::npos)
      << refused.err;
  ASSERT_EQ(other.run({"ca", "forget", "--yes"}).exit_code, 0);
  ASSERT_EQ(other.install().exit_code, 0);
  EXPECT_EQ(other.ca({"restore", "--from", "/media/stick"}).err,
            "error: cannot restore the site's authority: it is for lab.example, localhost, svc, and this site's domain is dome.example\n"
            "hint: it is another site's\n");
  EXPECT_EQ(other.run({"ca", "forget", "--yes"}).err,
            "error: cannot forget the site's authority: the installed appliance uses it\nhint: run 'rootcellar-install uninstall' first\n");
}

TEST(CaCommand, AnotherOneOfTheSameDomainIsNotWrittenOver) {
  LanMachine first, second;
  ASSERT_EQ(first.install().exit_code, 0);
  ASSERT_EQ(second.install().exit_code, 0);
  ASSERT_EQ(first.ca({"export", "--to", "/media/stick"}).exit_code, 0);
  second.take_stick_from(first);
  EXPECT_EQ(second.ca({"restore", "--from", "/media/stick"}).err,
            "error: cannot restore the site's authority: this machine has another one, for lab.example, localhost, svc\n"
            "hint: devices may trust that one; 'rootcellar-install ca forget' makes room\n");
  EXPECT_EQ(second.ca({"export", "--to", "/media/stick"}).err,
            "error: '/media/stick/rootcellar-site-ca.crt' is there already and is another authority's\nhint: give another folder\n");
}

TEST(CaCommand, AMovedKeyIsSaidByWhateverNeedsIt) {
  LanMachine machine;
  ASSERT_EQ(machine.install().exit_code, 0);
  const std::string key = machine.secret("_site-authority-key");
  const auto moved = machine.ca({"export", "--to", "/media/stick", "--move"});
  ASSERT_EQ(moved.exit_code, 0) << moved.err;
  EXPECT_FALSE(machine.host().exists(cat(k_secrets, "_site-authority-key")));
  const std::string where = cat("moved to /media/stick on ", format_time(machine.host().now()).substr(0, 10));
  EXPECT_NE(moved.out.find(cat("key            ", where, "\n")), std::string::npos) << moved.out;
  EXPECT_EQ(machine.run({"status"}).exit_code, 0);
  EXPECT_EQ(machine.install().exit_code, 0) << "the same names need no signature";
  EXPECT_EQ(machine.run({"renew", "--yes"}).err,
            cat("error: cannot renew: the key of the site's authority was ", where,
                ", and a certificate has to be signed\nhint: bring it back with 'rootcellar-install ca restore --from DIR', then run this again\n"));
  EXPECT_EQ(machine.ca({"export", "--to", "/media/stick"}).err,
            cat("error: cannot export the site's authority: its key was ", where, "\nhint: bring it back with 'rootcellar-install ca restore --from DIR'\n"));
  ASSERT_EQ(machine.ca({"restore", "--from", "/media/stick"}).exit_code, 0);
  EXPECT_EQ(machine.secret("_site-authority-key"), key);
  EXPECT_EQ(machine.run({"renew", "--yes"}).exit_code, 0);
}

TEST(CaCommand, ASealedKeyIsSaidByWhateverNeedsIt) {
  LanMachine machine;
  ASSERT_EQ(machine.install().exit_code, 0);
  ASSERT_EQ(machine.ca({"seal"}).exit_code, 0);
  EXPECT_TRUE(is_sealed_key(machine.secret("_site-authority-key")));
  EXPECT_EQ(machine.ca({"seal"}).err,
            "error: cannot seal the key of the site's authority: it is under a passphrase already\nhint: 'ca unseal' first for another one\n");
  EXPECT_EQ(machine.run({"renew", "--yes"}).err,
            "error: cannot renew: the key of the site's authority is under a passphrase, and a certificate has to be signed\n"
            "hint: run 'rootcellar-install ca unseal', then this again, and 'rootcellar-install ca seal' at the end\n");
  ASSERT_EQ(machine.run({"uninstall", "--yes"}).exit_code, 0);
  const auto refused = machine.install();
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_NE((refused.out + refused.err).find("and a certificate has to be signed: run 'rootcellar-install ca unseal'"), std::string::npos) << refused.err;
  EXPECT_EQ(machine.ca({"export", "--to", "/media/stick"}).exit_code, 0);
  EXPECT_EQ(machine.file("/media/stick/rootcellar-site-ca.key"), machine.secret("_site-authority-key"));
  ASSERT_EQ(machine.ca({"unseal"}).exit_code, 0);
  EXPECT_EQ(machine.ca({"unseal"}).err, "error: cannot unseal the key of the site's authority: it is under no passphrase\n");
  ASSERT_EQ(machine.install().exit_code, 0);
  EXPECT_EQ(machine.run({"renew", "--yes"}).exit_code, 0);
}

TEST(CaCommand, WordsThatAreNone) {
  LanMachine machine;
  EXPECT_EQ(machine.run({"ca", "burn"}).err, "error: expected show, export, restore, seal, unseal or forget, found 'burn'\n");
  EXPECT_EQ(machine.run({"ca", "seal", "--move"}).err, "error: --move goes with 'export' only\n");
  EXPECT_EQ(machine.run({"ca", "export"}).err, "error: missing option '--to'\nhint: give the folder, on a stick for example\n");
  EXPECT_EQ(machine.run({"ca", "show"}).err,
            "error: cannot show the site's authority: this machine has made no authority\n"
            "hint: an appliance with a section lan makes one when it is installed\n");
  ASSERT_EQ(machine.install().exit_code, 0);
  EXPECT_EQ(machine.ca({"export", "--to", "/media/none"}).err,
            "error: cannot write to '/media/none': expected a directory, found none\nhint: is the medium mounted?\n");
  machine.host().set_root(false);
  EXPECT_EQ(machine.run({"ca", "show"}).err, "error: cannot show the site's authority: only root can\nhint: begin the command with 'sudo'\n");
}

TEST(SiteCertificate, IsRenewedWithEveryCopyOfIt) {
  LanMachine machine;
  ASSERT_EQ(machine.install().exit_code, 0);
  const std::string before = machine.secret("site-certificate");
  EXPECT_EQ(machine.file("/etc/rootcellar/site.crt"), before);
  machine.host().sleep(std::uint64_t{350} * 86400 * 1000);
  const auto warned = machine.run({"status"});
  EXPECT_EQ(warned.exit_code, 0) << warned.out;
  EXPECT_NE(warned.out.find("site-certificate       it ends on "), std::string::npos) << warned.out;
  EXPECT_NE(warned.out.find("days: run 'rootcellar-install renew'\n"), std::string::npos) << warned.out;

  const auto renewed = machine.run({"renew", "--yes"});
  ASSERT_EQ(renewed.exit_code, 0) << renewed.err;
  EXPECT_NE(machine.secret("site-certificate"), before);
  EXPECT_EQ(machine.file("/etc/rootcellar/site.crt"), machine.secret("site-certificate"));
  EXPECT_EQ(machine.file("/etc/rootcellar/site.key"), machine.secret("site-certificate-key"));
  EXPECT_EQ(renewed.out,
            cat("Makes the site's certificate anew, or takes a newer one from the files that the answers name, and restarts what is served with it.\n",
                cli::table({{"certificate", "was good until", "is good until"},
                            {"/var/lib/rootcellar/secrets/site-certificate", format_time(certificate_validity(before).until),
                             format_time(certificate_validity(machine.secret("site-certificate")).until)}})));
  const auto well = machine.run({"status"});
  EXPECT_EQ(well.exit_code, 0) << well.out;
  EXPECT_EQ(well.out.find("run 'rootcellar-install"), std::string::npos) << well.out;
}

TEST(SiteCertificate, ThatHasEndedIsAFault) {
  LanMachine machine;
  ASSERT_EQ(machine.install().exit_code, 0);
  machine.host().sleep(std::uint64_t{400} * 86400 * 1000);
  const auto ended = machine.run({"status"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_NE(ended.out.find("expired: run 'rootcellar-install renew'\n"), std::string::npos) << ended.out;
}

TEST(SiteCertificate, OfAMachineThatMovedIsAFault) {
  LanMachine machine;
  ASSERT_EQ(machine.install().exit_code, 0);
  machine.move_to("192.0.2.9");
  const auto moved = machine.run({"status"});
  EXPECT_EQ(moved.exit_code, 1);
  EXPECT_NE(moved.out.find("the site's certificate is for 192.0.2.7, and this machine is 192.0.2.9 now: uninstall and install again; the "
                           "authority stays\n"),
            std::string::npos)
      << moved.out;
  const std::string authority = machine.secret("site-authority");
  ASSERT_EQ(machine.run({"uninstall", "--yes"}).exit_code, 0);
  const auto again = machine.install();
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(machine.secret("site-authority"), authority);
  EXPECT_EQ(machine.run({"status"}).exit_code, 0);
}

TEST(SiteCertificate, ThatIsBroughtStaysWhenTheStickIsGoneAndIsRenewedFromIt) {
  LanMachine machine;
  const Issued site;
  const std::string answers = cat(k_usual, "  certificate:\n    chain: /media/stick/chain.pem\n    key: /media/stick/key.pem\n");
  const auto refused = machine.install(answers);
  EXPECT_EQ(refused.exit_code, 6);
  machine.put("/media/stick/chain.pem", cat(site.certificate({"lab.example"}), site.authority));
  machine.put("/media/stick/key.pem", site.key);
  const auto installed = machine.install(answers);
  ASSERT_EQ(installed.exit_code, 0) << installed.err;
  EXPECT_EQ(machine.file("/etc/rootcellar/site.key"), site.key);
  EXPECT_EQ(machine.file("/usr/local/share/ca-certificates/rootcellar-site.crt"), site.authority);
  EXPECT_FALSE(machine.host().exists(cat(k_secrets, "_site-authority-key")));

  machine.host().remove("/media/stick/chain.pem");
  machine.host().remove("/media/stick/key.pem");
  EXPECT_EQ(machine.run({"status"}).exit_code, 0);
  EXPECT_EQ(machine.install(answers).exit_code, 0) << "our copy is as good";

  machine.put("/media/stick/chain.pem", cat(site.certificate({"lab.example", "more.lab.example"}), site.authority));
  machine.put("/media/stick/key.pem", site.key);
  EXPECT_NE(machine.run({"status"}).out.find("another than that in /media/stick/chain.pem: run 'rootcellar-install renew'"), std::string::npos);
  ASSERT_EQ(machine.run({"renew", "--yes"}).exit_code, 0);
  EXPECT_EQ(cat(machine.file("/etc/rootcellar/site.crt"), site.authority), machine.file("/media/stick/chain.pem"));
  machine.put("/media/stick/key.pem", make_private_key());
  EXPECT_EQ(machine.run({"renew", "--yes"}).err,
            "error: cannot renew: cannot use the certificate '/media/stick/chain.pem': the key is not that of certificate 1 of 2 ('lab.example')\n"
            "hint: put a good one there, and run this again\n");
  ASSERT_EQ(machine.run({"uninstall", "--yes"}).exit_code, 0);
  EXPECT_FALSE(machine.host().exists("/etc/rootcellar/site.key"));
  EXPECT_FALSE(machine.host().exists("/usr/local/share/ca-certificates/rootcellar-site.crt"));
}

}  // namespace
}  // namespace rootcellar::test
