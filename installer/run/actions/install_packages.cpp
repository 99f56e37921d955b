#include <algorithm>
#include <set>

#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/package_accounts.h"
#include "installer/run/packages.h"
#include "installer/run/policy_rc_d.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

using Names = std::vector<std::string>;

Names names_in(const JsonValue& undo, std::string_view member) {
  Names names;
  if (const JsonValue* list = undo.find(member)) {
    for (const JsonValue& name : list->items()) names.push_back(name.as_string());
  }
  return names;
}

std::string bare(const std::string& name) { return name.substr(0, name.find(':')); }

// dpkg prints "libc6:amd64" where apt says "libc6": compare without.
std::set<std::string> in_states(ActionScope& scope, bool also_config_files) {
  std::set<std::string> names;
  for (const DpkgEntry& entry : parse_dpkg_list(run_or_throw(dpkg_list(), scope).output)) {
    if (entry.state == "not-installed" || (entry.state == "config-files" && !also_config_files)) continue;
    names.insert(entry.name), names.insert(bare(entry.name));
  }
  return names;
}

Names those_in(const Names& names, const std::set<std::string>& present) {
  Names found;
  std::copy_if(names.begin(), names.end(), std::back_inserter(found), [&](const std::string& name) { return present.contains(name); });
  return found;
}

Names held_names(const InstallPackages& action, const Names& fresh) {
  if (std::find(action.hold.begin(), action.hold.end(), "*") != action.hold.end()) return fresh;
  return those_in(fresh, {action.hold.begin(), action.hold.end()});
}

// Somebody's later package may need one of ours: removing ours would remove theirs.
bool takes_others_along(const Names& names, const std::set<std::string>& ours, ActionScope& scope) {
  const ToolResult result = run_logged(apt_purge(names, true, true), scope);
  if (result.exit_code != 0) return true;
  const Names removed = parse_forecast(result.output).removed;
  return std::any_of(removed.begin(), removed.end(), [&](const std::string& name) { return !ours.contains(bare(name)); });
}

Names removable(const Names& names, ActionScope& scope) {
  std::set<std::string> ours;
  for (const std::string& name : names) ours.insert(bare(name));
  if (names.empty() || !takes_others_along(names, ours, scope)) return names;
  Names free;
  for (const std::string& name : names) {
    if (!takes_others_along({name}, ours, scope))
      free.push_back(name);
    else
      scope.context.progress.warn(cat("package '", name, "' is left: a package installed later needs it"));
  }
  return free;
}

void remove_packages(const Names& names, bool purge, ActionScope& scope) {
  if (!names.empty()) run_or_throw(apt_purge(names, purge, false), scope);
}

JsonValue accounts_before(const JsonValue& undo) {
  const JsonValue* accounts = undo.find("accounts");
  return accounts != nullptr ? *accounts : JsonValue::object();
}

void install_and_hold(const InstallPackages& action, ActionScope& scope) {
  finish_dpkg(scope);
  read_source(action, scope);
  run_or_throw(apt_install(action, false), scope);
  note_new_accounts(accounts_before(*scope.context.undo_data), scope);
  const Names fresh = those_in(names_in(*scope.context.undo_data, "fresh"), in_states(scope, false));
  Names hold = held_names(action, fresh);
  for (const std::string& name : those_in(action.ours, in_states(scope, false))) hold.push_back(name);
  if (!hold.empty()) run_or_throw(apt_mark("hold", hold), scope);
}

}  // namespace

ProbeResult probe(const InstallPackages& action, ActionScope& scope) {
  return packages_installed(action, scope) ? ProbeResult::already : ProbeResult::needed;
}

// The simulation comes before the journal's begin: a closure that cannot be satisfied is refused while nothing has changed, and what apt
// says it will install anew is exactly what undo will purge.
JsonValue prepare(const InstallPackages& action, ActionScope& scope) {
  finish_dpkg(scope);
  const std::set<std::string> with_config = in_states(scope, true);
  const AptForecast forecast = forecast_packages(action, scope);
  JsonValue undo = JsonValue::object();
  undo.set("fresh", JsonValue::string_array(forecast.fresh));
  undo.set("configured-before", JsonValue::string_array(those_in(forecast.fresh, with_config)));
  undo.set("accounts", accounts_now(scope.host()));
  undo.set("upgraded", JsonValue::string_array(forecast.upgraded));
  return undo;
}

void perform(const InstallPackages& action, ActionScope& scope) {
  forbid_service_starts(scope.context);
  try {
    install_and_hold(action, scope);
  } catch (const Error&) {
    allow_service_starts(scope.context);
    throw;
  }
  allow_service_starts(scope.context);
}

// Packages whose configuration was there before us are removed, not purged.
void take_back(const InstallPackages&, const JsonValue& undo, bool, ActionScope& scope) {
  allow_service_starts(scope.context);
  finish_dpkg(scope);
  const Names fresh = names_in(undo, "fresh");
  const Names configured = names_in(undo, "configured-before");
  const Names installed = those_in(fresh, in_states(scope, false));
  if (!installed.empty()) run_or_throw(apt_mark("unhold", installed), scope);
  const Names free = removable(installed, scope);
  const std::set<std::string> keep_configuration(configured.begin(), configured.end());
  remove_packages(those_in(free, keep_configuration), false, scope);
  const std::set<std::string> left(installed.begin(), installed.end());
  Names purge;
  for (const std::string& name : those_in(fresh, in_states(scope, true))) {
    const bool stays =
        keep_configuration.contains(name) || (left.contains(name) && std::find(free.begin(), free.end(), name) == free.end());
    if (!stays) purge.push_back(name);
  }
  remove_packages(purge, true, scope);
  if (free.size() == installed.size()) remove_noted_accounts(accounts_before(undo), scope);
}

}  // namespace rootcellar
