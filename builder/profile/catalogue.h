// The catalogue of upstream images (images/catalogue.yaml): where each can be had today, and what stands in for what is gone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "builder/profile/profile.h"

namespace rootcellar {

struct CatalogueEntry {
  std::string name;      ///< repository in full, "docker.io/library/registry", or all below one: "docker.io/bitnami/*"
  std::string status;    ///< "available" | "moved" | "frozen" | "gone"
  std::string since;     ///< "2025-08"; empty when available
  std::string today;     ///< where the same bytes can be had; '*' stands for what '*' matched
  std::string stand_in;  ///< what can be used instead where the bytes are gone, in words
  std::string note;
};

class Catalogue {
 public:
  /// Faults of the text are one InputError naming `file`.
  static Catalogue parse(std::string_view text, std::string_view file);
  /// The most exact entry for an image; nullptr when nothing is known about it.
  const CatalogueEntry* find(const ImageName& image) const;
  const std::vector<CatalogueEntry>& entries() const { return entries_; }

 private:
  std::vector<CatalogueEntry> entries_;
};

/// The catalogue this program was built with.
const Catalogue& built_in_catalogue();

/// "image 'X' moved in 2025-08: it is at Y today".
std::string catalogue_warning(const CatalogueEntry& entry, std::string_view image);

}  // namespace rootcellar
