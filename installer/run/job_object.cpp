#include "installer/run/job_object.h"

#include "bundle/base/text.h"
#include "installer/run/json_at.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_identity = "rootcellar/identity";

JsonValue text(std::string_view value) { return JsonValue::string(std::string(value)); }

JsonValue labels() { return JsonValue::object({{"app.kubernetes.io/managed-by", text("rootcellar")}}); }

JsonValue variable_object(const JobVariable& variable, const std::string& value) {
  JsonValue object = JsonValue::object({{"name", text(variable.name)}});
  if (variable.secret.empty()) {
    object.set("value", text(value));
    return object;
  }
  JsonValue reference = JsonValue::object({{"name", text(variable.secret)}, {"key", text(variable.key)}});
  object.set("valueFrom", JsonValue::object({{"secretKeyRef", std::move(reference)}}));
  return object;
}

JsonValue container(const RunJob& job, const std::vector<std::string>& values) {
  JsonValue object = JsonValue::object({{"name", text("job")}, {"image", text(job.image)}, {"imagePullPolicy", text("IfNotPresent")}});
  if (!job.argv.empty()) object.set("command", JsonValue::string_array(job.argv));
  JsonValue environment = JsonValue::array();
  for (std::size_t i = 0; i < job.environment.size(); ++i) environment.push(variable_object(job.environment[i], values.at(i)));
  if (!job.environment.empty()) object.set("env", std::move(environment));
  return object;
}

JsonValue pod_template(const RunJob& job, const std::vector<std::string>& values) {
  JsonValue spec = JsonValue::object({{"restartPolicy", text("Never")}});
  if (!job.account.empty()) spec.set("serviceAccountName", text(job.account));
  spec.set("containers", JsonValue::array({container(job, values)}));
  return JsonValue::object({{"metadata", JsonValue::object({{"labels", labels()}})}, {"spec", std::move(spec)}});
}

}  // namespace

Digest job_identity(const RunJob& job) {
  std::string all = cat(job.image, "\n", job.digest.named(), "\n", job.account, "\n", JsonValue::string_array(job.argv).dump(), "\n");
  for (const JobVariable& variable : job.environment)
    all += cat(JsonValue::string_array({variable.name, variable.value, variable.secret, variable.key}).dump(), "\n");
  for (const TemplateValue& value : job.values) all += cat(JsonValue::string_array({value.name, value.value}).dump(), "\n");
  return sha256(as_bytes(all));
}

JsonValue job_object(const RunJob& job, const std::vector<std::string>& values) {
  JsonValue metadata = JsonValue::object({{"name", text(job.name)}, {"namespace", text(job.space)}, {"labels", labels()}});
  metadata.set("annotations", JsonValue::object({{std::string(k_identity), text(job_identity(job).named())}}));
  JsonValue spec = JsonValue::object({{"backoffLimit", JsonValue::number(job.attempts - 1)}, {"template", pod_template(job, values)}});
  return JsonValue::object(
      {{"apiVersion", text("batch/v1")}, {"kind", text("Job")}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}});
}

std::optional<std::string> identity_in(const JsonValue& object) {
  const std::string found = text_at(object, {"metadata", "annotations", k_identity});
  return found.empty() ? std::nullopt : std::optional(found);
}

}  // namespace rootcellar
