#include "builder/assemble/stage.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "bundle/base/digest.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"

namespace rootcellar {

namespace {

constexpr std::uint64_t k_fat32_file = (std::uint64_t{1} << 32) - 1;  // Microsoft FAT specification 1.03: DIR_FileSize is 32 bits
constexpr std::uint64_t k_slack = std::uint64_t{4} << 20;             // directories and clusters cut off
constexpr std::uint64_t k_text_limit = std::uint64_t{1} << 20;
constexpr std::size_t k_step = std::size_t{1} << 20;
constexpr std::size_t k_alignment = 4096;  // O_DIRECT, open(2): the logical block size; 4096 serves all sticks

/// A thing to put on a stick: a file of this machine, or a text made here.
struct Item {
  std::string name;
  std::string path;
  std::string text;
  std::uint64_t size = 0;

  std::unique_ptr<Source> open() const {
    if (path.empty()) return std::make_unique<MemorySource>(as_bytes(text));
    return std::make_unique<FileSource>(path);
  }
};

Item text_item(std::string name, std::string text) {
  const std::uint64_t size = text.size();
  return {std::move(name), {}, std::move(text), size};
}

Item file_item(std::string name, const std::string& path) {
  const auto status = file_status_followed(path);
  if (!status || status->type != FileStatus::Type::file) throw InputError(cat("cannot find '", path, "'"));
  return {std::move(name), path, {}, status->size};
}

std::vector<std::string> signer_ids(const Bundle& bundle) {
  std::vector<std::string> ids;
  for (const Signature& signature : bundle.signatures()) ids.push_back(PublicKey{signature.key_id, {}}.id_text());
  return ids;
}

/// What every stick carries beside its volumes.
std::vector<Item> companions(const Bundle& bundle, const StageOptions& options) {
  std::vector<Item> items{
      file_item("rootcellar-install", options.installer), text_item("rootcellar-install.minisig", options.installer_signature),
      text_item("START.sh", stick_start_script(bundle.header())), text_item("START.sh.minisig", options.start_signature),
      text_item("README.txt", stick_readme(bundle.header(), signer_ids(bundle), options.certificate))};
  for (const auto& [name, text] : options.public_keys) items.push_back(text_item(name, text));
  if (options.certificate) {
    items.push_back(text_item("certificate/chain.pem", options.certificate->chain));
    items.push_back(text_item("certificate/key.pem", options.certificate->key));
  }
  return items;
}

std::vector<Item> volumes(const Bundle& bundle) {
  if (!bundle.missing_volumes().empty()) {
    throw InputError(cat("cannot stage '", bundle_name(bundle.header()), "': volume ", bundle.missing_volumes().front(), " of ",
                         bundle.header().volumes, " is missing"),
                     "name the folder that holds all of them");
  }
  std::vector<VolumeCandidate> files = bundle.volume_files();
  std::stable_sort(files.begin(), files.end(),
                   [](const VolumeCandidate& a, const VolumeCandidate& b) { return a.claimed_volume < b.claimed_volume; });
  std::vector<Item> items;
  for (const VolumeCandidate& volume : files) {
    if (volume.claimed_volume != items.size() + 1) continue;  // another copy
    items.push_back(file_item(volume_file_name(bundle.header(), volume.claimed_volume), volume.path));
  }
  return items;
}

void check_bytes(Bundle& bundle, Progress& progress) {
  const VerifyReport report = bundle.verify_frames(1, progress);
  if (report.damage.empty()) return;
  const FrameDamage& first = report.damage.front();
  throw TrustError(
      cat("cannot stage '", bundle_name(bundle.header()), "': volume ", first.volume, " at byte ", first.offset, ": ", first.reason()),
      "build the bundle again, or fetch the volume again from where it was built");
}

std::uint64_t total_size(const std::vector<Item>& items) {
  std::uint64_t total = 0;
  for (const Item& item : items) total += item.size;
  return total;
}

/// Bytes of `items` that lie on the stick already and need no new room.
std::uint64_t already_there(const std::string& stick, const std::vector<Item>& items) {
  std::uint64_t total = 0;
  for (const Item& item : items) {
    const auto status = file_status(path_join(stick, item.name));
    if (status && status->size == item.size) total += item.size;
  }
  return total;
}

void check_stick(const std::string& stick, const std::vector<Item>& items) {
  const auto status = file_status_followed(stick);
  if (!status || status->type != FileStatus::Type::directory) {
    throw InputError(cat("cannot stage on '", stick, "': expected a mounted stick or a folder"),
                     "mount the stick and name its mount point");
  }
  const SpaceFacts space = filesystem_space(stick);
  if (space.read_only)
    throw InputError(cat("cannot stage on '", stick, "': it is mounted read-only"),
                     "look for a lock switch on the stick, or remount it with rw");
  const bool is_fat = space.filesystem == "vfat" || space.filesystem == "msdos";
  for (const Item& item : items) {
    if (!is_fat || item.size <= k_fat32_file) continue;
    throw InputError(cat("cannot stage '", item.name, "' on '", stick, "': expected at most ", k_fat32_file, " bytes, found ", item.size,
                         ", and the stick is FAT32"),
                     "build with --volume-size 4GiB or less, or format the stick with exFAT");
  }
}

/// Files that are called like ours but are somebody else's. A volume's name is the bundle's own; the rest could be anything.
void check_names(const std::string& stick) {
  const auto text = read_file_if_exists(path_join(stick, "START.sh"), k_text_limit);
  if (text && text->find("# rootcellar START.sh:") == std::string::npos) {
    throw InputError(cat("cannot stage on '", stick, "': its START.sh is not of rootcellar"),
                     "move that file elsewhere, or use another stick");
  }
}

/// Links and bind mounts give one folder several names.
bool same_folder(const std::string& one, const std::string& other) {
  const auto a = file_status_followed(one), b = file_status_followed(other);
  return a && b && a->device == b->device && a->inode == b->inode;
}

/// Room is counted once for each stick, and a bundle is not copied onto itself.
void check_distinct(const std::string& stick, const std::vector<StickSpace>& before, const std::vector<Item>& bundle_volumes) {
  for (const StickSpace& other : before) {
    if (!same_folder(stick, other.path)) continue;
    throw UsageError(cat("cannot stage on '", stick, "': it was given before, as '", other.path, "'"), "name each stick once");
  }
  for (const Item& volume : bundle_volumes) {
    if (!same_folder(stick, path_parent(volume.path))) continue;
    throw UsageError(cat("cannot stage on '", stick, "': the bundle itself lies there"),
                     "name the mount point of a stick, or a folder of its own");
  }
}

std::vector<StickSpace> measure(const StageOptions& options, const std::vector<Item>& all) {
  std::vector<StickSpace> spaces;
  for (const std::string& stick : options.sticks) {
    check_stick(stick, all);
    check_distinct(stick, spaces, all);
    check_names(stick);
    spaces.push_back({stick, filesystem_space(stick).available + already_there(stick, all)});
  }
  return spaces;
}

[[noreturn]] void fail_space(const std::vector<StickSpace>& sticks, std::uint64_t needed, std::size_t count) {
  std::string found;
  for (const StickSpace& stick : sticks) found += cat(found.empty() ? "" : ", ", human_size(stick.available), " on '", stick.path, "'");
  throw InputError(
      cat("cannot stage ", count, count == 1 ? " volume" : " volumes", ": expected room for ", human_size(needed), ", found ", found),
      "free some space, or add another --to STICK");
}

std::vector<std::vector<Item>> assign(const std::vector<Item>& bundle_volumes, const std::vector<Item>& others,
                                      const std::vector<StickSpace>& sticks) {
  std::vector<std::uint64_t> sizes;
  for (const Item& item : bundle_volumes) sizes.push_back(item.size);
  const std::uint64_t reserved = total_size(others) + k_slack;
  const auto placed = spread_volumes(sizes, sticks, reserved);
  if (!placed) fail_space(sticks, total_size(bundle_volumes) + reserved * sticks.size(), sizes.size());
  std::vector<std::vector<Item>> out(sticks.size());
  for (std::size_t number = 0; number < bundle_volumes.size(); ++number) out[(*placed)[number]].push_back(bundle_volumes[number]);
  for (auto& items : out) items.insert(items.end(), others.begin(), others.end());
  return out;
}

/// The digest of what the medium holds: past the page cache by O_DIRECT, or, where the filesystem has none, after dropping its pages.
Digest digest_on_medium(int written, const std::string& name) {
  const std::string path = cat("/proc/self/fd/", written);
  if (::posix_fadvise(written, 0, 0, POSIX_FADV_DONTNEED) != 0) throw SystemError("drop the cached pages of", name, errno);
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT);
  if (fd < 0) fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw SystemError("read back", name, errno);
  const Fd owner(fd);
  const std::unique_ptr<void, decltype(&std::free)> buffer(std::aligned_alloc(k_alignment, k_step), &std::free);
  Sha256 hash;
  for (;;) {
    poll_interrupt();
    const ssize_t length = ::read(fd, buffer.get(), k_step);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) throw SystemError("read back", name, errno);
    if (length == 0) return hash.finish();
    hash.write({static_cast<const std::uint8_t*>(buffer.get()), static_cast<std::size_t>(length)});
  }
}

