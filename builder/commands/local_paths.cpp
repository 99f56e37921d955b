#include "builder/commands/local_paths.h"

#include <filesystem>
#include <optional>

#include "builder/profile/documents.h"
#include "builder/source/chart.h"
#include "builder/source/file_sources.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_carried = std::size_t{64} << 10;  // a lock stays a text that people can read and compare

/// Text that YAML can hold as it is.
bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const bool is_control = static_cast<unsigned char>(text[0]) < 0x20 && text[0] != '\n' && text[0] != '\t';
    if (length == 0 || is_control) return false;
    text.remove_prefix(length);
  }
  return true;
}

class PathMover {
 public:
  PathMover(const std::string& from, const std::string& to) : from_(absolute_path(from)), to_(absolute_path(to)) {}

  void move(LockedBlob& blob) const {
    if (blob.path.empty()) return;
    const auto content = carried(blob.path);
    if (content) blob.url = data_url(*content);
    blob.path = content ? std::string() : moved(blob.path);
  }

  void move(ProfileFileContent& file) const {
    if (file.resolved_path.empty()) return;
    const auto content = carried(file.resolved_path);
    const bool is_carried = content && is_plain_text(*content);
    if (is_carried) file.text = *content;
    file.path = file.resolved_path = is_carried ? std::string() : moved(file.resolved_path);
  }

 private:
  std::string moved(const std::string& path) const { return relative_to(path_join(from_, path), to_); }

  /// The content of a small file that does not lie beside the lock or below it.
  std::optional<std::string> carried(const std::string& path) const {
    if (!moved(path).starts_with("../")) return std::nullopt;
    const std::string full = path_join(from_, path);
    const auto status = file_status_followed(full);
    if (status && status->type == FileStatus::Type::directory) {
      std::string chart = pack_chart_folder(full);
      return chart.size() > k_carried ? std::nullopt : std::optional(std::move(chart));
    }
    if (!status || status->size > k_carried) return std::nullopt;
    return read_file(full, k_carried);
  }

  std::string from_, to_;
};

}  // namespace

std::string absolute_path(const std::string& path) { return normal_path(std::filesystem::absolute(path).string()); }

void move_local_paths(Lock& lock, const std::string& from, const std::string& to) {
  const PathMover mover(from, to);
  for (LockedFile& file : lock.files) mover.move(file.blob);
  for (LockedDeployed& file : lock.deployed) mover.move(file.blob);
  for (LockedImage& image : lock.images) {
    if (!image.recipe) continue;
    for (auto& [destination, content] : image.recipe->files) mover.move(content);
  }
}

}  // namespace rootcellar
