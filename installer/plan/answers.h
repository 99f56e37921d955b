// What the site decides: answers.yaml, strict, with defaults for everything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

struct Answers {
  std::optional<std::string> storage_root;       ///< storage.root: moves docker's, containerd's and the registry's data below it
  std::optional<std::string> registry_listen;    ///< registry.listen: numeric address:port
  std::vector<std::string> insecure_registries;  ///< runtime.insecure_registries: more host:port or CIDR
};

Answers parse_answers(std::string_view text, std::string_view file);
/// Canonical text, kept in /etc/rootcellar/answers.yaml.
std::string encode_answers(const Answers& answers);

}  // namespace rootcellar
