// Before a bundle exists: words, keys, profiles, locks.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/cli/session.h"

namespace rootcellar {
namespace {

using test::Session;

TEST(BuilderCli, Words) {
  Session session;
  session.run({});
  session.run({"--version"});
  session.run({"lok", "x.yaml"});
  session.run({"lint"});
  session.run({"lint", "a.yaml", "b.yaml"});
  session.run({"lock", "a.yaml", "--variannt", "gpu"});
  session.run({"build", "a.lock.yaml"});
  session.run({"build", "a.lock.yaml", "--key", "k", "--volume-size", "big"});
  session.expect("words");
}

TEST(BuilderCli, KeygenWithoutPassphrase) {
  Session session;
  session.run({"keygen"});
  session.run({"keygen", "../key", "--no-passphrase"});
  session.run({"keygen", "lab"});
  EXPECT_FALSE(file_status(session.path("lab.key")).has_value());
  session.run({"keygen", "lab", "--out", "keys", "--no-passphrase"});
  session.call_key("keys/lab");
  EXPECT_EQ(file_status(session.path("keys/lab.key"))->mode, 0600U);
  EXPECT_EQ(file_status(session.path("keys"))->mode, 0700U);
  session.run({"keygen", "lab", "--out", "keys", "--no-passphrase"});
  session.expect("keygen");
}

TEST(BuilderCli, KeygenWithPassphraseFile) {
  Session session;
  session.write("empty", "\n");
  session.write("passphrase", "correct horse\nsecond line\n");
  session.run({"keygen", "lab", "--passphrase-file", "empty"});
  session.run({"keygen", "lab", "--passphrase-file", "passphrase", "--no-passphrase"});
  session.run({"keygen", "lab", "--passphrase-file", "passphrase", "--json"});
  session.call_key("lab");
  EXPECT_EQ(read_file(session.path("lab.key"), 4096).find("correct"), std::string::npos);
  session.expect("keygen-passphrase");
}

TEST(BuilderCli, CertificateRefuses) {
  Session session;
  session.write("open-token", "secret\n");
  const auto certificate = [&session](const std::vector<std::string>& more) {
    std::vector<std::string> words{"certificate", "--domain", "lab.duckdns.org"};
    words.insert(words.end(), more.begin(), more.end());
    session.run(words);
  };
  session.run({"certificate", "--domain", "a.lab.duckdns.org"});
  certificate({"--address", "192.0.2"});
  certificate({"--server", "http://127.0.0.1/dir"});
  certificate({"--email", "me"});
  certificate({"--resolver", "127.0.0.1"});
  certificate({"--wait", "3601"});
  certificate({});
  certificate({"--token-file", "absent"});
  certificate({"--token-file", "open-token"});
  session.remark("what lego calls");
  session.run({"duckdns-record", "present", "_acme-challenge.lab.duckdns.org", "--domain", "lab.example"});
  session.run({"duckdns-record", "show", "_acme-challenge.lab.duckdns.org", "--domain", "lab.duckdns.org"});
  session.run({"duckdns-record", "present", "_acme-challenge.lab.duckdns.org.", "--domain", "lab.duckdns.org"});
  session.run({"duckdns-record", "cleanup", "_acme-challenge.other.duckdns.org.", "--domain", "lab.duckdns.org"});
  session.expect("certificate-refuses");
}

TEST(BuilderCli, Lint) {
  Session session;
  session.copy_golden("profile/unknown-keys.yaml", "faulty.yaml");
  session.copy_golden("profile/warnings.yaml", "risky.yaml");
  session.run({"lint", "not-there.yaml"});
  session.run({"lint", "faulty.yaml"});
  session.run({"lint", "risky.yaml"});
  session.run({"lint", "risky.yaml", "--json"});
  session.expect("lint");
}

TEST(BuilderCli, LockRefusesBeforeItFetches) {
  Session session;
  session.copy_golden("profile/whole.yaml", "whole.yaml");
  session.copy_golden("profile/stacks/base.yaml", "stacks/base.yaml");
  session.copy_golden("profile/stacks/content.txt", "stacks/content.txt");
  session.copy_golden("lock/sample.lock.yaml", "lab.lock.yaml");
  session.run({"lock", "whole.yaml", "--variant", "gpuu"});
  session.run({"lock", "whole.yaml", "--arch", "amd64", "--set", "web"});
  session.run({"lock", "whole.yaml", "--arch", "amd64", "--set", "wbe=1"});
  session.run({"lock", "whole.yaml", "--arch", "amd64", "-o", "lab.lock.yaml"});
  session.run({"lock", "whole.yaml", "--arch", "amd64", "-o", "whole.yaml"});
  make_directories(session.path("folder"));
  session.run({"lock", "whole.yaml", "--arch", "amd64", "-o", "folder"});
  session.run({"lock", "whole.yaml", "--arch", "amd64", "--serial", "0"});
  session.run({"lock", "whole.yaml", "--arch", "amd64", "-j", "65"});
  session.run({"lock", "whole.yaml", "--arch", "amd64", "--mirror", "docker.io"});
  session.write(".config/rootcellar/config.yaml", "miror: [a=b]\ncache: 1\n");
  session.run({"lock", "whole.yaml", "--arch", "amd64"});
  EXPECT_FALSE(file_status(session.path(".cache")).has_value());
  session.expect("lock-refuses");
}

TEST(BuilderCli, SaysWhatIsInTheWayOfItsFolders) {
  Session session;
  session.copy_golden("profile/whole.yaml", "whole.yaml");
  session.copy_golden("profile/stacks/base.yaml", "stacks/base.yaml");
  session.copy_golden("profile/stacks/content.txt", "stacks/content.txt");
  session.write("file", "mine\n");
  session.run({"keygen", "lab", "--no-passphrase", "--out", "file"});
  session.run({"lock", "whole.yaml", "--arch", "amd64", "-o", "file/lab.lock.yaml"});
  session.run({"lock", "whole.yaml", "--arch", "amd64", "--cache", "file"});
  session.remark("a home whose cache cannot be made");
  remove_tree(session.path(".cache"));
  session.write(".cache", "");
  session.run({"lock", "whole.yaml", "--arch", "amd64"});
  EXPECT_EQ(read_file(session.path("file"), 100), "mine\n");
  session.expect("in-the-way");
}

TEST(BuilderCli, BuildRefusesBeforeItFetches) {
  Session session;
  session.copy_golden("lock/sample.lock.yaml", "lab.lock.yaml");
  session.write("installer", test::tiny_installer());
  session.write("script", "#!/bin/sh\n");
  session.run({"keygen", "lab", "--no-passphrase"});
  session.call_key("lab");
  session.write("lock", "x\n");
  const auto build = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"build", "lab.lock.yaml"};
    words.insert(words.end(), more.begin(), more.end());
    session.run(words);
  };
  session.run({"build", "lock", "--key", "lab.key"});
  build({"--key", "not-there.key", "--installer", "installer"});
  build({"--key", "lab.pub", "--installer", "installer"});
  build({"--key", "lab.key", "--key", "lab.key", "--installer", "installer"});
  build({"--key", "lab.key", "--installer", "not-there"});
  build({"--key", "lab.key", "--installer", "script"});
  build({"--key", "lab.key", "--installer", "installer", "--volume-size", "1K"});
  build({"--key", "lab.key", "--installer", "installer", "--level", "22"});
  EXPECT_FALSE(file_status(session.path(".cache")).has_value());
  session.expect("build-refuses");
}

}  // namespace
}  // namespace rootcellar
