// Secret keys: making, reading, writing, signing. Everything secret lives in SecretMemory.
#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <new>

#include "bundle/base/blake2b.h"
#include "bundle/base/error.h"
#include "bundle/base/minisign_text.h"
#include "bundle/base/signing.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

// The layout of a secret key file's base64 line, offsets in bytes. From k_key_id on it is hidden by scrypt's stream: the key id, the seed
// (32 bytes), the point (32 bytes), the checksum.
constexpr std::size_t k_kdf = 2;
constexpr std::size_t k_checksum_kind = 4;
constexpr std::size_t k_salt = 6;
constexpr std::size_t k_salt_size = 32;
constexpr std::size_t k_operations = 38;
constexpr std::size_t k_memory = 46;
constexpr std::size_t k_key_id = 54;
constexpr std::size_t k_checksum = 126;
constexpr std::size_t k_file_size = 158;
constexpr std::size_t k_hidden_size = k_file_size - k_key_id;

// libsodium's measures from which minisign derives N=2^17, r=8, p=1.
constexpr std::uint64_t k_our_operations = std::uint64_t{1} << 22;
constexpr std::uint64_t k_our_memory = std::uint64_t{1} << 27;
constexpr std::uint64_t k_max_memory = std::uint64_t{1} << 30;  // minisign's own default

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

struct Scrypt {
  std::uint64_t n = 2;
  std::uint64_t r = 8;
  std::uint64_t p = 1;
};

/// As libsodium's crypto_pwhash_scryptsalsa208sha256 chooses them.
Scrypt scrypt_parameters(std::uint64_t operations, std::uint64_t memory) {
  operations = std::max(operations, std::uint64_t{32768});
  Scrypt chosen;
  const bool few_operations = operations < memory / 32;
  const std::uint64_t largest_n = few_operations ? operations / (chosen.r * 4) : memory / (chosen.r * 128);
  while (chosen.n <= largest_n / 2) chosen.n *= 2;
  if (!few_operations) chosen.p = std::min(operations / 4 / chosen.n, std::uint64_t{0x3FFFFFFF}) / chosen.r;
  return chosen;
}

std::uint64_t load_u64(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

void store_u64(std::span<std::uint8_t> into, std::uint64_t value) {
  for (std::size_t i = 0; i < 8; ++i) into[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

/// XORs scrypt's stream over the hidden part: hides and uncovers.
void apply_stream(std::span<std::uint8_t> file, std::string_view passphrase, std::string_view what) {
  const std::uint64_t memory = load_u64(file.subspan(k_memory, 8)), operations = load_u64(file.subspan(k_operations, 8));
  if (memory > k_max_memory || operations > k_max_memory) minisign::refuse(what, "its scrypt parameters are above the limit of 1 GiB");
  const Scrypt scrypt = scrypt_parameters(operations, memory);
  SecretMemory stream(k_hidden_size);
  if (EVP_PBE_scrypt(passphrase.data(), passphrase.size(), file.data() + k_salt, k_salt_size, scrypt.n, scrypt.r, scrypt.p,
                     2 * k_max_memory, stream.bytes().data(), k_hidden_size) != 1) {
    throw SystemError(cat("cannot derive a key from the passphrase: scrypt needs ", human_size(128 * scrypt.n * scrypt.r), " of memory"));
  }
  for (std::size_t i = 0; i < k_hidden_size; ++i) file[k_key_id + i] ^= stream.bytes()[i];
}

/// BLAKE2b-256 over algorithm, key id and secret key.
std::array<std::uint8_t, 32> checksum_of(ByteView file) {
  SecretMemory input(2 + k_checksum - k_key_id);
  std::copy_n(file.begin(), 2, input.bytes().begin());
  std::copy(file.begin() + k_key_id, file.begin() + k_checksum, input.bytes().begin() + 2);
  std::array<std::uint8_t, 32> sum{};
  blake2b(input.bytes(), sum);
  return sum;
}

bool has_checksum(ByteView file) {
  const auto sum = checksum_of(file);
  return std::equal(sum.begin(), sum.end(), file.begin() + k_checksum);
}

bool has_no_passphrase(ByteView file) { return file[k_kdf] == 0 && file[k_kdf + 1] == 0; }

/// The decoded base64 line, checked as far as it is not hidden.
std::unique_ptr<SecretMemory> read_file_text(std::string_view text, std::string_view what) {
  const auto lines = minisign::lines(text, what);
  if (lines.size() != 2 || !lines[0].starts_with(minisign::k_untrusted)) {
    minisign::refuse(what, "not a minisign secret key: expected a comment line and a base64 line");
  }
  auto decoded = base64_decode(lines[1]);
  if (!decoded || decoded->size() != k_file_size) minisign::refuse(what, "not a minisign secret key: its base64 line is damaged");
  auto file = std::make_unique<SecretMemory>(k_file_size);
  std::copy(decoded->begin(), decoded->end(), file->bytes().begin());
  wipe(*decoded);
  const std::string_view head = as_text(file->bytes().first(k_salt));
  const bool known_kdf = head.substr(k_kdf, 2) == "Sc" || has_no_passphrase(file->bytes());
  if (!head.starts_with("Ed") || !known_kdf || head.substr(k_checksum_kind, 2) != "B2")
    minisign::refuse(what, "not an Ed25519 secret key of minisign");
  return file;
}

std::array<std::uint8_t, 32> point_of(ByteView seed) {
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()), &EVP_PKEY_free);
  std::array<std::uint8_t, 32> point{};
  std::size_t size = point.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), point.data(), &size) != 1) throw std::bad_alloc();
  return point;
}

