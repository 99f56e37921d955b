#include "bundle/trust.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

using test::first_key;
using test::second_key;

constexpr std::string_view k_two_keys =
    "version: 1\n"
    "threshold: 2\n"
    "keys:\n"
    "  - name: alice\n"
    "    key: RWQ5M49kUjSUr+VM47aiqm7dC9sgjC4FKuaFr/exrIWHX2OE048qGZk0\n"
    "  - name: bob\n"
    "    key: RWSBZ4w8dD7OqVYUYMCwYoD3QaCbJ+S+KR1//c4VXndHRZZPPqhR0ea2\n";

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(k_two_keys);
  text.replace(text.find(from), from.size(), to);
  return text;
}

std::string refusal(std::string_view text) {
  return test::error_of([&] { parse_trust(text, "trust.yaml"); });
}

TEST(TrustFile, ReadsBackWhatItWrites) {
  TrustPolicy policy = parse_trust(k_two_keys, "trust.yaml");
  EXPECT_EQ(policy.threshold, 2u);
  EXPECT_EQ(policy.keys[1].name, "bob");
  EXPECT_EQ(policy.keys[1].key, second_key().public_key());
  EXPECT_EQ(encode_trust(policy), k_two_keys);
}

TEST(TrustFile, ABareKeyIsOneOfOne) {
  for (const std::string& text : {first_key().public_key().file_text(), first_key().public_key().base64() + "\n"}) {
    TrustPolicy policy = parse_trust(text, "keys/release.pub");
    EXPECT_EQ(policy.threshold, 1u);
    EXPECT_EQ(policy.keys.at(0).name, "release");
    EXPECT_EQ(policy.keys.at(0).key, first_key().public_key());
  }
}

