// Whom this machine believes: the trust file, the first trust, and the only way to a VerifiedHeader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/signing.h"
#include "bundle/header.h"

namespace rootcellar {

struct TrustedKey {
  std::string name;
  PublicKey key;
};

/// m of n: `threshold` different keys of the list must have signed.
struct TrustPolicy {
  std::uint64_t threshold = 1;
  std::vector<TrustedKey> keys;
};

/// Reads a trust file (strict YAML: version, threshold, keys with name and minisign key) or a bare NAME.pub (1 of 1). Faults are
/// InputErrors.
TrustPolicy parse_trust(std::string_view text, std::string_view file);
TrustPolicy read_trust(const std::string& path);
std::string encode_trust(const TrustPolicy& policy);  ///< the trust file's text

/// A header whose signatures satisfied a policy. There is no other way to make one.
class VerifiedHeader {
 public:
  /// Checks `signatures` over exactly `text`, then (and only then) decodes it. TrustError when fewer than threshold keys signed: names the
  /// keys that are trusted, the key ids that signed, and which signatures are bad.
  static VerifiedHeader verify(std::string_view text, const std::vector<Signature>& signatures, const TrustPolicy& policy,
                               std::string_view what);

  const Header& header() const { return header_; }
  const std::string& text() const { return text_; }
  const std::string& id() const { return id_; }
  const std::vector<std::string>& signers() const { return signers_; }  ///< names of the trusted keys that signed

 private:
  VerifiedHeader() = default;
  Header header_;
  std::string text_;
  std::string id_;
  std::vector<std::string> signers_;
};

}  // namespace rootcellar