Digest digest_of(Source& source) {
  Sha256 hash;
  copy(source, hash);
  return hash.finish();
}

bool lies_there(const Item& item, const std::string& path) {
  const auto status = file_status(path);
  if (!status || status->size != item.size) return false;
  const Fd there = open_file(path, O_RDONLY);
  return digest_on_medium(there.get(), path) == digest_of(*item.open());
}

/// Written, read back, and only then given its name.
void place(const Item& item, const std::string& path, ProgressTask& task) {
  if (lies_there(item, path)) return task.advance(item.size);
  AtomicFile file(path);
  const auto source = item.open();
  HashingSource hashed(*source);
  FunctionSink counted([&](ByteView bytes) {
    file.write(bytes);
    task.advance(bytes.size());
  });
  copy(hashed, counted);
  if (::fsync(file.fd()) != 0) throw SystemError("write", path, errno);
  const Digest expected = hashed.finish(), found = digest_on_medium(file.fd(), path);
  if (expected != found) {
    throw SystemError(cat("cannot write '", path, "': expected ", expected.named(), ", read back ", found.named()),
                      "the stick is broken: use another one");
  }
  file.commit();
}

StageResult::Placed fill_stick(const std::string& stick, const std::vector<Item>& items, Progress& progress) {
  StageResult::Placed placed{stick, {}, 0};
  ProgressTask task(progress, cat("writing ", stick), total_size(items));
  for (const Item& item : items) {
    const std::string path = path_join(stick, item.name);
    make_directories(path_parent(path));
    place(item, path, task);
    placed.files.push_back(item.name);
    placed.bytes += item.size;
  }
  sync_directory(stick);
  return placed;
}

}  // namespace

