#include "bundle/volumes.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/frame_reader.h"
#include "bundle/volume_layout.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_suffix = ".cellar";
constexpr std::size_t k_least_id_prefix = 6;
constexpr std::uint64_t k_least_file = 2 * limits::k_header_size;  // the first and the last page

using OnProblem = std::function<void(const std::string& path, const std::string& reason)>;

bool is_volume_name(std::string_view name) { return name.ends_with(k_suffix) && !name.starts_with("._"); }

VolumeHeaderReading read_page(int fd, std::uint64_t offset, const std::string& path) {
  Bytes page(limits::k_header_size);
  pread_full(fd, page, offset, path);
  return decode_volume_header(page);
}

/// A stick that was pulled out while it was written leaves such files.
[[noreturn]] void throw_too_short(const std::string& path, std::uint64_t size) {
  const std::string copy_again = " copy it again from where the bundle was built";
  if (!is_volume_name(path_name(path))) throw InputError(cat("cannot use '", path, "': it is not a rootcellar volume"));
  if (size == 0) throw InputError(cat("cannot use '", path, "': it is empty:", copy_again));
  throw InputError(cat("cannot use '", path, "': it is cut short (", size, " bytes):", copy_again));
}

/// A bad sector may lie in it; its copy at the end is for that.
VolumeHeaderReading read_first_page(int fd, const std::string& path) {
  try {
    return read_page(fd, 0, path);
  } catch (const SystemError& error) {
    if (error.errno_value() != EIO) throw;
    return {.header = {}, .fault = error.message(), .is_volume = false};
  }
}

VolumeCandidate candidate_of(VolumeHeader header, const std::string& path, std::uint64_t file_size) {
  VolumeCandidate candidate;
  candidate.path = path;
  candidate.file_size = file_size;
  candidate.header_text = std::move(header.header_text);
  candidate.signatures = std::move(header.signatures);
  candidate.claimed_id = header.id;
  candidate.claimed_volume = header.volume;
  candidate.index_offset = header.index_offset;
  return candidate;
}

/// As find_bundles() sees a file: what could not be read is a reason, not an end of the search.
std::optional<VolumeCandidate> try_volume(const std::string& path, const OnProblem& on_problem) {
  try {
    return read_volume_header(path);
  } catch (const Error& error) {
    on_problem(path, error.message());
    return std::nullopt;
  }
}

std::string name_of(const std::string& path) {
  std::string name = path_name(path);
  if (name.ends_with(k_suffix)) name.resize(name.size() - k_suffix.size());
  std::size_t dot = name.rfind(".v");
  if (dot != std::string::npos && parse_u64(name[dot + 2] == '0' ? name.substr(dot + 3) : name.substr(dot + 2))) name.resize(dot);
  return printable(name, 100);
}

/// What goes wrong in `place`, told so that it can be mended when its medium is gone.
template <typename Action>
auto searching(const std::string& place, Action&& action) {
  try {
    return action();
  } catch (const SystemError& error) {
    if (!medium_is_gone(error.errno_value())) throw;
    throw SystemError("search", place, error.errno_value(),
                      "the medium that was mounted there is gone: unmount it, attach it again, and name the folder it has then");
  }
}

class VolumeSearch {
 public:
  explicit VolumeSearch(const OnProblem& on_problem) : on_problem_(on_problem) {}

  void look_at(const std::string& place) {
    searching(place, [&] { look_at_file_or_folder(place); });
  }

  std::vector<BundleCandidate> take() {
    for (BundleCandidate& bundle : found_) {
      std::sort(bundle.volumes.begin(), bundle.volumes.end(), [](const VolumeCandidate& a, const VolumeCandidate& b) {
        return std::tie(a.claimed_volume, a.path) < std::tie(b.claimed_volume, b.path);
      });
    }
    std::sort(found_.begin(), found_.end(), [](const BundleCandidate& a, const BundleCandidate& b) {
      return std::tie(a.claimed_name, a.claimed_id) < std::tie(b.claimed_name, b.claimed_id);
    });
    return std::move(found_);
  }

 private:
  void look_at_file_or_folder(const std::string& place) {
    auto status = file_status_followed(place);
    if (!status) throw InputError(cat("cannot search '", place, "': it does not exist"));
    if (status->type == FileStatus::Type::directory) {
      look_in_folder(place, {});
    } else {
      look_at_file(place);
    }
  }

  void look_at_file(const std::string& path) {
    VolumeCandidate volume = read_volume_header(path);
    std::string id = volume.claimed_id;
    add(std::move(volume));
    look_in_folder(path_parent(path), id);
  }

