// Reading the tree: keys are consumed, what is left over is a fault, and all faults of a document are told at once.
#include <algorithm>
#include <cassert>

#include "bundle/base/text.h"
#include "bundle/base/yaml.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_faults = 100;

std::string line_of(const YamlNode& node) {
  std::string_view text = *node.source;
  for (int line = 1; line < node.line; ++line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return std::string(text);
}

TextPlace place_of(const YamlNode& node) {
  if (node.source == nullptr) return {};
  return {*node.file, node.line, node.column, line_of(node)};
}

/// What stands there, in the words of a fault.
std::string found(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::scalar:
      break;
  }
  const char quote = node.quoted ? '"' : '\'';
  return cat(quote, printable(node.scalar, 80), quote);
}

bool is_plain(const YamlNode& node) { return node.kind == YamlNode::Kind::scalar && !node.quoted; }

void add_expected(const YamlNode& node, YamlFaults& faults, std::string_view key, std::string_view expected, std::string hint = {}) {
  faults.add(node, cat("key '", key, "': expected ", expected, ", found ", found(node)), std::move(hint));
}

std::string hint_for(std::string_view word, std::span<const std::string> candidates) {
  const auto near = did_you_mean(word, candidates);
  return near ? cat("did you mean '", *near, "'?") : std::string();
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto entry = std::find_if(entries.begin(), entries.end(), [&](const auto& pair) { return pair.first.scalar == key; });
  return entry == entries.end() ? nullptr : &entry->second;
}

void YamlFaults::add(const YamlNode& at, std::string message, std::string hint) {
  TextPlace place = place_of(at);
  const auto is_same = [&](const Fault& old) {
    return old.place.line == place.line && old.place.column == place.column && old.place.file == place.file && old.message == message;
  };
  if (faults_.size() >= k_max_faults || std::any_of(faults_.begin(), faults_.end(), is_same)) return;
  faults_.push_back({std::move(place), std::move(message), std::move(hint)});
}

void YamlFaults::throw_if_any() {
  if (faults_.empty()) return;
  std::vector<std::string> files;
  for (const Fault& fault : faults_) {
    if (std::find(files.begin(), files.end(), fault.place.file) == files.end()) files.push_back(fault.place.file);
  }
  const auto file_index = [&](const Fault& fault) { return std::find(files.begin(), files.end(), fault.place.file) - files.begin(); };
  const auto is_before = [&](const Fault& a, const Fault& b) {
    return std::tuple(file_index(a), a.place.line, a.place.column) < std::tuple(file_index(b), b.place.line, b.place.column);
  };
  std::stable_sort(faults_.begin(), faults_.end(), is_before);
  throw InputError(std::move(faults_));
}

YamlMap::YamlMap(const YamlNode& node, YamlFaults& faults, std::string what) : node_(node), faults_(faults), what_(std::move(what)) {
  if (node.kind != YamlNode::Kind::map) faults.add(node, cat("expected a map of ", what_, ", found ", found(node)));
}

const YamlNode* YamlMap::take(std::string_view key) {
  known_.emplace_back(key);
  const YamlNode* value = node_.find(key);
  if (value != nullptr) taken_.emplace_back(key);
  return value == nullptr || value->kind == YamlNode::Kind::null ? nullptr : value;
}

const YamlNode* YamlMap::require(std::string_view key) {
  const YamlNode* value = take(key);
  if (value != nullptr || node_.kind != YamlNode::Kind::map) return value;
  const auto entry = std::find_if(node_.entries.begin(), node_.entries.end(), [&](const auto& pair) { return pair.first.scalar == key; });
  if (entry == node_.entries.end()) {
    faults_.add(node_, cat("missing key '", key, "'"));
  } else {
    faults_.add(entry->first, cat("key '", key, "' has no value"));
  }
  return nullptr;
}

std::string YamlMap::text(std::string_view key, std::string fallback) { return optional_text(key).value_or(std::move(fallback)); }

std::string YamlMap::require_text(std::string_view key) {
  const YamlNode* value = require(key);
  return value == nullptr ? std::string() : yaml_text(*value, faults_, cat("key '", key, "'"));
}

std::optional<std::string> YamlMap::optional_text(std::string_view key) {
  const YamlNode* value = take(key);
  if (value == nullptr) return std::nullopt;
  return yaml_text(*value, faults_, cat("key '", key, "'"));
}

bool YamlMap::boolean(std::string_view key, bool fallback) {
  const YamlNode* value = take(key);
  if (value == nullptr) return fallback;
  if (is_plain(*value) && (value->scalar == "true" || value->scalar == "false")) return value->scalar == "true";
  add_expected(*value, faults_, key, "true or false");
  return fallback;
}

std::uint64_t YamlMap::number(std::string_view key, std::uint64_t fallback) {
  const YamlNode* value = take(key);
  if (value == nullptr) return fallback;
  const auto parsed = is_plain(*value) ? parse_u64(value->scalar) : std::nullopt;
  if (!parsed) add_expected(*value, faults_, key, "a number");
  return parsed.value_or(fallback);
}

std::uint64_t YamlMap::require_number(std::string_view key) { return require(key) == nullptr ? 0 : number(key, 0); }

std::vector<std::string> YamlMap::text_list(std::string_view key) {
  std::vector<std::string> texts;
  list(key, [&](const YamlNode& item) { texts.push_back(yaml_text(item, faults_, cat("key '", key, "'"))); });
  return texts;
}

void YamlMap::list(std::string_view key, const std::function<void(const YamlNode&)>& each) {
  const YamlNode* value = take(key);
  if (value != nullptr && value->kind != YamlNode::Kind::list) add_expected(*value, faults_, key, "a list");
  if (value == nullptr) return;
  for (const YamlNode& item : value->items) each(item);
}

void YamlMap::map(std::string_view key, const std::function<void(const std::string& name, const YamlNode&)>& each) {
  const YamlNode* value = take(key);
  if (value != nullptr && value->kind != YamlNode::Kind::map) add_expected(*value, faults_, key, "a map");
  if (value == nullptr) return;
  for (const auto& [name, item] : value->entries) each(name.scalar, item);
}

std::string YamlMap::one_of(std::string_view key, const std::vector<std::string>& allowed, std::string fallback) {
  const YamlNode* value = take(key);
  if (value == nullptr) return fallback;
  const bool is_allowed =
      value->kind == YamlNode::Kind::scalar && std::find(allowed.begin(), allowed.end(), value->scalar) != allowed.end();
  if (is_allowed) return value->scalar;
  add_expected(*value, faults_, key, cat(allowed.size() == 1 ? "'" : "one of '", join(allowed, "', '"), "'"),
               hint_for(value->scalar, allowed));
  return fallback;
}

void YamlMap::finish() {
  for (const auto& [key, value] : node_.entries) {
    if (std::find(taken_.begin(), taken_.end(), key.scalar) != taken_.end()) continue;
    faults_.add(key, cat("unknown key '", printable(key.scalar, 80), "'"), hint_for(key.scalar, known_));
  }
}

std::string yaml_text(const YamlNode& node, YamlFaults& faults, std::string_view what) {
  if (node.kind != YamlNode::Kind::scalar) faults.add(node, cat(what, ": expected text, found ", found(node)));
  return node.scalar;
}

}  // namespace rootcellar
