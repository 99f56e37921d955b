#include "builder/profile/values_text.h"

#include <algorithm>

#include "bundle/base/json.h"
#include "bundle/base/text.h"
#include "bundle/site_template.h"

namespace rootcellar {
namespace {

/// Means the same to every reader of YAML in every place: no quotes, colons, braces, spaces.
bool is_safe_plain(const YamlNode& node) {
  const auto is_safe = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '.' ||
           letter == '_' || letter == '/' || letter == '+' || letter == '-';
  };
  const std::string& text = node.scalar;
  return !node.quoted && !text.empty() && text != "-" && text != "---" && std::all_of(text.begin(), text.end(), is_safe);
}

std::string quoted(const std::string& text) { return JsonValue::string(text).dump(); }

void write(const YamlNode& node, std::size_t depth, std::string& out);

/// What follows "KEY:" or "-".
void write_value(const YamlNode& node, std::size_t depth, std::string& out) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      out += " null\n";
      return;
    case YamlNode::Kind::scalar:
      out += cat(' ', is_safe_plain(node) ? node.scalar : quoted(node.scalar), '\n');
      return;
    case YamlNode::Kind::list:
    case YamlNode::Kind::map:
      break;
  }
  const bool is_map = node.kind == YamlNode::Kind::map;
  if (node.items.empty() && node.entries.empty()) {
    out += is_map ? " {}\n" : " []\n";
    return;
  }
  out += '\n';
  write(node, depth + 1, out);
}

void write(const YamlNode& node, std::size_t depth, std::string& out) {
  const std::string lead(2 * depth, ' ');
  for (const YamlNode& item : node.items) {
    out += cat(lead, '-');
    write_value(item, depth, out);
  }
  for (const auto& [key, value] : node.entries) {
    out += cat(lead, is_safe_plain(key) ? key.scalar : quoted(key.scalar), ':');
    write_value(value, depth, out);
  }
}

}  // namespace

std::string values_text(const YamlNode& node) {
  std::string out;
  write(node, 0, out);
  return out;
}

std::string site_text(std::string_view text) {
  std::string out;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${")) {
    const bool is_escaped = at > 0 && text[at - 1] == '$';
    const bool is_place = is_site_name(trim(text.substr(at + 2)));
    out.append(text.substr(0, at)).append(is_escaped || is_place ? "${" : "$${");
    text.remove_prefix(at + 2);
  }
  return out.append(text);
}

}  // namespace rootcellar
