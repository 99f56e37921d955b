// Ed25519 keys and signatures in minisign's formats, made and checked with OpenSSL alone.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bundle/base/io.h"
#include "bundle/base/secret.h"

namespace rootcellar {

using KeyId = std::array<std::uint8_t, 8>;

/// Six words for paper, from docs/words.txt: 66 bits of scrypt(N=2^14,r=8,p=1, salt "rootcellar fingerprint v1") over `bytes`.
std::string six_words(ByteView bytes);

/// A minisign public key: key id and Ed25519 point.
struct PublicKey {
  KeyId id{};
  std::array<std::uint8_t, 32> point{};

  bool operator==(const PublicKey&) const = default;
  std::string id_text() const;  ///< as minisign prints it: 16 upper-case hex digits, little-endian
  std::string base64() const;   ///< the second line of NAME.pub
  std::string file_text() const;
  /// six_words() of id and point.
  std::string fingerprint_words() const;

  /// Accepts NAME.pub's text or the bare base64 line. Anything else is an InputError that names `what`.
  static PublicKey parse(std::string_view text, std::string_view what);
};

/// A minisign signature, always of the prehashed kind "ED" when made here; "Ed" is accepted too.
struct Signature {
  std::array<char, 2> algorithm{'E', 'D'};
  KeyId key_id{};
  std::array<std::uint8_t, 64> signature{};
  std::string trusted_comment;  ///< one line
  std::array<std::uint8_t, 64> global_signature{};

  std::string file_text(std::string_view untrusted_comment) const;  ///< the text of a .minisig file
  static Signature parse(std::string_view text, std::string_view what);
};

/// True when both the signature over `message` and the global signature (over signature || trusted comment) verify.
bool verify_signature(ByteView message, const Signature& signature, const PublicKey& key);

/// A secret key in memory: wiped on destruction, never copied, never part of any text, kept out of core files (madvise DONTDUMP, mlock).
class SecretKey {
 public:
  SecretKey(SecretKey&&) noexcept;
  ~SecretKey();
  SecretKey(const SecretKey&) = delete;

  static SecretKey generate();
  /// Reads minisign's secret key file format. `passphrase` may be empty only for unprotected keys; a wrong one is an InputError.
  static SecretKey parse(std::string_view file_text, std::string_view passphrase, std::string_view what);
  /// True when the key file needs a passphrase.
  static bool is_protected(std::string_view file_text, std::string_view what);

  /// minisign's secret key file. With a passphrase: scrypt N=2^17, r=8, p=1 (opslimit 2^22, memlimit 2^27, which stock minisign derives the
  /// same parameters from).
  std::string file_text(std::string_view passphrase) const;
  PublicKey public_key() const;
  Signature sign(ByteView message, std::string_view trusted_comment) const;

 private:
  struct Material;
  explicit SecretKey(std::unique_ptr<Material> material);
  std::unique_ptr<Material> material_;
};

}  // namespace rootcellar
