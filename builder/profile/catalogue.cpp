#include "builder/profile/catalogue.h"

#include <algorithm>

#include "builder/profile/catalogue_text.h"
#include "builder/profile/reader.h"
#include "bundle/base/text.h"
#include "bundle/base/yaml.h"

namespace rootcellar {
namespace {

/// "docker.io/library/registry" or "docker.io/bitnami/*".
bool is_entry_name(std::string_view text) {
  const bool is_prefix = text.ends_with("/*");
  const std::string probe = is_prefix ? cat(text.substr(0, text.size() - 1), "x") : std::string(text);
  const auto name = parse_image_name(probe);
  return name && name->repository == probe;
}

bool is_month(std::string_view text) {
  const auto parts = split(text, '-');
  return parts.size() == 2 && parts[0].size() == 4 && parts[1].size() == 2 && parse_u64(parts[0]).has_value();
}

CatalogueEntry read_entry(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "image keys");
  CatalogueEntry entry;
  entry.name = require_text_that(map, "name", is_entry_name, "a repository in full, host first, or HOST/PATH/*");
  entry.status = map.one_of("status", {"available", "moved", "frozen", "gone"}, "available");
  entry.since = text_that(map, "since", is_month, "a month like 2025-08");
  entry.today = map.text("today");
  entry.stand_in = map.text("stand_in");
  entry.note = map.text("note");
  if (entry.status != "available" && entry.today.empty() && entry.stand_in.empty())
    faults.add(node, cat("'", entry.name, "' is ", entry.status, ": expected where it is today, or what stands in"));
  map.finish();
  return entry;
}

bool matches(const CatalogueEntry& entry, std::string_view repository) {
  return entry.name.ends_with("/*") && repository.starts_with(std::string_view(entry.name).substr(0, entry.name.size() - 1));
}

std::string place_today(const CatalogueEntry& entry, std::string_view image) {
  const std::size_t star = entry.today.find('*');
  const auto name = parse_image_name(image);
  if (star == std::string::npos || !name) return entry.today;
  return cat(entry.today.substr(0, star), name->repository.substr(entry.name.size() - 1), entry.today.substr(star + 1));
}

}  // namespace

Catalogue Catalogue::parse(std::string_view text, std::string_view file) {
  const YamlNode root = parse_yaml(text, std::string(file));
  YamlFaults faults;
  YamlMap map(root, faults, "catalogue keys");
  Catalogue catalogue;
  map.one_of("rootcellar-catalogue", {"1"}, "1");
  map.require("rootcellar-catalogue");
  map.list("images", [&](const YamlNode& node) { catalogue.entries_.push_back(read_entry(node, faults)); });
  map.finish();
  faults.throw_if_any();
  return catalogue;
}

const CatalogueEntry* Catalogue::find(const ImageName& image) const {
  const CatalogueEntry* best = nullptr;
  for (const CatalogueEntry& entry : entries_) {
    if (entry.name == image.repository) return &entry;
    if (matches(entry, image.repository) && (best == nullptr || entry.name.size() > best->name.size())) best = &entry;
  }
  return best;
}

const Catalogue& built_in_catalogue() {
  static const Catalogue k_catalogue = Catalogue::parse(k_catalogue_text, "images/catalogue.yaml");
  return k_catalogue;
}

std::string catalogue_warning(const CatalogueEntry& entry, std::string_view image) {
  const std::string what = entry.status == "moved" ? "moved" : entry.status == "frozen" ? "gets no new versions" : "is gone";
  const std::string since = entry.since.empty() ? std::string() : cat(entry.status == "moved" ? " in " : " since ", entry.since);
  std::string text = cat("image '", image, "' ", what, since);
  if (!entry.today.empty()) text += cat(": it is at ", place_today(entry, image), " today");
  if (!entry.stand_in.empty()) text += cat("; stand-in: ", entry.stand_in);
  return text;
}

}  // namespace rootcellar
