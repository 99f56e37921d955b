#include "bundle/trust.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/base/yaml.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_trust_file_size = 64 << 10;

bool is_public_key_file(std::string_view text) {
  std::string_view start = trim(text);
  return start.starts_with("untrusted comment:") || start.starts_with("RW");
}

TrustPolicy policy_of_key(std::string_view text, std::string_view file) {
  std::string name = path_name(file);
  if (name.ends_with(".pub")) name.resize(name.size() - 4);
  return {1, {{name, PublicKey::parse(text, file)}}};
}

TrustedKey read_key(const YamlNode& node, YamlFaults& faults, std::string_view file) {
  YamlMap map(node, faults, "a key");
  TrustedKey key;
  key.name = map.require_text("name");
  std::string text = map.require_text("key");
  map.finish();
  if (!text.empty()) key.key = PublicKey::parse(text, cat(file, ": key '", printable(key.name), "'"));
  return key;
}

/// The same key under two names would count twice.
void check_distinct(const TrustPolicy& policy, const YamlNode& keys, YamlFaults& faults) {
  for (std::size_t i = 0; i < policy.keys.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const TrustedKey& one = policy.keys[j];
      const TrustedKey& other = policy.keys[i];
      if (one.name == other.name) faults.add(keys.items[i], cat("two keys are named '", printable(other.name), "'"));
      bool same = one.key.point == other.key.point || one.key.id == other.key.id;
      if (same) faults.add(keys.items[i], cat("'", printable(other.name), "' is the same key as '", printable(one.name), "'"));
    }
  }
}

void check_threshold(const TrustPolicy& policy, const YamlNode& map, YamlFaults& faults) {
  const YamlNode* keys = map.find("keys");
  if (!keys || policy.keys.empty()) return faults.add(keys ? *keys : map, "expected at least one key, found none");
  if (policy.keys.size() > limits::k_trusted_keys) {
    return faults.add(*keys, cat("expected at most ", limits::k_trusted_keys, " keys, found ", policy.keys.size()));
  }
  bool fits = policy.threshold >= 1 && policy.threshold <= policy.keys.size();
  if (!fits)
    faults.add(*map.find("threshold"),
               cat("expected a threshold from 1 to ", policy.keys.size(), " (the number of keys), found ", policy.threshold));
  check_distinct(policy, *keys, faults);
}

TrustPolicy policy_of_yaml(std::string_view text, std::string_view file) {
  YamlNode node = parse_yaml(text, std::string(file), k_trust_file_size);
  YamlFaults faults;
  YamlMap map(node, faults, "a trust file");
  std::uint64_t version = map.require_number("version");
  if (version != 1 && node.find("version")) faults.add(*node.find("version"), cat("expected version 1, found ", version));
  TrustPolicy policy;
  policy.threshold = map.require_number("threshold");
  map.list("keys", [&](const YamlNode& item) { policy.keys.push_back(read_key(item, faults, file)); });
  map.finish();
  faults.throw_if_any();
  check_threshold(policy, node, faults);
  faults.throw_if_any();
  return policy;
}

std::string names_of(const TrustPolicy& policy) {
  std::vector<std::string> names;
  for (const TrustedKey& key : policy.keys) names.push_back(cat(key.name, " (", key.key.id_text(), ")"));
  return join(names, ", ");
}

/// What each signature is worth under the policy.
struct Tally {
  std::vector<std::string> good;  // names of keys
  std::vector<const Signature*> good_signatures;
  std::vector<std::string> verdicts;
};

const TrustedKey* find_key(const TrustPolicy& policy, const KeyId& id) {
  auto found = std::find_if(policy.keys.begin(), policy.keys.end(), [&](const TrustedKey& key) { return key.key.id == id; });
  return found == policy.keys.end() ? nullptr : &*found;
}

std::string key_id_text(const KeyId& id) { return PublicKey{id, {}}.id_text(); }

void judge(const Signature& signature, std::string_view text, const TrustPolicy& policy, Tally& tally) {
  const TrustedKey* key = find_key(policy, signature.key_id);
  if (!key) return tally.verdicts.push_back(cat(key_id_text(signature.key_id), " (not trusted here)"));
  if (!verify_signature(as_bytes(text), signature, key->key))
    return tally.verdicts.push_back(cat(key_id_text(signature.key_id), " (bad signature)"));
  bool counted = std::find(tally.good.begin(), tally.good.end(), key->name) != tally.good.end();
  if (counted) return;
  tally.good.push_back(key->name);
  tally.good_signatures.push_back(&signature);
  tally.verdicts.push_back(cat(key_id_text(signature.key_id), " (good)"));
}

[[noreturn]] void refuse(const Tally& tally, const TrustPolicy& policy, std::string_view what) {
  std::string signers = tally.verdicts.empty() ? std::string("nobody") : join(tally.verdicts, ", ");
  throw TrustError(
      cat("cannot trust '", what, "': expected ", policy.threshold, policy.threshold == 1 ? " good signature of " : " good signatures of ",
          names_of(policy), ", found ", tally.good.size(), "; it is signed by ", signers),
      "this is not what the owner of the trusted key made, or --trust names the wrong key; do not use it before you know which");
}

}  // namespace

TrustPolicy parse_trust(std::string_view text, std::string_view file) {
  return is_public_key_file(text) ? policy_of_key(text, file) : policy_of_yaml(text, file);
}

TrustPolicy read_trust(const std::string& path) { return parse_trust(read_file(path, k_trust_file_size), path); }

std::string encode_trust(const TrustPolicy& policy) {
  YamlWriter out;
  out.begin_map();
  out.entry_number("version", 1);
  out.entry_number("threshold", policy.threshold);
  out.key("keys");
  out.begin_list();
  for (const TrustedKey& key : policy.keys) {
    out.begin_map();
    out.entry("name", key.name);
    out.entry("key", key.key.base64());
    out.end_map();
  }
  out.end_list();
  out.end_map();
  return out.finish();
}

VerifiedHeader VerifiedHeader::verify(std::string_view text, const std::vector<Signature>& signatures, const TrustPolicy& policy,
                                      std::string_view what) {
  Tally tally;
  if (text.size() > limits::k_header_text) throw InputError(cat(what, ": its signed text is out of bounds"));
  for (const Signature& signature : signatures) judge(signature, text, policy, tally);
  if (policy.threshold < 1 || tally.good.size() < policy.threshold) refuse(tally, policy, what);
  VerifiedHeader verified;
  verified.text_ = text;
  verified.header_ = decode_header(text, what);
  verified.id_ = bundle_id(text);
  verified.signers_ = tally.good;
  for (const Signature* signature : tally.good_signatures) {
    if (signature->trusted_comment != trusted_comment(verified.header_))
      throw TrustError(cat("cannot trust '", what, "': a signature's comment is about another bundle"));
  }
  return verified;
}

}  // namespace rootcellar
