// Which images Kubernetes manifests name: fields, and arguments of controllers that start pods themselves. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/yaml.h"

namespace rootcellar {

/// An image as written, and where: "document 3 (Deployment argo/workflow-controller), spec.template.spec.containers[0].args[1]".
struct NamedImage {
  std::string name;
  std::string place;
  std::string pull_policy = {};  ///< "Always", ...; empty: not said
};

/// `image: NAME` anywhere outside a schema, `image: {reference: NAME}` of a volume, and list items "--SOMETHING-image=NAME" or
/// "--SOMETHING-image", "NAME". In texts inside a document (a ConfigMap's data) the lines "image: NAME".
std::vector<NamedImage> images_in(const std::vector<YamlNode>& documents);

}  // namespace rootcellar
