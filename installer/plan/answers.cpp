#include "installer/plan/answers.h"

#include <algorithm>

#include "bundle/base/yaml.h"
#include "installer/plan/endpoint.h"

namespace rootcellar {
namespace {

void read_storage(const YamlNode& node, Answers& answers, YamlFaults& faults) {
  YamlMap map(node, faults, "storage");
  const YamlNode* root = map.take("root");
  map.finish();
  if (root == nullptr) return;
  const std::string path = yaml_text(*root, faults, "storage.root");
  if (!is_storage_path(path)) {
    faults.add(*root, "'storage.root' is not the absolute path of a directory",
               "give a path like /srv/appliance, without '..' and without spaces");
    return;
  }
  answers.storage_root = path;
}

void read_registry(const YamlNode& node, Answers& answers, YamlFaults& faults) {
  YamlMap map(node, faults, "registry");
  const YamlNode* listen = map.take("listen");
  map.finish();
  if (listen == nullptr) return;
  const std::string text = yaml_text(*listen, faults, "registry.listen");
  if (!parse_endpoint(text)) {
    faults.add(*listen, "'registry.listen' is not a numeric address and a port",
               "give ADDRESS:PORT, for example 127.0.0.1:5000 or 0.0.0.0:5000");
    return;
  }
  answers.registry_listen = text;
}

void read_runtime(const YamlNode& node, Answers& answers, YamlFaults& faults) {
  YamlMap map(node, faults, "runtime");
  map.list("insecure_registries", [&](const YamlNode& item) {
    const std::string text = yaml_text(item, faults, "runtime.insecure_registries");
    if (is_registry_name(text)) {
      answers.insecure_registries.push_back(text);
    } else {
      faults.add(item, "expected HOST:PORT or a network like 192.0.2.0/24", "leave out 'http://' and any path");
    }
  });
  map.finish();
}

}  // namespace

Answers parse_answers(std::string_view text, std::string_view file) {
  const YamlNode document = parse_yaml(text, std::string(file));
  Answers answers;
  if (document.kind == YamlNode::Kind::null) return answers;
  YamlFaults faults;
  YamlMap map(document, faults, "answers");
  if (const YamlNode* node = map.take("storage")) read_storage(*node, answers, faults);
  if (const YamlNode* node = map.take("registry")) read_registry(*node, answers, faults);
  if (const YamlNode* node = map.take("runtime")) read_runtime(*node, answers, faults);
  map.finish();
  faults.throw_if_any();
  return answers;
}

std::string encode_answers(const Answers& answers) {
  YamlWriter out;
  out.begin_map();
  if (answers.storage_root) {
    out.key("storage");
    out.begin_map();
    out.entry("root", *answers.storage_root);
    out.end_map();
  }
  if (answers.registry_listen) {
    out.key("registry");
    out.begin_map();
    out.entry("listen", *answers.registry_listen);
    out.end_map();
  }
  if (!answers.insecure_registries.empty()) {
    out.key("runtime");
    out.begin_map();
    out.entry_list("insecure_registries", answers.insecure_registries);
    out.end_map();
  }
  out.end_map();
  return out.finish();
}

}  // namespace rootcellar
