// Public keys, signatures and their checking. The formats are minisign's (its manual page and README, "Signature format").
#include "bundle/base/signing.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "bundle/base/error.h"
#include "bundle/base/minisign_text.h"
#include "bundle/base/text.h"
#include "bundle/base/words.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_public_size = 2 + 8 + 32;
constexpr std::size_t k_signature_size = 2 + 8 + 64;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Bytes prehash(ByteView message) {
  Bytes digest(64);
  if (EVP_Digest(message.data(), message.size(), digest.data(), nullptr, EVP_blake2b512(), nullptr) != 1) throw std::bad_alloc();
  return digest;
}

bool verify_ed25519(ByteView message, ByteView signature, const PublicKey& key) {
  const Key point(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.point.data(), key.point.size()), &EVP_PKEY_free);
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!context) throw std::bad_alloc();
  if (!point || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, point.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

Bytes concatenated(std::initializer_list<ByteView> parts) {
  Bytes all;
  for (const ByteView part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// 66 bits as six indices of 11, highest first.
std::array<std::size_t, 6> word_indices(ByteView bits) {
  std::array<std::size_t, 6> indices{};
  for (std::size_t bit = 0; bit < 66; ++bit) {
    const std::size_t value = bits[bit / 8] >> (7 - bit % 8) & 1;
    indices[bit / 11] = indices[bit / 11] << 1 | value;
  }
  return indices;
}

std::string_view comment_in(std::string_view line, std::string_view prefix, std::string_view what) {
  if (!line.starts_with(prefix)) minisign::refuse(what, cat("expected a line '", prefix, "...', found '", printable(line, 60), "'"));
  return line.substr(prefix.size());
}

}  // namespace

std::string PublicKey::id_text() const {
  KeyId reversed = id;
  std::reverse(reversed.begin(), reversed.end());
  std::string text = hex_encode(reversed);
  for (char& letter : text) {
    if (letter >= 'a') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return text;
}

std::string PublicKey::base64() const { return base64_encode(concatenated({as_bytes("Ed"), id, point})); }

std::string PublicKey::file_text() const { return cat(minisign::k_untrusted, "minisign public key ", id_text(), "\n", base64(), "\n"); }

std::string six_words(ByteView bytes) {
  constexpr std::string_view k_salt = "rootcellar fingerprint v1";
  constexpr std::uint64_t k_memory = std::uint64_t{32} << 20;  // N=2^14, r=8 needs 16 MiB
  std::uint8_t bits[9];
  if (EVP_PBE_scrypt(reinterpret_cast<const char*>(bytes.data()), bytes.size(), as_bytes(k_salt).data(), k_salt.size(), 1 << 14, 8, 1,
                     k_memory, bits, sizeof bits) != 1) {
    throw std::bad_alloc();
  }
  std::vector<std::string> words;
  for (const std::size_t index : word_indices(bits)) words.emplace_back(k_words[index]);
  return join(words, " ");
}

std::string PublicKey::fingerprint_words() const { return six_words(concatenated({id, point})); }

PublicKey PublicKey::parse(std::string_view text, std::string_view what) {
  const auto lines = minisign::lines(text, what);
  const bool has_comment = lines.size() == 2 && lines[0].starts_with(minisign::k_untrusted);
  if (lines.size() != 1 && !has_comment) minisign::refuse(what, "not a minisign public key: expected a comment line and a base64 line");
  const auto bytes = minisign::decode(lines.back(), k_public_size, what, "a minisign public key");
  if (bytes[0] != 'E' || bytes[1] != 'd') minisign::refuse(what, "not an Ed25519 public key of minisign");
  PublicKey key;
  std::copy_n(bytes.begin() + 2, key.id.size(), key.id.begin());
  std::copy_n(bytes.begin() + 10, key.point.size(), key.point.begin());
  return key;
}

std::string Signature::file_text(std::string_view untrusted_comment) const {
  const Bytes first = concatenated({as_bytes({algorithm.data(), 2}), key_id, signature});
  return cat(minisign::k_untrusted, untrusted_comment, "\n", base64_encode(first), "\n", minisign::k_trusted, trusted_comment, "\n",
             base64_encode(global_signature), "\n");
}

Signature Signature::parse(std::string_view text, std::string_view what) {
  const auto lines = minisign::lines(text, what);
  if (lines.size() != 4) minisign::refuse(what, cat("not a minisign signature: expected 4 lines, found ", lines.size()));
  comment_in(lines[0], minisign::k_untrusted, what);
  const auto first = minisign::decode(lines[1], k_signature_size, what, "a minisign signature");
  Signature result;
  result.algorithm = {static_cast<char>(first[0]), static_cast<char>(first[1])};
  const std::string_view algorithm(result.algorithm.data(), 2);
  if (algorithm != "ED" && algorithm != "Ed") minisign::refuse(what, "not an Ed25519 signature of minisign");
  std::copy_n(first.begin() + 2, result.key_id.size(), result.key_id.begin());
  std::copy_n(first.begin() + 10, result.signature.size(), result.signature.begin());
  result.trusted_comment = comment_in(lines[2], minisign::k_trusted, what);
  const auto global = minisign::decode(lines[3], result.global_signature.size(), what, "a global signature");
  std::copy(global.begin(), global.end(), result.global_signature.begin());
  return result;
}

bool verify_signature(ByteView message, const Signature& signature, const PublicKey& key) {
  if (signature.key_id != key.id) return false;
  const bool is_prehashed = signature.algorithm == std::array<char, 2>{'E', 'D'};
  const Bytes digest = is_prehashed ? prehash(message) : Bytes();
  if (!verify_ed25519(is_prehashed ? ByteView(digest) : message, signature.signature, key)) return false;
  return verify_ed25519(concatenated({signature.signature, as_bytes(signature.trusted_comment)}), signature.global_signature, key);
}

}  // namespace rootcellar