TEST(TrustFile, FaultsAreNamed) {
  constexpr std::string_view k_bob = "RWSBZ4w8dD7OqVYUYMCwYoD3QaCbJ+S+KR1//c4VXndHRZZPPqhR0ea2";
  const std::pair<std::string, std::string_view> cases[] = {
      {replaced("version: 1", "version: 2"), "error: trust.yaml:1:10: expected version 1, found 2\n  version: 2\n           ^\n"},
      {replaced("threshold: 2", "threshold: 3"),
       "error: trust.yaml:2:12: expected a threshold from 1 to 2 (the number of keys), found 3\n  threshold: 3\n             ^\n"},
      {replaced("threshold: 2", "threshold: 0"),
       "error: trust.yaml:2:12: expected a threshold from 1 to 2 (the number of keys), found 0\n  threshold: 0\n             ^\n"},
      {replaced("threshold: 2", "treshold: 2"),
       "error: trust.yaml:1:1: missing key 'threshold'\n  version: 1\n  ^\nerror: trust.yaml:2:1: unknown key 'treshold'\n  treshold: 2\n  "
       "^\nhint: did you mean 'threshold'?\n"},
      {replaced("bob", "alice"), "error: trust.yaml:6:5: two keys are named 'alice'\n    - name: alice\n      ^\n"},
      {replaced(k_bob, first_key().public_key().base64()),
       "error: trust.yaml:6:5: 'bob' is the same key as 'alice'\n    - name: bob\n      ^\n"},
      {replaced(k_bob, "RWSBZ4w8"), "error: trust.yaml: key 'bob': expected a minisign public key (42 bytes in base64)\n"},
      {"version: 1\nthreshold: 1\nkeys: []\n", "error: trust.yaml:3:7: expected at least one key, found none\n  keys: []\n        ^\n"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(refusal(text), expected);
}

// ---- m of n

std::string header_text() {
  Header header = test::facts();
  header.index_size = header.index_raw = header.volumes = 1;
  header.zstd = "1.5.4";
  return encode_header(header);
}

Signature by(const SecretKey& key) {
  std::string text = header_text();
  return key.sign(as_bytes(text), trusted_comment(decode_header(text, "X")));
}

std::string verdict(const std::vector<Signature>& signatures, const TrustPolicy& policy) {
  return test::error_of([&] { VerifiedHeader::verify(header_text(), signatures, policy, "b.cellar"); });
}

TEST(Trust, EnoughKeysMakeAVerifiedHeader) {
  TrustPolicy both = test::trusting({&first_key(), &second_key()}, 2);
  VerifiedHeader verified = VerifiedHeader::verify(header_text(), {by(second_key()), by(first_key())}, both, "b.cellar");
  EXPECT_EQ(verified.signers(), (std::vector<std::string>{"key2", "key1"}));
  EXPECT_EQ(verified.text(), header_text());
  EXPECT_EQ(verified.id(), bundle_id(header_text()));
  EXPECT_EQ(verified.header().product, "lab");
  TrustPolicy either = test::trusting({&first_key(), &second_key()}, 1);
  EXPECT_EQ(verdict({by(second_key())}, either), "no error\n");
}

TEST(Trust, TooFewAreRefusedWithEverythingSaid) {
  TrustPolicy both = test::trusting({&first_key(), &second_key()}, 2);
  TrustPolicy first = test::trusting({&first_key()}, 1);
  Signature bad = by(first_key());
  bad.signature[0] ^= 1;
  Signature other_comment = by(first_key());
  other_comment.trusted_comment += "x";
  const std::string one = "error: cannot trust 'b.cellar': expected 1 good signature of key1 (AF943452648F3339), found 0; it is signed by ";
  const std::string two =
      "error: cannot trust 'b.cellar': expected 2 good signatures of key1 (AF943452648F3339), key2 (A9CE3E743C8C6781), found 1; it is "
      "signed by ";
  const std::string hint =
      "\nhint: this is not what the owner of the trusted key made, or --trust names the wrong key; do not use it before you know which\n";
  EXPECT_EQ(verdict({}, first), one + "nobody" + hint);
  EXPECT_EQ(verdict({by(second_key())}, first), one + "A9CE3E743C8C6781 (not trusted here)" + hint);
  EXPECT_EQ(verdict({bad}, first), one + "AF943452648F3339 (bad signature)" + hint);
  EXPECT_EQ(verdict({other_comment}, first), one + "AF943452648F3339 (bad signature)" + hint);
  EXPECT_EQ(verdict({by(first_key())}, both), two + "AF943452648F3339 (good)" + hint);
  EXPECT_EQ(verdict({by(first_key()), by(first_key())}, both), two + "AF943452648F3339 (good)" + hint);
  EXPECT_EQ(verdict({bad, by(second_key())}, both), two + "AF943452648F3339 (bad signature), A9CE3E743C8C6781 (good)" + hint);
}

TEST(Trust, ABadSignatureBesideEnoughGoodOnesDoesNoHarm) {
  Signature bad = by(second_key());
  bad.signature[0] ^= 1;
  EXPECT_EQ(verdict({bad, by(first_key())}, test::trusting({&first_key(), &second_key()}, 1)), "no error\n");
}

TEST(Trust, ASignedCommentAboutAnotherBundleIsRefused) {
  Signature signature = first_key().sign(as_bytes(header_text()), "about something else");
  EXPECT_EQ(verdict({signature}, test::trusting({&first_key()}, 1)),
            "error: cannot trust 'b.cellar': a signature's comment is about another bundle\n");
}

TEST(Trust, NothingIsDecodedBeforeItIsTrusted) {
  Signature signature = by(first_key());
  TrustPolicy policy = test::trusting({&first_key()}, 1);
  EXPECT_EQ(test::code_of([&] { VerifiedHeader::verify("nonsense", {signature}, policy, "X"); }), ExitCode::trust);
  EXPECT_EQ(test::code_of([&] { VerifiedHeader::verify("nonsense", {first_key().sign(as_bytes("nonsense"), "c")}, policy, "X"); }),
            ExitCode::input);
}

}  // namespace
}  // namespace rootcellar
