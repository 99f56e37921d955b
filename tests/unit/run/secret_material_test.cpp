// Secrets as other programs read them: openssl and htpasswd are asked, not our own code.
#include "installer/run/secret_material.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "installer/run/actions/actions.h"
#include "tests/support/thrown.h"
#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {
namespace {

std::string openssl(std::vector<std::string> arguments, const std::string& input) {
  arguments.insert(arguments.begin(), "/usr/bin/openssl");
  const ProcessResult result = run_process({.argv = arguments, .environment = {"PATH=/usr/bin"}, .input = input, .time_limit_seconds = 60});
  return cat(result.exit_code == 0 ? "" : "failed: ", result.output, result.error_output);
}

TEST(SecretMaterial, PasswordsAreOfTheLengthAskedForAndNeverTheSame) {
  const std::string one = random_password(24);
  EXPECT_EQ(one.size(), 24u);
  EXPECT_EQ(one.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"), one.npos);
  EXPECT_NE(one, random_password(24));
  EXPECT_EQ(random_hex(7).size(), 7u);
  EXPECT_NE(random_hex(64), random_hex(64));
}

TEST(SecretMaterial, OpensslReadsTheKeyAndTheGroup) {
  const std::string key = rsa_private_key(2048);
  EXPECT_TRUE(key.starts_with("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_EQ(openssl({"rsa", "-check", "-noout"}, key), "RSA key ok\n");
  const std::string group = dh_parameters(2048);
  EXPECT_TRUE(group.starts_with("-----BEGIN DH PARAMETERS-----\n")) << group;
  EXPECT_NE(openssl({"dhparam", "-check", "-text", "-noout"}, group).find("DH Parameters: (2048 bit)"), std::string::npos);
}

TEST(SecretMaterial, RefusesSizesNobodyHas) {
  EXPECT_EQ(message_of([] { rsa_private_key(1024); }), "an RSA key: expected 2048 to 8192 bits, found 1024");
  EXPECT_EQ(message_of([] { dh_parameters(1000); }), "Diffie-Hellman parameters: expected 2048, 3072, 4096, 6144 or 8192 bits, found 1000");
  EXPECT_EQ(message_of([] { json_web_token("[]", "k"); }), "a token's claims: expected an object");
}

TEST(SecretMaterial, TokenIsTheOneOpensslSigns) {
  const std::string token = json_web_token(R"({ "iss": "lab" })", "key");
  EXPECT_EQ(token.substr(0, token.rfind('.')), "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJsYWIifQ");
  const std::string mac = openssl({"dgst", "-sha256", "-hmac", "key", "-r"}, token.substr(0, token.rfind('.'))).substr(0, 64);
  std::string base64 = token.substr(token.rfind('.') + 1) + '=';
  for (char& c : base64) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const auto bytes = base64_decode(base64);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(hex_encode(*bytes), mac);
}

TEST(SecretMaterial, HtpasswdTakesTheLine) {
  TemporaryDirectory directory{"rc-htpasswd"};
  const std::string path = path_join(directory.path(), "users");
  const std::string line = htpasswd_line("lab", "secret");
  write_file_atomically(path, line);
  const auto verify = [&](const std::string& password) {
    return run_process(
               {.argv = {"/usr/bin/htpasswd", "-vb", path, "lab", password}, .environment = {"PATH=/usr/bin"}, .time_limit_seconds = 60})
        .exit_code;
  };
  EXPECT_EQ(verify("secret"), 0);
  EXPECT_NE(verify("other"), 0);
  EXPECT_TRUE(htpasswd_matches(line, "lab", "secret"));
  EXPECT_FALSE(htpasswd_matches(line, "lab", "other"));
  EXPECT_FALSE(htpasswd_matches(line, "la", "secret"));
}

TEST(SecretMaterial, DockersAccounts) {
  EXPECT_EQ(docker_config_json("10.0.0.1:5000", "lab", "secret"),
            R"({"auths":{"10.0.0.1:5000":{"username":"lab","password":"secret","auth":"bGFiOnNlY3JldA=="}}})");
}

class MadeSecret : public ::testing::Test {
 protected:
  MadeSecret() { host_.add_directories("/var/lib/rootcellar"); }
  static MakeSecret secret(const std::string& name, const std::string& kind, const std::string& other = {}) {
    MakeSecret made;
    made.secret.name = name;
    made.secret.kind = kind;
    made.secret.secret = other;
    made.secret.user = "lab";
    return made;
  }
  std::string text(const std::string& name) { return host_.read_file(cat("/var/lib/rootcellar/secrets/", name), 1 << 20).value_or("none"); }

  MemoryHost host_;
  RunContext context_{.host = host_, .progress = silent_progress()};
  Step step_;
  ActionScope scope_{step_, context_};
};

TEST_F(MadeSecret, IsMadeOnceAndKept) {
  const MakeSecret db = secret("db", "password");
  EXPECT_EQ(probe(db, scope_), ProbeResult::needed);
  perform(db, scope_);
  const std::string first = text("db");
  EXPECT_EQ(first.size(), 24u);
  EXPECT_EQ(probe(db, scope_), ProbeResult::already);
  EXPECT_EQ(host_.status("/var/lib/rootcellar/secrets")->mode, 0700u);
  EXPECT_EQ(host_.status("/var/lib/rootcellar/secrets/db")->mode, 0600u);
  perform(db, scope_);
  EXPECT_EQ(text("db"), first);
  take_back(db, {}, false, scope_);
  EXPECT_EQ(text("db"), first);
  EXPECT_EQ(context_.kept, std::vector<std::string>{"/var/lib/rootcellar/secrets"});
  take_back(db, {}, true, scope_);
  EXPECT_FALSE(host_.exists("/var/lib/rootcellar/secrets"));
}

TEST_F(MadeSecret, OpenToOthersIsClosedWithTheSameContent) {
  const MakeSecret db = secret("db", "password");
  host_.add_directories("/var/lib/rootcellar/secrets");
  host_.add_file("/var/lib/rootcellar/secrets/db", "theirs", 0644);
  EXPECT_EQ(probe(db, scope_), ProbeResult::needed);
  perform(db, scope_);
  EXPECT_EQ(text("db"), "theirs");
  EXPECT_EQ(host_.status("/var/lib/rootcellar/secrets/db")->mode, 0600u);
}

TEST_F(MadeSecret, FollowsTheOneItIsMadeFrom) {
  const MakeSecret users = secret("users", "htpasswd", "db");
  perform(secret("db", "password"), scope_);
  perform(users, scope_);
  EXPECT_TRUE(htpasswd_matches(text("users"), "lab", text("db")));
  EXPECT_EQ(probe(users, scope_), ProbeResult::already);
  host_.add_file("/var/lib/rootcellar/secrets/db", "another", 0600);
  EXPECT_EQ(probe(users, scope_), ProbeResult::needed);
  perform(users, scope_);
  EXPECT_TRUE(htpasswd_matches(text("users"), "lab", "another"));
}

TEST_F(MadeSecret, SaysWhatIsMissing) {
  EXPECT_EQ(message_of([&] { perform(secret("users", "htpasswd", "db"), scope_); }), "expected '/var/lib/rootcellar/secrets/db', found none");
  EXPECT_EQ(message_of([&] { perform(secret("../x", "password"), scope_); }), "expected the name of a secret or capture, found '../x'");
  perform(secret("db", "password"), scope_);
  EXPECT_EQ(message_of([&] { perform(secret("x", "rot13", "db"), scope_); }),
            "secret 'x': expected a kind of secret (password, hex, rsa, jwt, dhparam, htpasswd, dockerconfigjson), found 'rot13'");
}

}  // namespace
}  // namespace rootcellar::test
