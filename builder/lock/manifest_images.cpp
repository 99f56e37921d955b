#include "builder/lock/manifest_images.h"

#include "builder/profile/profile.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

using Kind = YamlNode::Kind;

std::string text_at(const YamlNode& node, std::string_view key) {
  const YamlNode* value = node.find(key);
  return value == nullptr ? std::string() : value->scalar;
}

/// "Deployment argo/workflow-controller", as far as the document says it.
std::string object_name(const YamlNode& document) {
  std::string name = text_at(document, "kind");
  const YamlNode* metadata = document.find("metadata");
  if (metadata == nullptr) return name;
  const std::string space = text_at(*metadata, "namespace");
  name += cat(name.empty() ? "" : " ", space, space.empty() ? "" : "/", text_at(*metadata, "name"));
  return name;
}

std::string document_name(const YamlNode& document, std::size_t number) {
  const std::string name = printable(object_name(document), 200);
  return name.empty() ? cat("document ", number) : cat("document ", number, " (", name, ')');
}

/// "--executor-image" and its like; what follows "=" is the value.
bool is_image_option(std::string_view word) { return word.starts_with("--") && word.ends_with("-image"); }

class Collector {
 public:
  explicit Collector(std::string document) : document_(std::move(document)) {}

  void walk(const YamlNode& node, const std::string& path) {
    if (node.kind == Kind::list) walk_list(node, path);
    if (node.kind == Kind::map) walk_map(node, path);
    if (node.kind == Kind::scalar && node.scalar.find('\n') != std::string::npos) search_text(node.scalar, path);
  }

  std::vector<NamedImage> take() { return std::move(found_); }

 private:
  void add(std::string_view name, const std::string& path, std::string pull_policy = {}) {
    if (!name.empty()) found_.push_back({std::string(name), cat(document_, ", ", path), std::move(pull_policy)});
  }

  void walk_map(const YamlNode& node, const std::string& path) {
    for (const auto& [key, value] : node.entries) {
      const std::string inner = path.empty() ? key.scalar : cat(path, '.', key.scalar);
      if (key.scalar == "openAPIV3Schema") continue;  // describes fields, names no image
      if (key.scalar == "image" && value.kind == Kind::scalar) add(value.scalar, inner, text_at(node, "imagePullPolicy"));
      if (key.scalar == "image" && value.kind == Kind::map) 
        add(text_at(value, "reference"), cat(inner, ".reference"), text_at(value, "pullPolicy"));
      walk(value, inner);
    }
  }

  void walk_list(const YamlNode& node, const std::string& path) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string inner = cat(path, '[', i, ']');
      const std::string_view word = node.items[i].scalar;
      const std::size_t equals = word.find('=');
      if (equals != std::string_view::npos && is_image_option(word.substr(0, equals))) add(word.substr(equals + 1), inner);
      if (is_image_option(word) && i + 1 < node.items.size()) add(node.items[i + 1].scalar, cat(path, '[', i + 1, ']'));
      walk(node.items[i], inner);
    }
  }

  /// Settings inside a ConfigMap are YAML in a text. A line that is a template or no image's name says nothing.
  void search_text(std::string_view text, const std::string& path) {
    std::size_t number = 0;
    for (std::string_view line : split(text, '\n')) {
      ++number;
      line = trim(line);
      if (line.starts_with("- ")) line = trim(line.substr(2));
      if (!line.starts_with("image: ")) continue;
      std::string_view name = trim(line.substr(7));
      if (name.size() > 1 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front())
        name = name.substr(1, name.size() - 2);
      if (parse_image_name(name)) add(name, cat(path, " line ", number));
    }
  }

  std::string document_;
  std::vector<NamedImage> found_;
};

}  // namespace

std::vector<NamedImage> images_in(const std::vector<YamlNode>& documents) {
  std::vector<NamedImage> all;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    Collector collector(document_name(documents[i], i + 1));
    collector.walk(documents[i], {});
    for (NamedImage& image : collector.take()) all.push_back(std::move(image));
  }
  return all;
}

}  // namespace rootcellar
