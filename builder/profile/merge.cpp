#include "builder/profile/merge.h"

#include <algorithm>
#include <map>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

using Kind = YamlNode::Kind;

YamlNode* find_entry(YamlNode& map, std::string_view key) { return const_cast<YamlNode*>(map.find(key)); }

std::string_view name_of(const YamlNode& item) {
  const YamlNode* name = item.kind == Kind::map ? item.find("name") : nullptr;
  return name != nullptr && name->kind == Kind::scalar ? std::string_view(name->scalar) : std::string_view();
}

bool is_named_list(const YamlNode& node) {
  return node.kind == Kind::list &&
         std::all_of(node.items.begin(), node.items.end(), [](const YamlNode& item) { return !name_of(item).empty(); });
}

/// A node at the place of another.
YamlNode node_at(const YamlNode& place, Kind kind, std::string_view text = {}) {
  YamlNode node;
  node.kind = kind;
  node.scalar = std::string(text);
  node.line = place.line;
  node.column = place.column;
  node.file = place.file;
  node.source = place.source;
  return node;
}

void add_entry(YamlNode& map, std::string_view key, YamlNode value) {
  map.entries.emplace_back(node_at(value, Kind::scalar, key), std::move(value));
}

YamlNode long_image(const YamlNode& item) {
  YamlNode map = node_at(item, Kind::map);
  add_entry(map, "name", item);
  return map;
}

/// "docker.io=20.10*" is name and version.
YamlNode long_package(const YamlNode& item) {
  YamlNode map = node_at(item, Kind::map);
  const std::size_t equals = item.scalar.find('=');
  add_entry(map, "name", node_at(item, Kind::scalar, std::string_view(item.scalar).substr(0, equals)));
  if (equals != std::string::npos) add_entry(map, "version", node_at(item, Kind::scalar, item.scalar.substr(equals + 1)));
  return map;
}

void lengthen(YamlNode* list, YamlNode (*long_form)(const YamlNode&)) {
  if (list == nullptr || list->kind != Kind::list) return;
  for (YamlNode& item : list->items) {
    if (item.kind == Kind::scalar) item = long_form(item);
  }
}

void refuse_twins(const YamlNode* list, YamlFaults& faults) {
  if (list == nullptr) return;
  std::map<std::string, int, std::less<>> lines;
  for (const YamlNode& item : list->items) {
    const std::string_view name = name_of(item);
    const auto [first, is_new] = lines.emplace(name, item.line);
    if (!name.empty() && !is_new) faults.add(item, cat("duplicate name '", name, "'"), cat("it was given first in line ", first->second));
  }
}

bool wants_removal(const YamlNode& item) { return item.find("remove") != nullptr; }

std::vector<std::string> names_of(const YamlNode& list) {
  std::vector<std::string> names;
  for (const YamlNode& item : list.items) names.emplace_back(name_of(item));
  return names;
}

using Items = std::vector<YamlNode>;

void remove_item(YamlNode& base, Items::iterator there, const YamlNode& item, YamlFaults& faults) {
  const YamlNode& mark = *item.find("remove");
  if (mark.scalar != "true" || mark.quoted || item.entries.size() != 2)
    return faults.add(item, "an item to be removed has 'name' and 'remove: true', nothing else");
  if (there != base.items.end()) {
    base.items.erase(there);
    return;
  }
  const auto near = did_you_mean(name_of(item), names_of(base));
  faults.add(item, cat("cannot remove '", name_of(item), "': no such item"), near ? cat("did you mean '", *near, "'?") : std::string());
}

void merge_item(YamlNode& base, const YamlNode& item, YamlFaults& faults) {
  const auto there = std::find_if(base.items.begin(), base.items.end(), [&](const YamlNode& old) { return name_of(old) == name_of(item); });
  if (wants_removal(item)) return remove_item(base, there, item, faults);
  if (there == base.items.end()) {
    base.items.push_back(item);
  } else {
    *there = merge_trees(std::move(*there), item, faults);
  }
}

YamlNode merge_lists(YamlNode base, const YamlNode& overlay, YamlFaults& faults) {
  for (const YamlNode& item : overlay.items) merge_item(base, item, faults);
  return base;
}

void merge_entry(YamlNode& base, const YamlNode& key, const YamlNode& value, YamlFaults& faults) {
  const auto there =
      std::find_if(base.entries.begin(), base.entries.end(), [&](const auto& entry) { return entry.first.scalar == key.scalar; });
  if (there == base.entries.end()) {
    base.entries.emplace_back(key, value);
  } else if (value.kind == Kind::null) {
    base.entries.erase(there);
  } else {
    there->second = merge_trees(std::move(there->second), value, faults);
  }
}

}  // namespace

YamlNode with_named_items(YamlNode body, YamlFaults& faults) {
  YamlNode* packages = find_entry(body, "packages");
  YamlNode* install = packages == nullptr ? nullptr : find_entry(*packages, "install");
  lengthen(install, long_package);
  lengthen(find_entry(body, "images"), long_image);
  refuse_twins(install, faults);
  for (const std::string_view key : {"images", "files", "checks", "data"}) refuse_twins(body.find(key), faults);
  const YamlNode* cluster = body.find("cluster");
  for (const std::string_view key : {"roles", "ports", "secrets", "binaries", "network", "deploy", "exports"})
    refuse_twins(cluster == nullptr ? nullptr : cluster->find(key), faults);
  const YamlNode* nfs = body.find("nfs");
  refuse_twins(nfs == nullptr ? nullptr : nfs->find("exports"), faults);
  return body;
}

YamlNode merge_trees(YamlNode base, const YamlNode& overlay, YamlFaults& faults) {
  if (base.kind == Kind::map && overlay.kind == Kind::map) {
    for (const auto& [key, value] : overlay.entries) merge_entry(base, key, value, faults);
    return base;
  }
  if (is_named_list(base) && is_named_list(overlay)) return merge_lists(std::move(base), overlay, faults);
  return overlay;
}

}  // namespace rootcellar
