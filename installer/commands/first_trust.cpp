#include "installer/commands/first_trust.h"

#include <algorithm>
#include <array>
#include <set>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_key_file = 4096;  // a minisign public key is two lines
constexpr unsigned k_tries = 3;
constexpr std::string_view k_words_hint =
    "type them as they stand on the paper that came from the people who built the bundle, not with it";

bool same_keys(const TrustPolicy& a, const TrustPolicy& b) {
  const auto holds = [](const TrustPolicy& policy, const TrustedKey& key) {
    return std::any_of(policy.keys.begin(), policy.keys.end(), [&](const TrustedKey& other) { return other.key == key.key; });
  };
  const auto all_in = [&](const TrustPolicy& from, const TrustPolicy& in) {
    return std::all_of(from.keys.begin(), from.keys.end(), [&](const TrustedKey& key) { return holds(in, key); });
  };
  return a.threshold == b.threshold && all_in(a, b) && all_in(b, a);
}

/// Filesystems of sticks and discs: a machine's own disk has none of them.
bool is_travelling_medium(const SpaceFacts& space) {
  constexpr std::array<std::string_view, 8> k_types{"vfat", "msdos", "exfat", "ntfs", "fuse", "fuseblk", "iso9660", "udf"};
  return std::find(k_types.begin(), k_types.end(), space.filesystem) != k_types.end();
}

bool lies_in(const std::string& path, const std::string& folder) {
  const std::optional<FileStatus> wanted = file_status_followed(folder);
  for (std::string parent = path_parent(path);; parent = path_parent(parent)) {
    const std::optional<FileStatus> found = file_status_followed(parent);
    if (wanted && found && wanted->device == found->device && wanted->inode == found->inode) return true;
    if (parent == "/" || parent == ".") return false;
  }
}

bool came_with(const std::string& trust_file, const std::string& path) {
  if (lies_in(trust_file, path_parent(path))) return true;
  const SpaceFacts here = filesystem_space(trust_file);
  return is_travelling_medium(here) && here.device == filesystem_space(path).device;
}

void refuse_what_came_with_the_bundle(const std::string& trust_file, const BundleCandidate& candidate) {
  for (const VolumeCandidate& volume : candidate.volumes) refuse_what_came_with(trust_file, volume.path, "the bundle");
}

bool signed_by(const VolumeCandidate& volume, const PublicKey& key) {
  return std::any_of(volume.signatures.begin(), volume.signatures.end(), [&](const Signature& signature) {
    return signature.key_id == key.id && verify_signature(as_bytes(volume.header_text), signature, key);
  });
}

std::optional<TrustedKey> read_claimed_key(const std::string& path) {
  const std::optional<FileStatus> status = file_status_followed(path);
  if (!status || status->type != FileStatus::Type::file || status->size > k_key_file) return std::nullopt;
  const std::string name = path_name(path);
  return TrustedKey{name.substr(0, name.size() - 4), PublicKey::parse(read_file(path, k_key_file), path)};
}

/// Keys that lie beside the volumes and whose signature over the header is good: claims, until their words are typed.
std::vector<TrustedKey> claims_beside(const BundleCandidate& candidate) {
  std::vector<TrustedKey> claims;
  std::set<std::string> seen;
  for (const VolumeCandidate& volume : candidate.volumes) {
    const std::string folder = path_parent(volume.path);
    if (!seen.insert(folder).second) continue;
    for (const std::string& name : list_directory(folder)) {
      if (!name.ends_with(".pub") || name.starts_with("._")) continue;
      const std::optional<TrustedKey> key = read_claimed_key(path_join(folder, name));
      if (!key || !signed_by(volume, key->key) || !seen.insert(key->key.base64()).second) continue;
      claims.push_back(*key);
    }
  }
  return claims;
}

TrustPolicy ask_for_words(const BundleCandidate& candidate, cli::Console& console) {
  const std::vector<TrustedKey> claims = claims_beside(candidate);
  if (claims.empty()) {
    throw TrustError(
        cat("cannot trust '", candidate.claimed_name, "': no key that signed it lies beside it, so there is nothing to compare words with"),
        "give --trust FILE with a key that did not come with the bundle");
  }
  console.say("This machine has not met the signer of this bundle. Its key has a fingerprint of six words, printed on paper.");
  std::vector<PublicKey> keys;
  for (const TrustedKey& claim : claims) keys.push_back(claim.key);
  const std::optional<PublicKey> typed = ask_for_words_of(keys, "the six words: ", "the six words of the key",
                                                          "These are not the words of a key that signed this bundle", console);
  const auto match = std::find_if(claims.begin(), claims.end(), [&](const TrustedKey& claim) { return typed && claim.key == *typed; });
  if (match != claims.end()) return TrustPolicy{1, {*match}};
  throw TrustError(cat("cannot trust '", candidate.claimed_name, "': the words typed belong to no key that signed it"),
                   std::string(k_words_hint));
}

}  // namespace

void refuse_what_came_with(const std::string& trust_file, const std::string& path, std::string_view thing) {
  if (!came_with(trust_file, path)) return;
  throw TrustError(cat("cannot trust '", trust_file, "': it lies with ", thing, " it would vouch for"),
                   "take the key from another way than the stick, or leave out --trust and type the six words from paper");
}

std::optional<PublicKey> ask_for_words_of(const std::vector<PublicKey>& keys, std::string_view question, std::string_view what,
                                          std::string_view wrong, cli::Console& console) {
  for (unsigned left = k_tries; left > 0; --left) {
    const std::string typed = normal_words(console.ask(question, what));
    const auto match =
        std::find_if(keys.begin(), keys.end(), [&](const PublicKey& key) { return normal_words(key.fingerprint_words()) == typed; });
    if (match != keys.end()) return *match;
    if (left > 1) console.say(cat(wrong, "; ", left - 1, left == 2 ? " try" : " tries", " left."));
  }
  return std::nullopt;
}

std::string normal_words(std::string_view typed) {
  std::string lower = lower_ascii(typed);
  std::replace_if(
      lower.begin(), lower.end(), [](char c) { return c == '\t' || c == '-' || c == ',' || c == '\r' || c == '\n'; }, ' ');
  std::vector<std::string> words;
  for (const std::string_view word : split(lower, ' ')) {
    if (!word.empty()) words.emplace_back(word);
  }
  return join(words, " ");
}

TrustPolicy establish_trust(const BundleCandidate& candidate, const std::optional<std::string>& trust_file, const KeptState& kept,
                            cli::Console& console) {
  const std::optional<TrustPolicy> pinned = kept.pinned();
  if (pinned && trust_file && !same_keys(*pinned, read_trust(*trust_file))) {
    throw TrustError(
        cat("'", *trust_file, "' names other keys than '", kept.trust_path(), "', where this machine has pinned whom it believes"),
        "leave out --trust; if the signer's key really has changed, uninstall first, then begin with the new key");
  }
  if (pinned) return *pinned;
  if (trust_file) {
    refuse_what_came_with_the_bundle(*trust_file, candidate);
    return read_trust(*trust_file);
  }
  if (console.interactive()) return ask_for_words(candidate, console);
  throw TrustError(
      cat("cannot trust '", candidate.claimed_name, "': this machine has pinned no key yet, and no --trust was given"),
      "give --trust FILE with a key that did not come with the bundle, or run it in a terminal and type the six words from paper");
}

}  // namespace rootcellar
