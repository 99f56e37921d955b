// Exports, data and what roles demand of disks.
#include <algorithm>
#include <array>

#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_most_stripped = 16;
constexpr std::string_view k_expected_folder =
    "an absolute path outside /var/lib/rootcellar, /etc/rootcellar, /proc, /sys and /dev, without spaces and quotes";
const std::vector<std::string> k_usual_options{"rw", "sync", "no_subtree_check"};

/// As it stands in exports(5) without quotes.
bool is_folder(std::string_view text) {
  return is_destination(text) && text.find_first_of(" \t\"'\\#()") == std::string_view::npos;
}

bool is_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_registry_range(text) && text.find(':') == std::string_view::npos;
}

constexpr std::string_view k_from_image = "image:";

bool is_server(std::string_view text) {
  if (text.starts_with(k_from_image)) return parse_image_name(text.substr(k_from_image.size())).has_value();
  return text == "package:nfs-kernel-server";
}

bool is_version_of_nfs(std::string_view text) { return text == "3" || text == "4"; }

/// Those of exports(5) that say something of one export on this machine.
bool is_export_option(std::string_view text) {
  constexpr std::array<std::string_view, 18> k_words{"rw",         "ro",        "sync",           "async",        "subtree_check", "no_subtree_check",
                                                     "root_squash", "all_squash", "no_root_squash", "no_all_squash", "secure",        "insecure",
                                                     "hide",       "nohide",    "crossmnt",       "wdelay",       "no_wdelay",     "mountpoint"};
  if (std::find(k_words.begin(), k_words.end(), text) != k_words.end()) return true;
  for (const std::string_view lead : {"anonuid=", "anongid=", "fsid="}) {
    if (text.starts_with(lead)) return parse_u64(text.substr(lead.size())).has_value();
  }
  return text == "sec=sys";
}

NfsExport read_nfs_export(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "export keys");
  NfsExport share;
  share.name = require_text_that(map, "name", is_object_name, "at most 63 lower-case letters, digits, '.' and '-'");
  share.path = require_text_that(map, "path", is_folder, k_expected_folder);
  share.mode = read_mode(map, share.mode);
  share.owner = text_that(map, "owner", is_account, "a user", share.owner);
  share.group = text_that(map, "group", is_account, "a group", share.group);
  share.options = texts_that(map, "options", is_export_option, "an option of exports(5)");
  if (share.options.empty()) share.options = k_usual_options;
  context.finish(map, "nfs.exports");
  return share;
}

std::optional<std::uint32_t> read_given_mode(YamlMap& map, std::string_view key) {
  const YamlNode* node = map.take(key);
  if (node == nullptr) return std::nullopt;
  const std::string text = yaml_text(*node, map.faults(), cat("key '", key, "'"));
  const auto mode = parse_mode(text);
  if (!mode || *mode > 0777)
    map.faults().add(*node, cat("key '", key, "': expected four octal digits like \"0644\", found '", printable(text, 80), "'"));
  return mode;
}

}  // namespace

NfsSection read_nfs(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "nfs keys");
  NfsSection nfs;
  nfs.enabled = map.boolean("enabled", true);
  nfs.server = require_text_that(map, "server", is_server, "package:nfs-kernel-server or image:NAME");
  nfs.network = text_that(map, "network", is_range, "an address range like 192.0.2.0/24");
  nfs.versions = texts_that(map, "versions", is_version_of_nfs, "3 or 4");
  const bool from_image = nfs.server.starts_with(k_from_image);
  if (nfs.versions.empty()) nfs.versions = from_image ? std::vector<std::string>{"3"} : std::vector<std::string>{"3", "4"};
  const YamlNode* versions = node.find("versions");
  if (from_image && versions != nullptr && std::find(nfs.versions.begin(), nfs.versions.end(), "4") != nfs.versions.end())
    context.faults.add(*versions, "key 'versions': an image serves version 3 alone", "version 4 comes from package:nfs-kernel-server");
  nfs.fixed_ports = map.boolean("fixed_ports", false);
  map.list("exports", [&](const YamlNode& item) { nfs.exports.push_back(read_nfs_export(item, context)); });
  if (nfs.exports.empty() && node.kind == YamlNode::Kind::map) context.faults.add(node, "expected at least one export in 'exports'");
  context.finish(map, "nfs");
  return nfs;
}

ProfileData read_data(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "data keys");
  ProfileData data;
  data.place = place_of(node);
  data.described.name = require_text_that(map, "name", is_file_name, "letters, digits, '.', '_', '+' and '-'");
  data.content = read_archive_content(map, context);
  data.described.destination = require_text_that(map, "destination", is_folder, k_expected_folder);
  data.described.mode = read_mode(map, data.described.mode);
  data.described.owner = text_that(map, "owner", is_account, "a user", data.described.owner);
  data.described.group = text_that(map, "group", is_account, "a group", data.described.group);
  data.strip = number_between(map, "strip", 0, 0, k_most_stripped);
  data.file_mode = read_given_mode(map, "file_mode");
  data.directory_mode = read_given_mode(map, "directory_mode");
  context.finish(map, "data");
  return data;
}

RoleDisk read_role_disk(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "disk keys");
  RoleDisk disk;
  disk.path = require_text_that(map, "path", is_absolute_path, "an absolute path");
  const std::string free = map.text("free");
  if (const YamlNode* given = map.take("free")) {
    const auto bytes = parse_size(free);
    if (!bytes) context.faults.add(*given, cat("key 'free': expected a size like 200GiB, found '", printable(free, 80), "'"));
    disk.free = bytes.value_or(0);
  }
  disk.own_filesystem = map.boolean("own_filesystem", false);
  disk.solid_state = map.boolean("solid_state", false);
  context.finish(map, "cluster.roles.disks");
  return disk;
}

}  // namespace rootcellar
