#include "builder/profile/documents.h"

#include <algorithm>
#include <filesystem>

#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_depth = 8;       // a stack of a stack is common, more than a few levels nobody can follow
constexpr std::size_t k_max_documents = 64;  // bounds the work of one reading
constexpr std::size_t k_max_bytes = std::size_t{4} << 20;
constexpr std::string_view k_format = "1";

YamlNode take_entry(YamlNode& map, std::string_view key) {
  const auto entry = std::find_if(map.entries.begin(), map.entries.end(), [&](const auto& pair) { return pair.first.scalar == key; });
  if (entry == map.entries.end()) return {};
  YamlNode value = std::move(entry->second);
  map.entries.erase(entry);
  return value;
}

void expect_map(const YamlNode& node, YamlFaults& faults, std::string what) {
  if (node.kind != YamlNode::Kind::null) YamlMap(node, faults, std::move(what));
}

class DocumentReader {
 public:
  DocumentReader(const std::string& variant, YamlFaults& faults) : variant_(variant), faults_(faults) {}

  void read(const std::string& path, const std::string& text) {
    open_.push_back(path);
    YamlNode root = parse_yaml(text, path, k_max_bytes);
    YamlMap(root, faults_, "profile keys");
    check_format(root, take_entry(root, "rootcellar"));
    read_includes(take_entry(root, "include"));
    ProfileDocument document;
    document.variables = take_entry(root, "variables");
    document.variants = take_entry(root, "variants");
    expect_map(document.variables, faults_, "variables");
    expect_map(document.variants, faults_, "variants");
    for (auto& [name, overlay] : document.variants.entries) read_variant(name.scalar, overlay);
    document.body = std::move(root);
    documents_.push_back(std::move(document));
    open_.pop_back();
  }

  std::vector<ProfileDocument> take() { return std::move(documents_); }

 private:
  void check_format(const YamlNode& root, const YamlNode& format) {
    if (root.kind != YamlNode::Kind::map) return;
    if (format.kind == YamlNode::Kind::null) return faults_.add(root, "missing key 'rootcellar'", "the first line is: rootcellar: 1");
    if (format.scalar == k_format) return;
    faults_.add(format, cat("key 'rootcellar': expected format ", k_format, ", found '", printable(format.scalar, 80), "'"),
                "a higher number needs a newer rootcellar");
  }

  void read_variant(const std::string& name, YamlNode& overlay) {
    expect_map(overlay, faults_, cat("variant '", name, "'"));
    const YamlNode includes = take_entry(overlay, "include");
    if (name == variant_) read_includes(includes);
  }

  void read_includes(const YamlNode& includes) {
    if (includes.kind == YamlNode::Kind::null) return;
    if (includes.kind != YamlNode::Kind::list) return faults_.add(includes, "key 'include': expected a list of files");
    for (const YamlNode& item : includes.items) include(item);
  }

  void include(const YamlNode& item) {
    const std::string name = yaml_text(item, faults_, "key 'include'");
    if (item.kind != YamlNode::Kind::scalar) return;
    if (name.empty() || name.front() == '/') return faults_.add(item, cat("include '", name, "': expected a path relative to this file"));
    if (name.find("${") != std::string::npos) return faults_.add(item, cat("include '", name, "': variables cannot be used here"));
    const std::string path = normal_path(path_join(path_parent(open_.back()), name));
    if (std::find(open_.begin(), open_.end(), path) != open_.end())
      return faults_.add(item, cat("include cycle: ", join(open_, " -> "), " -> ", path));
    if (std::find(seen_.begin(), seen_.end(), path) != seen_.end()) return;
    if (open_.size() > k_max_depth) return faults_.add(item, cat("included deeper than ", k_max_depth, " levels"));
    if (seen_.size() >= k_max_documents) return faults_.add(item, cat("more than ", k_max_documents, " files"));
    seen_.push_back(path);
    const auto text = read_file_if_exists(path, k_max_bytes);
    if (!text) return faults_.add(item, cat("cannot read '", path, "': no such file"), "paths are relative to the file that includes them");
    read(path, *text);
  }

  const std::string& variant_;
  YamlFaults& faults_;
  std::vector<std::string> open_;
  std::vector<std::string> seen_;
  std::vector<ProfileDocument> documents_;
};

}  // namespace

std::vector<ProfileDocument> read_documents(const std::string& path, const std::string& variant, YamlFaults& faults) {
  DocumentReader reader(variant, faults);
  reader.read(normal_path(path), read_file(path, k_max_bytes));
  return reader.take();
}

std::string normal_path(const std::string& path) { return std::filesystem::path(path).lexically_normal().string(); }

std::string relative_to(const std::string& path, const std::string& folder) {
  return std::filesystem::path(normal_path(path)).lexically_relative(normal_path(folder)).string();
}

}  // namespace rootcellar
