// One thing put into the cluster: manifests, a chart, a kustomize folder or a command in a pod; what is waited for and kept afterwards.
#include <algorithm>

#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "builder/profile/values_text.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/site_template.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_section = "cluster.deploy";  // cluster.network has the same keys
constexpr std::uint64_t k_max_time_limit = 86400;
const std::vector<std::string> k_kinds{"manifest", "chart", "exec", "job", "kustomize"};
const std::vector<std::string> k_wait_kinds{"rollout", "job", "jsonpath", "http"};
const std::vector<std::string> k_chart_places{"url", "path", "repository", "oci"};
constexpr std::string_view k_object = "an object like deployment/web";
constexpr std::string_view k_expression = "a jsonpath expression like {.status.phase}";

bool is_expression(std::string_view text) { return text.size() > 2 && text.front() == '{' && text.back() == '}'; }
bool is_site_web_url(std::string_view text) {
  return is_numeric_web_url(text) || (text.starts_with("http://") && is_site_name(text.substr(std::min<std::size_t>(text.size(), 9))));
}
bool is_oci_url(std::string_view text) { return text.starts_with("oci://") && parse_image_name(text.substr(6)).has_value(); }

std::string expected_one(const std::vector<std::string>& kinds, const std::vector<std::string>& given) {
  return cat("expected exactly one of ", join(kinds, ", "), "; found ", given.empty() ? "none" : join(given, ", "));
}

class DeploymentReader {
 public:
  explicit DeploymentReader(const ReadContext& context) : context_(context) {}

  ProfileDeployment read(const YamlNode& node) {
    YamlMap map(node, context_.faults, "deployment keys");
    deployment_.place = place_of(node);
    Deployment& described = deployment_.described;
    described.name = require_text_that(map, "name", is_object_name, "at most 63 lower-case letters, digits, '.' and '-'");
    described.space = text_that(map, "namespace", is_object_name, "a namespace's name");
    described.time_limit = number_between(map, "time_limit", described.time_limit, 1, k_max_time_limit);
    const std::vector<std::string> given = given_keys(map, k_kinds);
    for (const std::string& kind : given) read_kind(kind, *map.take(kind));
    if (given.size() != 1 && node.kind == YamlNode::Kind::map) context_.faults.add(node, expected_one(k_kinds, given));
    map.list("waits", [&](const YamlNode& item) { described.waits.push_back(read_wait(item)); });
    map.list("captures", [&](const YamlNode& item) { described.captures.push_back(read_capture(item)); });
    if (described.kind == "trial") check_trial(map);
    context_.finish(map, k_section);
    return std::move(deployment_);
  }

 private:
  /// What is deleted again must first have been seen.
  void check_trial(YamlMap& map) {
    if (deployment_.described.waits.empty()) map.faults().add(map.node(), "a trial needs waits: they are what it proves");
    if (const YamlNode* captures = map.take("captures")) map.faults().add(*captures, "key 'captures': a trial leaves nothing to read later");
  }

  void read_kind(const std::string& kind, const YamlNode& node) {
    deployment_.described.kind = kind == "kustomize" ? "manifest" : kind;
    if (kind == "manifest") read_manifest(node);
    if (kind == "chart") read_chart(node);
    if (kind == "exec") read_exec(node);
    if (kind == "job") read_job(node, deployment_.described, context_);
    if (kind == "kustomize") read_kustomize(node);
  }

  void read_manifest(const YamlNode& node) {
    YamlMap map(node, context_.faults, "manifest keys");
    map.list("files", [&](const YamlNode& item) { deployment_.files.push_back(read_manifest_file(item)); });
    deployment_.described.text = read_site_text(map, "text");
    deployment_.described.templated = map.boolean("templated", false);
    if (map.boolean("trial", false)) deployment_.described.kind = "trial";
    if (deployment_.files.empty() && deployment_.described.text.empty() && node.kind == YamlNode::Kind::map)
      context_.faults.add(node, "expected files or text, found neither");
    context_.finish(map, cat(k_section, ".manifest"));
  }

  ProfileFileContent read_manifest_file(const YamlNode& node) {
    YamlMap map(node, context_.faults, "file keys");
    ProfileFileContent content = read_pinned_content(map, context_);
    context_.finish(map, cat(k_section, ".manifest.files"));
    return content;
  }

  void read_chart(const YamlNode& node) {
    YamlMap map(node, context_.faults, "chart keys");
    ProfileChart chart;
    const std::vector<std::string> given = given_keys(map, k_chart_places);
    if (given.size() != 1 && node.kind == YamlNode::Kind::map) context_.faults.add(node, expected_one(k_chart_places, given));
    const std::string place = given.size() == 1 ? given[0] : std::string();
    if (place == "url") chart.content = read_pinned_content(map, context_);
    if (place == "path") read_chart_path(*map.take("path"), chart);
    chart.repository = text_that(map, "repository", is_tls_url, "an https:// address (it says what is pinned)");
    chart.oci = text_that(map, "oci", is_oci_url, "an address like oci://ghcr.io/lab/charts/web");
    read_chart_version(map, place, chart);
    read_values(map);
    deployment_.chart = std::move(chart);
    for (const char* key : {"sha256", "checksum_url", "size"}) refuse_beside(map, key, place);
    context_.finish(map, cat(k_section, ".chart"));
  }

