#include "builder/profile/variables.h"

#include <algorithm>

#include "bundle/base/text.h"
#include "bundle/site_template.h"

namespace rootcellar {
namespace {

bool is_variable_name(std::string_view name) {
  const auto is_inner = [](char letter) { return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_'; };
  return !name.empty() && name.size() <= 64 && name[0] >= 'a' && name[0] <= 'z' && std::all_of(name.begin(), name.end(), is_inner);
}

std::string hint_for(std::string_view name, const std::vector<std::string>& names) {
  const auto near = did_you_mean(name, names);
  if (near) return cat("did you mean '", *near, "'?");
  return names.empty() ? "the profile declares no variables" : cat("declared are: ", join(names, ", "));
}

const YamlNode* variant_variables(const ProfileDocument& document, std::string_view variant) {
  const YamlNode* overlay = document.variants.find(variant);
  return overlay == nullptr ? nullptr : overlay->find("variables");
}

}  // namespace

Variables::Variables(const std::vector<ProfileDocument>& documents, std::string_view variant,
                     const std::vector<std::pair<std::string, std::string>>& set, YamlFaults& faults) {
  for (const ProfileDocument& document : documents) declare(document.variables, faults);
  for (const ProfileDocument& document : documents) {
    const YamlNode* overlay = variant_variables(document, variant);
    if (overlay != nullptr) declare(*overlay, faults);
  }
  for (const auto& [name, value] : set) {
    const auto known = variables_.find(name);
    if (known == variables_.end()) throw UsageError(cat("cannot set '", name, "': no such variable"), hint_for(name, names()));
    known->second.value = value;
  }
}

void Variables::declare(const YamlNode& map, YamlFaults& faults) {
  if (map.kind != YamlNode::Kind::null && map.kind != YamlNode::Kind::map) return faults.add(map, "expected a map of variables");
  for (const auto& [key, value] : map.entries) {
    if (!is_variable_name(key.scalar))
      faults.add(key, cat("variable '", printable(key.scalar, 80), "': expected a name of lower-case letters, digits and '_'"));
    const std::string text = yaml_text(value, faults, cat("variable '", printable(key.scalar, 80), "'"));
    if (text.find("${") != std::string::npos) faults.add(value, cat("variable '", key.scalar, "': its value cannot use another variable"));
    variables_[key.scalar] = {text, &key, false};
  }
}

YamlNode Variables::substitute(YamlNode node, YamlFaults& faults) {
  if (node.kind == YamlNode::Kind::scalar) substitute_scalar(node, faults);
  for (YamlNode& item : node.items) item = substitute(std::move(item), faults);
  for (auto& entry : node.entries) entry.second = substitute(std::move(entry.second), faults);
  return node;
}

void Variables::substitute_scalar(YamlNode& node, YamlFaults& faults) {
  std::string out;
  std::string_view rest = node.scalar;
  for (std::size_t at = rest.find("${"); at != std::string_view::npos; at = rest.find("${")) {
    const bool is_escaped = at > 0 && rest[at - 1] == '$';
    const bool is_sites = is_site_name(trim(rest.substr(at + 2)));
    const std::size_t end = is_escaped || is_sites ? at + 1 : rest.find('}', at);
    if (end == std::string_view::npos) return faults.add(node, "'${' without '}'", "write $${ for the characters themselves");
    out.append(rest.substr(0, is_escaped && !is_sites ? at - 1 : at));
    out.append(is_escaped || is_sites ? "${" : value_of(std::string(rest.substr(at + 2, end - at - 2)), node, faults));
    rest.remove_prefix(end + 1);
  }
  node.scalar = out.append(rest);
}

std::string Variables::value_of(const std::string& name, const YamlNode& at, YamlFaults& faults) {
  const auto known = variables_.find(name);
  if (known == variables_.end()) {
    faults.add(at, cat("unknown variable '", printable(name, 80), "'"), hint_for(name, names()));
    return {};
  }
  known->second.used = true;
  return known->second.value;
}

std::vector<std::pair<std::string, const YamlNode*>> Variables::unused() const {
  std::vector<std::pair<std::string, const YamlNode*>> names;
  for (const auto& [name, variable] : variables_) {
    if (!variable.used) names.emplace_back(name, variable.declared);
  }
  return names;
}

std::vector<std::string> Variables::names() const {
  std::vector<std::string> names;
  for (const auto& [name, variable] : variables_) names.push_back(name);
  return names;
}

}  // namespace rootcellar
