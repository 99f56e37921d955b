// Where Kubernetes manifests name images, and where they only seem to.
#include "builder/lock/manifest_images.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// "NAME at PLACE" of each.
std::vector<std::string> found(const std::string& text) {
  std::vector<std::string> all;
  for (const NamedImage& image : images_in(parse_yaml_documents(text, "test", std::size_t{1} << 20)))
    all.push_back(cat(image.name, " at ", image.place));
  return all;
}

using Places = std::vector<std::string>;

TEST(ManifestImages, AreFoundInContainersOfEveryKind) {
  EXPECT_EQ(
      found(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: lab}
spec:
  template:
    spec:
      initContainers:
        - {name: wait, image: "busybox:1.36"}
      containers:
        - {name: web, image: docker.io/library/nginx:1.22}
        - {name: side, image: "quay.io/lab/side@sha256:0000000000000000000000000000000000000000000000000000000000000001"}
      ephemeralContainers:
        - {name: look, image: lab/look}
      volumes:
        - {name: model, image: {reference: "registry.example/a/very/long/name/that/a/model/may/well/have/in/a/registry/of/a/company/model:1.0", pullPolicy: IfNotPresent}}
)"),
      (Places{
          "busybox:1.36 at document 1 (Deployment lab/web), spec.template.spec.initContainers[0].image",
          "docker.io/library/nginx:1.22 at document 1 (Deployment lab/web), spec.template.spec.containers[0].image",
          "quay.io/lab/side@sha256:0000000000000000000000000000000000000000000000000000000000000001 at document 1 (Deployment lab/web), "
          "spec.template.spec.containers[1].image",
          "lab/look at document 1 (Deployment lab/web), spec.template.spec.ephemeralContainers[0].image",
          "registry.example/a/very/long/name/that/a/model/may/well/have/in/a/registry/of/a/company/model:1.0 at document 1 (Deployment "
          "lab/web), spec.template.spec.volumes[0].image.reference"}));
}

TEST(ManifestImages, AreFoundInEachDocumentAndInLists) {
  EXPECT_EQ(
      found("kind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: one}]}\n---\n---\n"
            "kind: List\nitems: [{kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {containers: [{image: two}]}}}}}}]\n---\n"
            "spec: {containers: [{image: three}]}\n"),
      (Places{"one at document 1 (Pod a), spec.containers[0].image",
              "two at document 3 (List), items[0].spec.jobTemplate.spec.template.spec.containers[0].image",
              "three at document 4, spec.containers[0].image"}));
}

TEST(ManifestImages, AreFoundInArgumentsOfControllers) {
  EXPECT_EQ(found("kind: Deployment\nmetadata: {name: c}\nargs: [--configmap, x, --executor-image, 'argoexec:v3', --level, info]\n"),
            (Places{"argoexec:v3 at document 1 (Deployment c), args[3]"}));
  EXPECT_EQ(found("kind: Deployment\nmetadata: {name: c}\nargs:\n- --acme-solver-image=solver:1\n- --level=2\n- --image-pull=x\n"),
            (Places{"solver:1 at document 1 (Deployment c), args[0]"}));
  EXPECT_EQ(found("args: [--executor-image]\n"), Places{});
}

TEST(ManifestImages, AreFoundInCustomResources) {
  EXPECT_EQ(
      found("kind: Workflow\nmetadata: {name: w}\nspec: {templates: [{name: t, container: {image: tool:1}}, {script: {image: sh:2}}]}\n"),
      (Places{"tool:1 at document 1 (Workflow w), spec.templates[0].container.image",
              "sh:2 at document 1 (Workflow w), spec.templates[1].script.image"}));
}

TEST(ManifestImages, AreFoundInTextsOfConfigMaps) {
  EXPECT_EQ(
      found("kind: ConfigMap\nmetadata: {name: m}\ndata:\n  config: |\n    executor:\n      image: \"argoexec:v3\"\n    list:\n"
            "      - image: 'two:1'\n    image: {{ .Values.image }}\n    image: Not A Name\n    imagePullPolicy: Always\n  image: three\n"),
      (Places{"argoexec:v3 at document 1 (ConfigMap m), data.config line 2", "two:1 at document 1 (ConfigMap m), data.config line 4",
              "three at document 1 (ConfigMap m), data.image"}));
}

TEST(ManifestImages, AreNotFoundInSchemasNorWhereNothingIsNamed) {
  EXPECT_EQ(found("kind: CustomResourceDefinition\nmetadata: {name: d}\nspec: {versions: [{schema: {openAPIV3Schema: {properties: "
                  "{image: {type: string, description: \"image: x\"}}, example: {image: no}}}}]}\n"),
            Places{});
  EXPECT_EQ(found("kind: Pod\nspec: {containers: [{name: c, image: ''}], image: {pullPolicy: Always}, images: [x]}\n"), Places{});
  EXPECT_EQ(found(""), Places{});
  EXPECT_EQ(found("just a text\n"), Places{});
}

}  // namespace
}  // namespace rootcellar
