#include "installer/plan/answered_files.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/io.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_answers = "answers.";

bool is_file(const TemplateReference& reference) { return value_name(reference) != reference.name; }

bool is_plain_text(std::string_view content) {
  while (!content.empty()) {
    const std::size_t length = utf8_sequence(content);
    if (length == 0 || content.front() == '\0') return false;
    content.remove_prefix(length);
  }
  return true;
}

using OnText = std::function<void(std::string_view, const std::string&)>;

void visit_deployment(const Deployment& deployment, const OnText& on_text, const std::function<void(const std::string&)>& made) {
  const std::string what = cat("'", deployment.name, "'");
  on_text(deployment.text, what);
  on_text(deployment.input, cat("input of ", what));
  for (const JobVariable& variable : deployment.environment) on_text(variable.value, cat("environment of ", what));
  for (const ClusterWait& wait : deployment.waits) {
    if (wait.kind == "http") on_text(wait.target, cat("wait of ", what));
  }
  for (const ClusterCapture& capture : deployment.captures) made(cat("capture.", capture.name));
}

}  // namespace

void for_each_site_text(const ClusterSection& section, const OnText& on_text, const std::function<void(const std::string&)>& made) {
  for (const GeneratedSecret& secret : section.secrets) {
    on_text(secret.claims, cat("claims of secret '", secret.name, "'"));
    on_text(secret.server, cat("server of secret '", secret.name, "'"));
    made(cat("secret.", secret.name));
  }
  for (const ClusterExport& described : section.exports) on_text(described.host, cat("host of export '", described.name, "'"));
  for (const Deployment& deployment : section.network) visit_deployment(deployment, on_text, made);
  for (const Deployment& deployment : section.deploy) visit_deployment(deployment, on_text, made);
}

std::vector<std::string> answered_file_keys(const Appliance& appliance) {
  std::vector<std::string> keys;
  const auto look = [&](std::string_view text, const std::string& what) {
    try {
      for (const TemplateReference& reference : template_references(text, what)) {
        if (is_file(reference)) keys.push_back(reference.name.substr(k_answers.size()));
      }
    } catch (const InputError&) {
      // The plan refuses the text with its place.
    }
  };
  for_each_site_text(appliance.cluster, look, [](const std::string&) {});
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

AnsweredFile describe_answered_file(const std::string& content) { return {sha256(as_bytes(content)), is_plain_text(content), {}}; }

std::string answered_file_fault(const TemplateReference& reference, const Facts& facts) {
  if (!is_file(reference)) return {};
  const auto found = facts.answered_files.find(reference.name.substr(k_answers.size()));
  if (found == facts.answered_files.end()) return {};  // nobody answered, which is refused as such
  const AnsweredFile& file = found->second;
  if (!file.fault.empty()) return file.fault;
  const bool encoded = reference.filters.size() > 1 && reference.filters[1].name == "b64";
  return file.text || encoded ? std::string() : "it is no text, and the appliance takes it in as one";
}

}  // namespace rootcellar