  /// With an id: only volumes of that bundle, and what else lies there is nobody's business.
  void look_in_folder(const std::string& folder, const std::string& id) {
    const OnProblem silent = [](const std::string&, const std::string&) {};
    for (const std::string& name : list_directory(folder)) {
      std::string path = path_join(folder, name);
      auto status = is_volume_name(name) ? file_status_followed(path) : std::nullopt;
      if (!status || status->type != FileStatus::Type::file) continue;
      auto volume = try_volume(path, id.empty() ? on_problem_ : silent);
      if (volume && (id.empty() || volume->claimed_id == id)) add(std::move(*volume));
    }
  }

  void add(VolumeCandidate volume) {
    auto status = file_status_followed(volume.path);
    if (status && !seen_.insert({status->device, status->inode}).second) return;
    auto same = [&](const BundleCandidate& bundle) { return bundle.claimed_id == volume.claimed_id; };
    auto bundle = std::find_if(found_.begin(), found_.end(), same);
    if (bundle == found_.end()) bundle = found_.insert(bundle, {volume.claimed_id, name_of(volume.path), {}});
    bundle->volumes.push_back(std::move(volume));
  }

  const OnProblem& on_problem_;
  std::vector<BundleCandidate> found_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;  // device and inode: a place may be named twice
};

std::string quoted_list(const std::vector<std::string>& places) {
  std::vector<std::string> quoted;
  for (const std::string& place : places) quoted.push_back(cat("'", place, "'"));
  return join(quoted, ", ");
}

bool is_meant(const BundleCandidate& bundle, const std::string& selector) {
  bool by_id = selector.size() >= k_least_id_prefix && bundle.claimed_id.starts_with(selector);
  return by_id || bundle.claimed_name == selector;
}

std::string describe(const std::vector<BundleCandidate>& bundles) {
  std::vector<std::string> lines;
  for (const BundleCandidate& bundle : bundles)
    lines.push_back(cat(bundle.claimed_name, " (id ", bundle.claimed_id, ", ", path_parent(bundle.volumes.front().path), ")"));
  return join(lines, ", ");
}

}  // namespace

VolumeCandidate read_volume_header(const std::string& path) {
  Fd fd = open_file(path, O_RDONLY);
  auto status = file_status_followed(path);
  std::uint64_t size = status ? status->size : 0;
  if (size < k_least_file) throw_too_short(path, size);
  VolumeHeaderReading first = read_first_page(fd.get(), path);
  if (first.fault.empty()) return candidate_of(std::move(first.header), path, size);
  VolumeHeaderReading last = read_page(fd.get(), size - limits::k_header_size, path);
  if (!last.fault.empty()) throw InputError(cat("cannot use '", path, "': ", first.is_volume ? first.fault : last.fault));
  VolumeCandidate candidate = candidate_of(std::move(last.header), path, size);
  candidate.header_damage = first.fault;
  return candidate;
}

Search search_for(std::vector<std::string> places, std::optional<std::string> selector) {
  for (std::string& place : places) {
    const auto status = searching(place, [&] { return file_status_followed(place); });
    if (!status || status->type != FileStatus::Type::file) continue;
    if (!selector) selector = read_volume_header(place).claimed_id;
    place = path_parent(place);
  }
  return {std::move(places), std::move(selector)};
}

std::vector<BundleCandidate> find_bundles(const std::vector<std::string>& places, const OnProblem& on_problem) {
  VolumeSearch search(on_problem);
  for (const std::string& place : places) search.look_at(place);
  return search.take();
}

std::vector<BundleCandidate> find_bundles_where_possible(const std::vector<std::string>& places, const OnProblem& on_problem) {
  VolumeSearch search(on_problem);
  for (const std::string& place : places) {
    try {
      search.look_at(place);
    } catch (const Error& error) {
      on_problem(place, error.message());
    }
  }
  return search.take();
}

BundleCandidate choose_bundle(const std::vector<BundleCandidate>& found, const std::vector<std::string>& places,
                              const std::optional<std::string>& selector) {
  if (found.empty())
    throw InputError(cat("no bundle in ", quoted_list(places)),
                     "a bundle's files end in '.vNN.cellar'; name their folder, the stick, or one of the files");
  std::vector<BundleCandidate> meant;
  for (const BundleCandidate& bundle : found) {
    if (!selector || is_meant(bundle, *selector)) meant.push_back(bundle);
  }
  if (meant.size() == 1) return meant.front();
  if (meant.empty()) throw UsageError(cat("no bundle '", *selector, "' in ", quoted_list(places)), cat("found: ", describe(found)));
  throw UsageError(cat("several bundles in ", quoted_list(places), ": ", describe(meant)), "choose one with --bundle NAME or --bundle ID");
}

}  // namespace rootcellar
