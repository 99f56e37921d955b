// A bundle that can be believed: it exists only if its signatures satisfied the trust policy and its index its hash.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bundle/base/io.h"
#include "bundle/base/progress.h"
#include "bundle/index.h"
#include "bundle/trust.h"
#include "bundle/volumes.h"

namespace rootcellar {

/// Called when a volume is needed that is in no known place. Returns new places to search, or nothing to give up (then: InputError naming
/// number and label).
using VolumeAsker = std::function<std::vector<std::string>(std::uint32_t volume, const std::string& label)>;

/// Receives blobs as they are read. A blob that does not verify never gets a finish_blob().
class BlobReceiver {
 public:
  virtual ~BlobReceiver() = default;
  /// Asked while reading ahead, before begin_blob() of earlier ones: false spares reading its frames. Has no effect.
  virtual bool wants_blob(const BlobEntry&) { return true; }
  /// Called in storage order, one blob after the other. False: not wanted (already there); no bytes follow, and reading ahead skips the
  /// rest of it.
  virtual bool begin_blob(const BlobEntry& blob) = 0;
  virtual void blob_bytes(ByteView bytes) = 0;
  /// Digest and size were right.
  virtual void finish_blob(const BlobEntry& blob) = 0;
};

/// A damaged stretch of a volume file: a frame, or what lies around the frames.
struct FrameDamage {
  std::uint64_t frame = k_no_frame;
  std::uint32_t volume = 0;
  std::uint64_t offset = 0;  ///< in the volume file
  std::uint64_t size = 0;    ///< bytes
  std::string path;          ///< the volume file to copy again
  std::string thing;         ///< "frame 7", "the index", "its first page", "its last page"
  std::string fault;         ///< "is not what was signed", "is damaged", "cannot be read: Input/output error"
  std::string reason() const { return thing + " " + fault; }

  static constexpr std::uint64_t k_no_frame = UINT64_MAX;
};

struct VerifyReport {
  std::uint64_t frames = 0;  ///< read; a frame in two copies counts twice
  std::uint64_t bytes = 0;
  std::vector<FrameDamage> damage;
  std::vector<std::uint32_t> missing_volumes;
};

class Bundle {
 public:
  /// bounds -> signature over the exact header bytes -> index hash -> decode. TrustError, InputError. A volume file that is cut or has
  /// another length than the index says is a TrustError, unless a good copy of it is there too.
  static Bundle open(const BundleCandidate& candidate, const TrustPolicy& policy);
  /// From what an installed machine kept: header text, signatures and stored index bytes; volumes may be absent.
  static Bundle open_kept(std::string_view header_text, const std::vector<Signature>& signatures, std::string_view stored_index,
                          const TrustPolicy& policy, const std::optional<BundleCandidate>& volumes);
  Bundle(Bundle&&) noexcept;
  ~Bundle();

  const VerifiedHeader& verified() const;
  const Header& header() const { return verified().header(); }
  const Index& index() const;
  const std::string& stored_index() const;  ///< the authenticated bytes, to be kept on the machine
  const std::vector<Signature>& signatures() const;
  const BlobEntry* find_blob(const Digest& digest) const;
  const FileEntry* find_file(std::string_view path) const;
  std::vector<std::uint32_t> missing_volumes() const;        ///< numbers with no candidate
  const std::vector<VolumeCandidate>& volume_files() const;  ///< those of this bundle, of whole length; a number may occur twice
  void set_asker(VolumeAsker asker);

  /// Delivers blobs in storage order; every frame is verified before it is decoded, every blob before finish_blob(). Memory: a few frames.
  /// `jobs` frames are read and verified ahead.
  void deliver(BlobReceiver& receiver, unsigned jobs, Progress& progress);
  /// One blob, verified: `sink` has received everything when this returns; an error means the sink's bytes are void.
  void read_blob(const Digest& digest, Sink& sink);
  std::string read_small_blob(const Digest& digest, std::size_t limit);
  /// Reads and checks every stored frame, the index and both header pages of all present volume files; what a failing medium does not give
  /// is damage like any other. With an asker, volumes that are not there are asked for, and those nobody brings are missing. SystemError
  /// when a medium is gone.
  VerifyReport verify_frames(unsigned jobs, Progress& progress);

  struct State;  ///< known to bundle/*.cpp only

 private:
  explicit Bundle(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What may be shown without trust: the header text, to be marked UNVERIFIED, the key ids of its signatures, and the volumes found.
struct UntrustedView {
  std::string header_text;
  std::vector<std::string> key_ids;
  std::vector<VolumeCandidate> volumes;
};
UntrustedView inspect_untrusted(const BundleCandidate& candidate);

}  // namespace rootcellar
