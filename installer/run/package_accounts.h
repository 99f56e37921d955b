// Users and groups that packages' scripts make: a purge leaves them in Debian, so they are noted when they appear and taken back by name.
#pragma once

#include "bundle/base/json.h"
#include "installer/run/actions/actions.h"

namespace rootcellar {

/// Names in /etc/passwd and /etc/group now: goes into the undo data before packages are installed.
JsonValue accounts_now(HostSystem& host);
/// What appeared since `before`; durable, so that accounts people add later are not taken for packages'.
void note_new_accounts(const JsonValue& before, ActionScope& scope);
/// Removes noted accounts that are still there. A group with other members stays.
void remove_noted_accounts(const JsonValue& before, ActionScope& scope);

}  // namespace rootcellar
