#include <set>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/site_template.h"
#include "installer/plan/answered_files.h"
#include "installer/plan/cluster_site.h"

namespace rootcellar {
namespace {

/// What may stand in `${...}` at the point of the installation that is looked at; secrets and captures join as they are made.
class References {
 public:
  References(const PlanInput& input, const ClusterSite& site, Plan& plan) : input_(input), plan_(plan) {
    for (const TemplateValue& value : template_values(input, site)) known_.insert(value.name);
  }

  void add(const std::string& name) { known_.insert(name); }

  void check(std::string_view text, const std::string& what) {
    try {
      for (const TemplateReference& reference : template_references(text, what)) {
        if (!known_.contains(reference.name))
          refuse(reference.name, what);
        else
          check_file(reference);
      }
    } catch (const InputError& error) {
      plan_.refusals.push_back(error.message());
    }
  }

 private:
  void check_file(const TemplateReference& reference) {
    const std::string fault = answered_file_fault(reference, input_.facts);
    if (fault.empty() || !told_.insert(value_name(reference)).second) return;
    const std::string key = reference.name.substr(reference.name.find('.') + 1);
    plan_.refusals.push_back(
        cat("the answer '", key, "' names the file '", input_.answers.values.at(key), "', which cannot be taken in: ", fault));
  }

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

  const PlanInput& input_;
  std::set<std::string> known_, told_;
  Plan& plan_;
};

}  // namespace

void check_references(const PlanInput& input, Plan& plan) {
  if (input.join != nullptr) return;
  References references(input, make_cluster_site(input), plan);
  for_each_site_text(
      input.appliance().cluster, [&](std::string_view text, const std::string& what) { references.check(text, what); },
      [&](const std::string& name) { references.add(name); });
}

}  // namespace rootcellar
