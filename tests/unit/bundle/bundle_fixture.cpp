#include "tests/unit/bundle/bundle_fixture.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar::test {
namespace {

std::uint64_t next(std::uint64_t& state) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545F4914F6CDD1DULL;
}

void put(Bytes& block, std::size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
}

std::string octal(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i > 0; value /= 8) text[--i] = static_cast<char>('0' + value % 8);
  return text;
}

Bytes tar_header(const TarMember& member) {
  Bytes block(512);
  put(block, 0, member.name);
  put(block, 100, "0000644");
  put(block, 108, "0000000");
  put(block, 116, "0000000");
  put(block, 124, octal(member.data.size(), 11));
  put(block, 136, "00000000000");
  put(block, 148, "        ");
  block[156] = static_cast<std::uint8_t>(member.type);
  put(block, 257, "ustar  ");
  std::uint64_t sum = 0;
  for (std::uint8_t byte : block) sum += byte;
  put(block, 148, cat(octal(sum, 6), '\0', ' '));
  return block;
}

/// Minisign's unprotected key file of a key that is used nowhere else. Signatures of Ed25519 are deterministic, so bundles are, too.
SecretKey key_from_seed(std::uint8_t number) {
  return SecretKey::parse(slurp(cat(RC_SOURCE_DIR, "/tests/unit/bundle/keys/test", number, ".key")), "", "test key");
}

Index tables_of(const std::vector<Blob>& blobs) {
  Index tables;
  for (std::size_t i = 0; i < blobs.size(); ++i) tables.files.push_back({cat("files/", i), sha256(blobs[i].bytes), blobs[i].bytes.size()});
  tables.appliance.title = "A test";
  tables.appliance.target = {"debian", "12", "bookworm"};
  return tables;
}

}  // namespace

Bytes noise(std::size_t size, std::uint64_t seed) {
  std::uint64_t state = seed * 0x9E3779B97F4A7C15ULL + 1;
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(next(state) >> 56);
  return bytes;
}

Bytes prose(std::size_t size, std::uint64_t seed) {
  static constexpr std::array<std::string_view, 8> k_words{"root ", "cellar ", "keeps ", "potatoes ",
                                                           "when ", "there ",  "is no ", "shop\n"};
  std::uint64_t state = seed * 0x9E3779B97F4A7C15ULL + 1;
  Bytes bytes;
  while (bytes.size() < size) {
    std::string_view word = k_words[next(state) >> 61];
    bytes.insert(bytes.end(), word.begin(), word.end());
  }
  bytes.resize(size);
  return bytes;
}

Bytes make_tar(const std::vector<TarMember>& members) {
  Bytes tar;
  for (const TarMember& member : members) {
    Bytes header = tar_header(member);
    tar.insert(tar.end(), header.begin(), header.end());
    tar.insert(tar.end(), member.data.begin(), member.data.end());
    tar.resize((tar.size() + 511) / 512 * 512);
  }
  tar.resize(tar.size() + 1024);
  return tar;
}

const SecretKey& first_key() {
  static const SecretKey key = key_from_seed(1);
  return key;
}

const SecretKey& second_key() {
  static const SecretKey key = key_from_seed(2);
  return key;
}

TrustPolicy trusting(const std::vector<const SecretKey*>& keys, std::uint64_t threshold) {
  TrustPolicy policy{threshold, {}};
  for (std::size_t i = 0; i < keys.size(); ++i) policy.keys.push_back({cat("key", i + 1), keys[i]->public_key()});
  return policy;
}

Header facts() {
  Header header;
  header.product = "lab";
  header.variant = "cpu";
  header.architecture = "amd64";
  header.serial = 3;
  header.created = 1795240980;
  header.expires = 1826776980;
  header.installer_min = "0.1.0";
  header.builder = "0.1.0";
  return header;
}

std::vector<std::string> build(const std::string& directory, const std::vector<Blob>& blobs, const BuildOptions& options) {
  Index tables = tables_of(blobs);
  IndexBoundInput bound;
  bound.table_bytes = index_table_bytes(tables);
  for (const Blob& blob : blobs) bound.blobs.emplace_back(blob.bytes.size(), blob.mode);
  BundleWriterOptions writing{.directory = directory,
                              .volume_size = options.volume_size,
                              .index_bound = bound_index_size(bound),
                              .level = options.level,
                              .jobs = options.jobs,
                              .cache = options.cache};
  BundleWriter writer(options.header, writing, silent_progress());
  for (const Blob& blob : blobs) {
    MemorySource source(blob.bytes);
    writer.add_blob(sha256(blob.bytes), blob.bytes.size(), blob.mode, source, "a blob");
  }
  return writer.finish(std::move(tables), options.signers);
}

Bundle open(const std::vector<std::string>& places) {
  auto found = find_bundles(places, [](const std::string& path, const std::string& reason) { throw InputError(cat(path, ": ", reason)); });
  return Bundle::open(choose_bundle(found, places, std::nullopt), trusting({&first_key()}, 1));
}

bool Collector::begin_blob(const BlobEntry& blob) {
  if (std::find(unwanted.begin(), unwanted.end(), blob.digest) != unwanted.end()) return false;
  order.push_back(blob.digest);
  current_.clear();
  return true;
}

std::string slurp(const std::string& path) { return read_file(path, std::size_t{1} << 30); }

void spill(const std::string& path, std::string_view content) {
  Fd fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  write_full(fd.get(), as_bytes(content), path);
}

void flip(const std::string& path, std::uint64_t offset, std::uint8_t with) {
  std::string content = slurp(path);
  content[offset] = static_cast<char>(content[offset] ^ with);
  spill(path, content);
}

}  // namespace rootcellar::test
