#include "builder/lock/blob_text.h"

#include "builder/lock/recipe_text.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/rel_path.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

std::uint64_t read_size(YamlMap& map) {
  const std::uint64_t size = map.require_number("size");
  const YamlNode* node = map.take("size");
  if (node != nullptr && size > limits::k_blob_size)
    map.faults().add(*node, cat("key 'size': larger than ", human_size(limits::k_blob_size)));
  return size;
}

std::optional<std::uint32_t> read_tree_mode(YamlMap& map, std::string_view key) {
  const YamlNode* node = map.take(key);
  if (node == nullptr) return std::nullopt;
  const std::string text = map.text(key);
  const auto mode = parse_mode(text);
  if (!mode || *mode > 0777) map.faults().add(*node, cat("key '", key, "': expected four octal digits, found '", printable(text, 80), "'"));
  return mode;
}

LockedArchive::Tree read_tree(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "tree keys");
  LockedArchive::Tree tree;
  tree.directory_mode = read_tree_mode(map, "directory_mode");
  tree.file_mode = read_tree_mode(map, "file_mode");
  tree.strip = map.require_number("strip");
  map.finish();
  return tree;
}

LockedArchive read_archive(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "archive keys");
  LockedArchive archive;
  archive.digest = read_locked_digest(map, "digest");
  const YamlNode* tree = map.take("tree");
  if (tree == nullptr) archive.member = map.require_text("member");
  if (tree != nullptr) archive.tree = read_tree(*tree, faults);
  archive.size = read_size(map);
  map.finish();
  return archive;
}

void write_tree(YamlWriter& out, const LockedArchive::Tree& tree) {
  out.key("tree");
  out.begin_map();
  if (tree.directory_mode) out.entry("directory_mode", mode_text(*tree.directory_mode));
  if (tree.file_mode) out.entry("file_mode", mode_text(*tree.file_mode));
  out.entry_number("strip", tree.strip);
  out.end_map();
}

}  // namespace

void write_blob(YamlWriter& out, const LockedBlob& blob) {
  if (blob.archive) {
    out.key("archive");
    out.begin_map();
    out.entry("digest", blob.archive->digest.named());
    if (!blob.archive->tree) out.entry("member", blob.archive->member);
    out.entry_number("size", blob.archive->size);
    if (blob.archive->tree) write_tree(out, *blob.archive->tree);
    out.end_map();
  }
  out.entry("digest", blob.digest.named());
  if (!blob.media_type.empty()) out.entry("media_type", blob.media_type);
  if (!blob.path.empty()) out.entry("path", blob.path);
  out.entry_number("size", blob.size);
  if (!blob.url.empty()) out.entry("url", blob.url);
}

void write_blob_map(YamlWriter& out, std::string_view key, const LockedBlob& blob) {
  out.key(key);
  out.begin_map();
  write_blob(out, blob);
  out.end_map();
}

LockedBlob read_locked_blob(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "blob keys");
  LockedBlob blob;
  if (const YamlNode* archive = map.take("archive")) blob.archive = read_archive(*archive, faults);
  blob.digest = read_locked_digest(map, "digest");
  blob.media_type = map.text("media_type");
  blob.path = map.text("path");
  blob.size = read_size(map);
  blob.url = map.text("url");
  map.finish();
  return blob;
}

LockedBlob require_locked_blob(YamlMap& map) {
  const YamlNode* node = map.require("blob");
  return node == nullptr ? LockedBlob() : read_locked_blob(*node, map.faults());
}

std::string read_bundle_path(YamlMap& map) {
  const std::string text = map.require_text("path");
  const YamlNode* node = map.take("path");
  if (node != nullptr && !RelPath::parse(text))
    map.faults().add(*node, cat("key 'path': expected a relative path without '..', found '", printable(text, 80), "'"));
  return text;
}

}  // namespace rootcellar
