#include <set>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/site_template.h"
#include "installer/plan/cluster_site.h"

namespace rootcellar {
namespace {

/// What may stand in `${...}` at the point of the installation that is looked at; secrets and captures join as they are made.
class References {
 public:
  References(const PlanInput& input, const ClusterSite& site, Plan& plan) : plan_(plan) {
    for (const TemplateValue& value : template_values(input, site)) known_.insert(value.name);
  }

  void add(const std::string& name) { known_.insert(name); }

  void check(std::string_view text, const std::string& what) {
    try {
      for (const TemplateReference& reference : template_references(text, what)) {
        if (!known_.contains(reference.name)) refuse(reference.name, what);
      }
    } catch (const InputError& error) {
      plan_.refusals.push_back(error.message());
    }
  }

 private:
  void refuse(const std::string& name, const std::string& what) {
    if (!told_.insert(name).second) return;
    constexpr std::string_view k_answers = "answers.";
    if (name.starts_with(k_answers)) {
      plan_.refusals.push_back(cat("the appliance asks for '", name.substr(k_answers.size()), "' (", what,
                                   "), and nobody says what it is: answer it below 'values'"));
    } else {
      plan_.refusals.push_back(cat("the appliance asks for '${", name, "}' (", what, "), which nothing before it makes"));
    }
  }

  std::set<std::string> known_, told_;
  Plan& plan_;
};

void check_deployment(const Deployment& deployment, References& references) {
  const std::string what = cat("'", deployment.name, "'");
  references.check(deployment.text, what);
  references.check(deployment.input, cat("input of ", what));
  for (const JobVariable& variable : deployment.environment) references.check(variable.value, cat("environment of ", what));
  for (const ClusterWait& wait : deployment.waits) {
    if (wait.kind == "http") references.check(wait.target, cat("wait of ", what));
  }
  for (const ClusterCapture& capture : deployment.captures) references.add(cat("capture.", capture.name));
}

}  // namespace

void check_references(const PlanInput& input, Plan& plan) {
  if (input.join != nullptr) return;
  const ClusterSection& section = input.appliance().cluster;
  References references(input, make_cluster_site(input), plan);
  for (const GeneratedSecret& secret : section.secrets) {
    references.check(secret.claims, cat("claims of secret '", secret.name, "'"));
    references.check(secret.server, cat("server of secret '", secret.name, "'"));
    references.add(cat("secret.", secret.name));
  }
  for (const ClusterExport& described : section.exports)
    references.check(described.host, cat("host of export '", described.name, "'"));
  for (const Deployment& deployment : section.network) check_deployment(deployment, references);
  for (const Deployment& deployment : section.deploy) check_deployment(deployment, references);
}

}  // namespace rootcellar
