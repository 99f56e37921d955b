#include "bundle/base/text.h"
#include "installer/plan/trust.h"

namespace rootcellar {
namespace {

/// The bundle's checks name its own registry; the site may have moved it.
std::string at_this_site(const PlanInput& input, const std::string& target) {
  const std::optional<Endpoint> planned = parse_endpoint(input.appliance().registry.listen);
  if (!planned) return target;
  const std::string here = input.layout.local.text();
  for (const std::string& prefix : {cat("http://", local_endpoint(*planned).text(), "/"), cat(local_endpoint(*planned).text(), "/")}) {
    if (!target.starts_with(prefix)) continue;
    const std::string_view scheme = registry_tls(input) ? "https://" : "http://";
    return cat(prefix.starts_with("http://") ? scheme : "", here, "/", target.substr(prefix.size()));
  }
  return target;
}

/// One about the bundle's own registry says nothing of the site's, which the pulls prove.
bool is_about_own_registry(const PlanInput& input, const Check& check) {
  const std::optional<Endpoint> planned = parse_endpoint(input.appliance().registry.listen);
  return check.kind == "http" && planned && check.target.starts_with(cat("http://", local_endpoint(*planned).text(), "/"));
}

std::string title_of(const Check& check) {
  if (check.kind == "run") return cat("check: run ", join(check.argv, " "));
  if (check.kind == "http") return cat("check: get ", check.target);
  if (check.kind == "pull") return cat("check: pull ", check.target);
  if (check.kind == "container") return cat("check: run a container of ", check.target);
  return cat("check: look at ", check.target);
}

}  // namespace

void plan_checks(const PlanInput& input, Plan& plan) {
  if (input.join != nullptr) return;  // they are about the appliance as the first node shows it
  for (Check check : input.appliance().checks) {
    if (input.site_registry() && is_about_own_registry(input, check)) continue;
    check.target = at_this_site(input, check.target);
    const std::string reason = check.expect.empty() ? cat("Proof '", check.name, "' of the appliance.")
                                                    : cat("Proof '", check.name, "' of the appliance: it must show '", check.expect, "'.");
    add_step(plan, cat("check-", step_slug(check.name)), title_of(check), reason, RunCheck{check});
  }
}

}  // namespace rootcellar
