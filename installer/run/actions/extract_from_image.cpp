#include "installer/run/actions/actions.h"
#include "installer/run/image_member.h"
#include "installer/run/own_file.h"

namespace rootcellar {

// What the member's digest is shows only when it is out; a begun step is never probed, so "there" means "there before us".
ProbeResult probe(const ExtractFromImage&, ActionScope&) { return ProbeResult::needed; }

JsonValue prepare(const ExtractFromImage& action, ActionScope& scope) { return keep_previous(action.path, std::nullopt, scope.context); }

void perform(const ExtractFromImage& action, ActionScope& scope) {
  put_in_place(action.path, action.mode, {}, scope.context,
               [&](Sink& file) { extract_image_member(scope.bundle(), action.image, action.member, file); });
}

void take_back(const ExtractFromImage& action, const JsonValue& undo, bool, ActionScope& scope) {
  put_back_previous(action.path, undo, scope.context);
}

}  // namespace rootcellar
