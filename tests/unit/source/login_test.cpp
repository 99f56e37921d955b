// How registries ask for a login and where the login comes from; secrets in no message.
#include <gtest/gtest.h>

#include "builder/source/docker_config.h"
#include "builder/source/registry_auth.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/support/thrown.h"

namespace rootcellar {
namespace {

using test::error_of;

std::string shown(const std::vector<AuthChallenge>& challenges) {
  std::string out;
  for (const AuthChallenge& challenge : challenges) {
    out += cat(out.empty() ? "" : " | ", challenge.scheme);
    for (const auto& [name, value] : challenge.parameters) out += cat(" ", name, "=", value);
  }
  return out;
}

TEST(Challenges, AreReadAsWritten) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"Basic realm=\"lab\"", "basic realm=lab"},
      {"Bearer realm=\"https://a/token\",service=\"s\",scope=\"repository:x:pull,push\"",
       "bearer realm=https://a/token scope=repository:x:pull,push service=s"},
      {"Negotiate, Basic realm=lab , charset=\"UTF-8\"", "negotiate | basic charset=UTF-8 realm=lab"},
      {"Basic realm=\"a \\\"b\\\"\"", "basic realm=a \"b\""},
      {"Basic realm=\"open", "basic | realm"},
      {"Bearer", "bearer"},
      {",,,", ""},
      {"\"quoted\"", ""},
  };
  for (const auto& [header, expected] : cases) EXPECT_EQ(shown(parse_challenges(header)), expected) << header;
}

TEST(Challenges, AreBounded) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "Basic a=b, ";
  EXPECT_EQ(parse_challenges(many).size(), 16u);
}

TEST(Tokens, UrlNamesServiceAndScope) {
  const std::vector<AuthChallenge> plain = parse_challenges("Bearer realm=\"https://a/token\",service=\"the registry\"");
  EXPECT_EQ(token_url(plain.at(0), "repository:a/b:pull"), "https://a/token?service=the%20registry&scope=repository%3Aa%2Fb%3Apull");
  EXPECT_EQ(token_url(parse_challenges("Bearer realm=\"https://a/t?x=1\"").at(0), "s"), "https://a/t?x=1&scope=s");
}

TEST(Tokens, AnswersAreReadStrictly) {
  EXPECT_EQ(parse_token_answer(R"({"token":"abc","expires_in":300})", "T").seconds, 300u);
  EXPECT_EQ(parse_token_answer(R"({"access_token":"abc"})", "T").seconds, 60u);
  EXPECT_EQ(parse_token_answer(R"({"token":"abc","expires_in":99999999})", "T").seconds, 3600u);
  EXPECT_EQ(error_of([] { parse_token_answer("{}", "T"); }), "error: cannot use the answer of T: it holds no token\n");
  EXPECT_EQ(error_of([] { parse_token_answer(R"({"token":"a\r\nX: y"})", "T"); }),
            "error: cannot use the answer of T: its token is not one\n");
  EXPECT_EQ(error_of([] { parse_token_answer(R"({"token":"hunter2)", "T"); }).find("hunter2"), std::string::npos);
}

TEST(DockerConfig, LoginsByHost) {
  const DockerConfig config = parse_docker_config(
      R"({"auths":{"https://index.docker.io/v1/":{"auth":"dTpwOnc="},"quay.io":{"identitytoken":"t"},"empty.example":{}},)"
      R"("credHelpers":{"gcr.io":"gcloud"},"credsStore":"secretservice","HttpHeaders":{"a":"b"}})",
      "F");
  EXPECT_EQ(config.logins.size(), 2u);
  EXPECT_EQ(config.logins.at("docker.io").user, "u");
  EXPECT_EQ(config.logins.at("docker.io").password, "p:w");
  EXPECT_EQ(config.logins.at("quay.io").identity_token, "t");
  EXPECT_EQ(config.helpers.at("gcr.io"), "gcloud");
  EXPECT_EQ(config.store, "secretservice");
}

TEST(DockerConfig, FaultsAreToldWithoutTheSecret) {
  EXPECT_EQ(error_of([] { parse_docker_config(R"({"auths":{"h":{"auth":"%%%"}}})", "F"); }),
            "error: F: 'auth' of 'h' is not base64 of USER:PASSWORD\n");
  EXPECT_EQ(error_of([] { parse_docker_config(R"({"auths":{"h":{"auth":"aHVudGVyMg=="}}})", "F"); }),
            "error: F: 'auth' of 'h' is not base64 of USER:PASSWORD\n");
  EXPECT_EQ(error_of([] { parse_docker_config("{\"auths\":\n {\"h\":{\"auth\":\"hunter2\"}", "F"); }),
            "error: F:2:25: it is not JSON as expected (not shown: it may hold a secret)\n");
  EXPECT_EQ(error_of([] { parse_docker_config("[]", "F"); }), "error: F: expected an object\n");
  EXPECT_EQ(error_of([] { parse_docker_config(R"({"credsStore":"../../bin/sh"})", "F"); }),
            "error: F: a credential helper's name is not a name\n");
}

TEST(DockerConfig, NamesOfOneRegistry) {
  EXPECT_EQ(normal_login_name("https://index.docker.io/v1/"), "docker.io");
  EXPECT_EQ(normal_login_name("docker.io"), "docker.io");
  EXPECT_EQ(normal_login_name("HTTPS://Quay.io/v2/"), "quay.io");
  EXPECT_EQ(normal_login_name("127.0.0.1:5000"), "127.0.0.1:5000");
}

TEST(Helper, AnswersOfTheProtocol) {
  const std::optional<Credentials> login =
      parse_helper_answer(0, R"({"ServerURL":"s","Username":"u","Secret":"p"})", "docker-credential-x");
  ASSERT_TRUE(login);
  EXPECT_EQ(basic_authorization(*login), "Basic dTpw");
  EXPECT_EQ(parse_helper_answer(0, R"({"Username":"<token>","Secret":"p"})", "x")->identity_token, "p");
  EXPECT_FALSE(parse_helper_answer(1, "credentials not found in native keychain\n", "x"));
  EXPECT_EQ(error_of([] { parse_helper_answer(2, "hunter2", "x"); }), "error: cannot get a login from 'x': it ended with exit code 2\n");
  EXPECT_EQ(error_of([] { parse_helper_answer(0, R"({"Username":"hunter2"})", "x"); }),
            "error: cannot use the answer of 'x': expected JSON with Username and Secret\n");
}

}  // namespace
}  // namespace rootcellar
