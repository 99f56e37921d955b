// Small bundles for the tests of this room: content that repeats exactly, keys, and the shortest way to write and to read one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bundle/base/file.h"
#include "bundle/bundle.h"
#include "bundle/bundle_writer.h"
#include "tests/support/thrown.h"

namespace rootcellar::test {

/// The same bytes for the same seed, on every machine (xorshift64*). Does not compress.
Bytes noise(std::size_t size, std::uint64_t seed);
/// Text that compresses.
Bytes prose(std::size_t size, std::uint64_t seed);

struct TarMember {
  std::string name;
  Bytes data;
  char type = '0';
};
/// A ustar archive as GNU tar writes it, with the end mark.
Bytes make_tar(const std::vector<TarMember>& members);

/// Two keys that never change.
const SecretKey& first_key();
const SecretKey& second_key();
TrustPolicy trusting(const std::vector<const SecretKey*>& keys, std::uint64_t threshold);

Header facts();

struct Blob {
  Bytes bytes;
  BlobMode mode = BlobMode::asis;
};
struct BuildOptions {
  std::uint64_t volume_size = limits::k_volume_size;
  unsigned jobs = 2;
  int level = 3;
  std::vector<const SecretKey*> signers = {&first_key()};
  Header header = facts();
  FrameCache* cache = nullptr;
};
/// Builds a bundle of these blobs, each also a file "files/N"; returns the volumes' paths.
std::vector<std::string> build(const std::string& directory, const std::vector<Blob>& blobs, const BuildOptions& options = {});
Bundle open(const std::vector<std::string>& places);

/// Keeps everything it is given.
class Collector final : public BlobReceiver {
 public:
  bool begin_blob(const BlobEntry& blob) override;
  void blob_bytes(ByteView bytes) override { current_.insert(current_.end(), bytes.begin(), bytes.end()); }
  void finish_blob(const BlobEntry& blob) override { blobs[blob.digest] = std::move(current_); }

  std::map<Digest, Bytes> blobs;
  std::vector<Digest> order;
  std::vector<Digest> unwanted;

 private:
  Bytes current_;
};

template <typename Action>
ExitCode code_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return ExitCode::ok;
}

std::string slurp(const std::string& path);
void spill(const std::string& path, std::string_view content);
/// Changes one byte.
void flip(const std::string& path, std::uint64_t offset, std::uint8_t with = 0x01);

}  // namespace rootcellar::test
