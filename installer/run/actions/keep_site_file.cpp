#include "bundle/base/error.h"
#include "bundle/base/secret.h"
#include "installer/run/actions/actions.h"
#include "installer/run/deployed_record.h"
#include "installer/run/site_file.h"
#include "installer/run/site_registry.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;

}  // namespace

// A stick that is gone by now took nothing with it: what was kept is what the cluster or the registry was asked with.
ProbeResult probe(const KeepSiteFile& action, ActionScope& scope) {
  const auto found = scope.host().status(action.path);
  if (!found || found->type != FileStatus::Type::file || found->mode != 0600) return ProbeResult::needed;
  const auto wanted = kept_text(action, scope.host());
  if (!wanted) return ProbeResult::already;
  const SecretText text(*wanted), kept(scope.host().read_file(action.path, k_limit).value_or(""));
  return kept.view() == text.view() ? ProbeResult::already : ProbeResult::needed;
}

// What an earlier bundle put into the cluster is taken back after this, with the same key.
JsonValue prepare(const KeepSiteFile& action, ActionScope& scope) {
  return JsonValue::object({{"was-there", JsonValue::boolean(scope.host().exists(action.path))}});
}

void perform(const KeepSiteFile& action, ActionScope& scope) {
  auto wanted = kept_text(action, scope.host());
  if (!wanted) wanted = scope.host().read_file(action.path, k_limit);
  if (!wanted) throw InputError(cat("cannot keep '", action.from, "': it is not there"), "the answers name it");
  const SecretText text(*std::move(wanted));
  write_private_file(action.path, text.view(), scope);
}

void take_back(const KeepSiteFile& action, const JsonValue& undo, bool, ActionScope& scope) {
  if (!action.account.empty()) remove_login_copy(scope);  // a look at the registry may have been stopped
  if (!undo.truth("was-there").value_or(false)) remove_private_file(action.path, scope);
}

}  // namespace rootcellar
