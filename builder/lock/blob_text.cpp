#include "builder/lock/blob_text.h"

#include "builder/lock/recipe_text.h"
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

LockedArchive read_archive(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "archive keys");
  LockedArchive archive;
  archive.digest = read_locked_digest(map, "digest");
  archive.member = map.require_text("member");
  archive.size = read_size(map);
  map.finish();
  return archive;
}

}  // namespace

void write_blob(YamlWriter& out, const LockedBlob& blob) {
  if (blob.archive) {
    out.key("archive");
    out.begin_map();
    out.entry("digest", blob.archive->digest.named());
    out.entry("member", blob.archive->member);
    out.entry_number("size", blob.archive->size);
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
