// A program of one of the appliance's images, run once in the cluster until it ends well: a superuser, a migration.
#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_section = "cluster.deploy.job";
constexpr std::uint64_t k_most_attempts = 100;
constexpr std::string_view k_by_reference = "name a Secret of the cluster and its key: 'secret' and 'key'";

bool is_image(std::string_view text) { return parse_image_name(text).has_value(); }

/// A C identifier: what every shell can read. Kubernetes' own rule is wider and has changed.
bool is_variable(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || !is_letter(text.front())) return false;
  for (const char c : text) {
    if (!is_letter(c) && (c < '0' || c > '9')) return false;
  }
  return true;
}

/// API: core/v1 Secret: "alphanumeric characters, '-', '_' or '.'".
bool is_secret_key(std::string_view text) { return is_file_name(text) && text.find('+') == std::string_view::npos; }

JobVariable read_variable(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "environment keys");
  JobVariable variable;
  variable.name = require_text_that(map, "name", is_variable, "letters, digits and '_', no digit first");
  variable.value = read_site_text(map, "value");
  variable.secret = text_that(map, "secret", is_object_name, "a Secret's name");
  variable.key = text_that(map, "key", is_secret_key, "a key of a Secret");
  const bool by_value = map.take("value") != nullptr;
  const bool by_secret = map.take("secret") != nullptr || map.take("key") != nullptr;
  if (by_secret) {
    map.require("secret");
    map.require("key");
  }
  if (by_value == by_secret && node.kind == YamlNode::Kind::map)
    context.faults.add(node, cat("expected one of value and secret, found ", by_value ? "both" : "none"));
  if (variable.value.find("${secret.") != std::string::npos)
    context.faults.add(*map.take("value"), "a secret cannot be in a job's own text", std::string(k_by_reference));
  context.finish(map, cat(k_section, ".environment"));
  return variable;
}

}  // namespace

void refuse_secret_arguments(const YamlNode* list, std::string_view hint, YamlFaults& faults) {
  if (list == nullptr) return;
  for (const YamlNode& item : list->items) {
    if (item.scalar.find("${secret.") != std::string::npos) faults.add(item, "a secret cannot be an argument", std::string(hint));
  }
}

void read_job(const YamlNode& node, Deployment& job, const ReadContext& context) {
  YamlMap map(node, context.faults, "job keys");
  job.image = require_text_that(map, "image", is_image, "an image's name");
  job.argv = map.text_list("argv");
  job.account = text_that(map, "service_account", is_object_name, "a service account's name");
  job.attempts = number_between(map, "attempts", 1, 1, k_most_attempts);
  map.list("environment", [&](const YamlNode& item) { job.environment.push_back(read_variable(item, context)); });
  job.probe = map.text_list("probe");
  job.target = text_that(map, "target", is_object, "an object like deployment/web");
  job.container = text_that(map, "container", is_object_name, "a container's name");
  if (!job.probe.empty() && job.target.empty() && node.kind == YamlNode::Kind::map)
    context.faults.add(node, "missing key 'target'", "a job's probe runs in a pod that is there already: name it, like deployment/db");
  if (job.probe.empty() && !job.target.empty()) context.faults.add(*map.take("target"), "key 'target': only with a probe");
  for (const char* key : {"argv", "probe"}) refuse_secret_arguments(map.take(key), k_by_reference, context.faults);
  context.finish(map, k_section);
}

}  // namespace rootcellar