  /// Keys that pin a url have no meaning elsewhere; asked for here so that the reader knows them all.
  void refuse_beside(YamlMap& map, const std::string& key, const std::string& place) {
    const YamlNode* node = map.take(key);
    if (node != nullptr && place != "url") context_.faults.add(*node, cat("key '", key, "': only with a url"));
  }

  void read_chart_path(const YamlNode& node, ProfileChart& chart) {
    chart.content.path = yaml_text(node, context_.faults, "key 'path'");
    const auto local = read_local_path(node, "path", context_);
    if (!local) return;
    chart.content.resolved_path = local->resolved;
    const bool is_folder = file_status_followed(local->path)->type == FileStatus::Type::directory;
    if (is_folder && !file_status_followed(path_join(local->path, "Chart.yaml")))
      context_.faults.add(node, cat("'", local->path, "' is not a chart: it has no Chart.yaml"));
  }

  void read_chart_version(YamlMap& map, const std::string& place, ProfileChart& chart) {
    chart.name = text_that(map, "name", is_file_name, "a chart's name");
    chart.version = text_that(map, "version", is_chart_version, "a version like 1.2.3");
    if (place == "repository") map.require("name");
    if (place == "repository" || place == "oci") map.require("version");
  }

  void read_values(YamlMap& map) {
    const YamlNode* values = map.take("values");
    if (values == nullptr) return;
    if (values->kind == YamlNode::Kind::scalar) {
      deployment_.described.text = read_site_text(map, "values");
    } else if (values->kind == YamlNode::Kind::map) {
      deployment_.described.text = site_text(values_text(*values));
    } else {
      context_.faults.add(*values, "key 'values': expected a map or a text, found a list");
    }
  }

  void read_exec(const YamlNode& node) {
    YamlMap map(node, context_.faults, "exec keys");
    Deployment& exec = deployment_.described;
    exec.target = require_text_that(map, "target", is_object, k_object);
    exec.container = text_that(map, "container", is_object_name, "a container's name");
    map.require("argv");
    exec.argv = map.text_list("argv");
    exec.probe = map.text_list("probe");
    exec.input = read_site_text(map, "input");
    for (const char* key : {"argv", "probe"})
      refuse_secret_arguments(map.take(key), "give it by 'input', the command's standard input", context_.faults);
    context_.finish(map, cat(k_section, ".exec"));
  }

  void read_kustomize(const YamlNode& node) {
    const auto local = read_local_path(node, "kustomize", context_);
    if (!local) return;
    deployment_.kustomize = local->resolved;
    const auto has = [&](std::string_view name) { return file_status_followed(path_join(local->path, name)).has_value(); };
    if (!has("kustomization.yaml") && !has("kustomization.yml") && !has("Kustomization"))
      context_.faults.add(node, cat("'", local->path, "' has no kustomization.yaml"));
  }

  void read_jsonpath(const YamlNode& node, ClusterWait& wait) {
    YamlMap map(node, context_.faults, "jsonpath keys");
    wait.target = require_text_that(map, "target", is_object, k_object);
    wait.expression = require_text_that(map, "expression", is_expression, k_expression);
    wait.fails = map.text_list("fails");
    context_.finish(map, cat(k_section, ".waits.jsonpath"));
  }

  ClusterWait read_wait(const YamlNode& node) {
    YamlMap map(node, context_.faults, "wait keys");
    ClusterWait wait;
    const std::vector<std::string> given = given_keys(map, k_wait_kinds);
    if (given.size() != 1 && node.kind == YamlNode::Kind::map) context_.faults.add(node, expected_one(k_wait_kinds, given));
    if (given.size() == 1) wait.kind = given[0];
    if (wait.kind == "rollout") wait.target = text_that(map, "rollout", is_object, k_object);
    if (wait.kind == "job") wait.target = text_that(map, "job", is_object_name, "a job's name");
    if (wait.kind == "job") wait.target = cat("job/", wait.target);
    if (wait.kind == "jsonpath") read_jsonpath(*map.take("jsonpath"), wait);
    if (wait.kind == "http") wait.target = text_that(map, "http", is_site_web_url, "an http:// address with a numeric host or ${...}");
    wait.space = text_that(map, "namespace", is_object_name, "a namespace's name");
    wait.expect = map.text("expect");
    wait.time_limit = number_between(map, "time_limit", wait.time_limit, 1, k_max_time_limit);
    context_.finish(map, cat(k_section, ".waits"));
    return wait;
  }

  ClusterCapture read_capture(const YamlNode& node) {
    YamlMap map(node, context_.faults, "capture keys");
    ClusterCapture capture;
    capture.name = require_text_that(map, "name", is_object_name, "at most 63 lower-case letters, digits, '.' and '-'");
    capture.target = require_text_that(map, "target", is_object, k_object);
    capture.space = text_that(map, "namespace", is_object_name, "a namespace's name");
    capture.expression = require_text_that(map, "expression", is_expression, k_expression);
    context_.finish(map, cat(k_section, ".captures"));
    return capture;
  }

  const ReadContext& context_;
  ProfileDeployment deployment_;
};

}  // namespace

ProfileDeployment read_deployment(const YamlNode& node, const ReadContext& context) { return DeploymentReader(context).read(node); }

}  // namespace rootcellar
