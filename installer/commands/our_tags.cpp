#include "installer/commands/our_tags.h"

#include "bundle/base/text.h"
#include "installer/run/registry_contents.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_link_limit = 256;

std::string tag_text(const std::string& repository, const std::string& tag, std::string_view digest) {
  return cat(repository, ":", tag, " ", digest);
}

void add_tags(const Index& index, std::set<std::string>& tags) {
  for (const RegistryImage& image : registry_images(index, {})) {
    for (const std::string& tag : image.tags) tags.insert(tag_text(image.repository, tag, image.digest.named()));
  }
}

/// As registry steps keep their images for undo.
void add_tags(const JsonValue& images, std::set<std::string>& tags) {
  for (const JsonValue& image : images.items()) {
    const auto digest = Digest::from_hex(image.text("digest").value_or(""));
    const JsonValue* names = image.find("tags");
    if (!digest || names == nullptr) continue;
    for (const JsonValue& tag : names->items())
      tags.insert(tag_text(image.text("repository").value_or(""), tag.as_string(), digest->named()));
  }
}

}  // namespace

std::set<std::string> tags_of_steps(const std::vector<OpenStep>& open) {
  std::set<std::string> tags;
  for (const OpenStep& effect : open) {
    const JsonValue* images = std::holds_alternative<FillRegistry>(effect.step.action) ? effect.undo_data.find("images") : nullptr;
    if (images != nullptr) add_tags(*images, tags);
  }
  return tags;
}

std::vector<std::string> pushed_over_tags(const Index& index, const Index* before, const std::vector<OpenStep>& open,
                                          const std::string& root, HostSystem& host) {
  std::set<std::string> ours = tags_of_steps(open);
  add_tags(index, ours);
  if (before != nullptr) add_tags(*before, ours);
  const RegistryPaths paths(root);
  std::set<std::string> theirs;
  for (const RegistryImage& image : registry_images(index, {})) {
    for (const std::string& tag : image.tags) {
      const auto digest = host.read_file(paths.tag_link(image.repository, tag), k_link_limit);
      if (digest && !ours.contains(tag_text(image.repository, tag, trim(*digest)))) theirs.insert(cat(image.repository, ":", tag));
    }
  }
  return {theirs.begin(), theirs.end()};
}

}  // namespace rootcellar