std::optional<std::vector<std::size_t>> spread_volumes(const std::vector<std::uint64_t>& volumes, const std::vector<StickSpace>& sticks,
                                                       std::uint64_t reserved) {
  std::vector<std::uint64_t> rest;
  for (const StickSpace& stick : sticks) rest.push_back(stick.available > reserved ? stick.available - reserved : 0);
  std::vector<std::size_t> placed;
  for (const std::uint64_t size : volumes) {
    const auto stick = std::find_if(rest.begin(), rest.end(), [&](std::uint64_t left) { return left >= size; });
    if (stick == rest.end()) return std::nullopt;
    *stick -= size;
    placed.push_back(static_cast<std::size_t>(stick - rest.begin()));
  }
  return placed;
}

StageResult stage(Bundle& bundle, const StageOptions& options, Progress& progress) {
  const std::vector<Item> bundle_volumes = volumes(bundle), others = companions(bundle, options);
  const std::vector<StickSpace> sticks = measure(options, bundle_volumes);
  const auto assigned = assign(bundle_volumes, others, sticks);
  check_bytes(bundle, progress);
  StageResult result;
  for (std::size_t number = 0; number < sticks.size(); ++number) {
    result.sticks.push_back(fill_stick(sticks[number].path, assigned[number], progress));
  }
  return result;
}

}  // namespace rootcellar