std::array<std::uint8_t, 64> sign_ed25519(ByteView message, ByteView seed) {
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()), &EVP_PKEY_free);
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::array<std::uint8_t, 64> signature{};
  std::size_t size = signature.size();
  const bool is_signed = key && context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                         EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1;
  if (!is_signed) throw std::bad_alloc();
  return signature;
}

}  // namespace

/// The uncovered file from the key id to the point: id, seed, point.
struct SecretKey::Material {
  SecretMemory memory{k_checksum - k_key_id};
  ByteView id() const { return memory.bytes().first(8); }
  ByteView seed() const { return memory.bytes().subspan(8, 32); }
  ByteView point() const { return memory.bytes().subspan(40, 32); }
};

SecretKey::SecretKey(std::unique_ptr<Material> material) : material_(std::move(material)) {}
SecretKey::SecretKey(SecretKey&&) noexcept = default;
SecretKey::~SecretKey() = default;

SecretKey SecretKey::generate() {
  auto material = std::make_unique<Material>();
  const auto bytes = material->memory.bytes();
  random_bytes(bytes.first(40));
  const auto point = point_of(material->seed());
  std::copy(point.begin(), point.end(), bytes.begin() + 40);
  return SecretKey(std::move(material));
}

bool SecretKey::is_protected(std::string_view file_text, std::string_view what) {
  return !has_no_passphrase(read_file_text(file_text, what)->bytes());
}

SecretKey SecretKey::parse(std::string_view file_text, std::string_view passphrase, std::string_view what) {
  const auto file = read_file_text(file_text, what);
  const auto bytes = file->bytes();
  const bool is_open = has_no_passphrase(bytes);
  if (!is_open && passphrase.empty()) minisign::refuse(what, "the key needs its passphrase");
  if (!is_open) apply_stream(bytes, passphrase, what);
  // minisign leaves the checksum of an unprotected key empty.
  const bool is_empty = is_open && std::all_of(bytes.begin() + k_checksum, bytes.end(), [](std::uint8_t byte) { return byte == 0; });
  if (!is_empty && !has_checksum(bytes)) minisign::refuse(what, is_open ? "the key is damaged" : "wrong passphrase");
  auto material = std::make_unique<Material>();
  std::copy(bytes.begin() + k_key_id, bytes.begin() + k_checksum, material->memory.bytes().begin());
  const auto point = point_of(material->seed());
  if (!std::equal(point.begin(), point.end(), material->point().begin())) minisign::refuse(what, "the key is damaged");
  return SecretKey(std::move(material));
}

std::string SecretKey::file_text(std::string_view passphrase) const {
  SecretMemory file(k_file_size);
  const auto bytes = file.bytes();
  constexpr std::string_view k_head_open{"Ed\0\0B2", 6};
  const std::string_view head = passphrase.empty() ? k_head_open : std::string_view("EdScB2");
  std::copy(head.begin(), head.end(), bytes.begin());
  std::copy(material_->memory.bytes().begin(), material_->memory.bytes().end(), bytes.begin() + k_key_id);
  if (!passphrase.empty()) {
    const auto sum = checksum_of(bytes);
    std::copy(sum.begin(), sum.end(), bytes.begin() + k_checksum);
    random_bytes(bytes.subspan(k_salt, k_salt_size));
    store_u64(bytes.subspan(k_operations, 8), k_our_operations);
    store_u64(bytes.subspan(k_memory, 8), k_our_memory);
    apply_stream(bytes, passphrase, "secret key");
  }
  return cat(minisign::k_untrusted, passphrase.empty() ? "minisign secret key" : "minisign encrypted secret key", "\n",
             base64_encode(bytes), "\n");
}

PublicKey SecretKey::public_key() const {
  PublicKey key;
  std::copy_n(material_->id().begin(), key.id.size(), key.id.begin());
  std::copy_n(material_->point().begin(), key.point.size(), key.point.begin());
  return key;
}

Signature SecretKey::sign(ByteView message, std::string_view trusted_comment) const {
  assert(trusted_comment.find_first_of("\r\n") == std::string_view::npos);
  std::array<std::uint8_t, 64> digest{};
  if (EVP_Digest(message.data(), message.size(), digest.data(), nullptr, EVP_blake2b512(), nullptr) != 1) throw std::bad_alloc();
  Signature result;
  result.key_id = public_key().id;
  result.signature = sign_ed25519(digest, material_->seed());
  result.trusted_comment = trusted_comment;
  Bytes global(result.signature.begin(), result.signature.end());
  global.insert(global.end(), trusted_comment.begin(), trusted_comment.end());
  result.global_signature = sign_ed25519(global, material_->seed());
  return result;
}

}  // namespace rootcellar
