// The variables of a profile and their places: one place for each version, ${name} wherever it is needed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "builder/profile/documents.h"

namespace rootcellar {

class Variables {
 public:
  /// In merge order: each file's, then each file's for the variant, then --set. A --set of an undeclared name is a UsageError.
  Variables(const std::vector<ProfileDocument>& documents, std::string_view variant,
            const std::vector<std::pair<std::string, std::string>>& set, YamlFaults& faults);

  /// `node` with every ${name} in its scalars (not in keys) replaced; $${ stands for ${ itself. An unknown name is a fault. What the site
  /// fills in (bundle/site_template.h) stays as it is, $${ before it too.
  YamlNode substitute(YamlNode node, YamlFaults& faults);
  /// Declared, and used nowhere so far.
  std::vector<std::pair<std::string, const YamlNode*>> unused() const;

 private:
  struct Variable {
    std::string value;
    const YamlNode* declared = nullptr;
    bool used = false;
  };
  void declare(const YamlNode& map, YamlFaults& faults);
  void substitute_scalar(YamlNode& node, YamlFaults& faults);
  std::string value_of(const std::string& name, const YamlNode& at, YamlFaults& faults);
  std::vector<std::string> names() const;

  std::map<std::string, Variable> variables_;
};

}  // namespace rootcellar
