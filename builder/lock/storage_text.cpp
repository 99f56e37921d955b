#include "builder/lock/storage_text.h"

#include "builder/lock/blob_text.h"
#include "builder/lock/recipe_text.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::string require_destination(YamlMap& map, std::string_view key) {
  const std::string text = map.require_text(key);
  const YamlNode* node = map.take(key);
  if (node != nullptr && !is_destination(text))
    map.faults().add(*node, cat("key '", key, "': expected an absolute path outside rootcellar's own folders, found '", printable(text, 80), "'"));
  return text;
}

void write_export(YamlWriter& out, const NfsExport& share) {
  out.begin_map();
  out.entry("group", share.group);
  out.entry("mode", mode_text(share.mode));
  out.entry("name", share.name);
  out.entry_list("options", share.options);
  out.entry("owner", share.owner);
  out.entry("path", share.path);
  out.end_map();
}

NfsExport read_export(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "export keys");
  NfsExport share;
  share.group = map.require_text("group");
  share.mode = read_locked_mode(map);
  share.name = map.require_text("name");
  share.options = map.text_list("options");
  share.owner = map.require_text("owner");
  share.path = require_destination(map, "path");
  map.finish();
  return share;
}

}  // namespace

void write_data(YamlWriter& out, const std::vector<LockedData>& data) {
  out.key("data");
  out.begin_list();
  for (const LockedData& one : data) {
    out.begin_map();
    write_blob_map(out, "blob", one.blob);
    out.entry("destination", one.placed.destination);
    out.entry("group", one.placed.group);
    out.entry("mode", mode_text(one.placed.mode));
    out.entry("name", one.placed.name);
    out.entry("owner", one.placed.owner);
    out.entry("path", one.placed.path);
    out.entry_number("unpacked", one.placed.unpacked);
    out.end_map();
  }
  out.end_list();
}

void write_nfs(YamlWriter& out, const NfsSection& nfs) {
  out.key("nfs");
  out.begin_map();
  out.key("exports");
  out.begin_list();
  for (const NfsExport& share : nfs.exports) write_export(out, share);
  out.end_list();
  out.key("fixed_ports");
  out.value_plain(nfs.fixed_ports);
  if (!nfs.network.empty()) out.entry("network", nfs.network);
  out.entry("server", nfs.server);
  out.entry_list("versions", nfs.versions);
  out.end_map();
}

LockedData read_locked_data(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "data keys");
  LockedData data;
  data.blob = require_locked_blob(map);
  data.placed.destination = require_destination(map, "destination");
  data.placed.group = map.require_text("group");
  data.placed.mode = read_locked_mode(map);
  data.placed.name = map.require_text("name");
  data.placed.owner = map.require_text("owner");
  data.placed.path = read_bundle_path(map);
  data.placed.unpacked = map.require_number("unpacked");
  map.finish();
  return data;
}

NfsSection read_locked_nfs(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "nfs keys");
  NfsSection nfs;
  nfs.enabled = true;
  map.list("exports", [&](const YamlNode& item) { nfs.exports.push_back(read_export(item, faults)); });
  nfs.fixed_ports = map.boolean("fixed_ports", false);
  nfs.network = map.text("network");
  nfs.server = map.require_text("server");
  nfs.versions = map.text_list("versions");
  map.finish();
  return nfs;
}

}  // namespace rootcellar
