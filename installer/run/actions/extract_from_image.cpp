#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/image_member.h"
#include "installer/run/own_file.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_note_limit = std::size_t{1} << 16;

// The bundle does not say the member's digest: what came out of which image is noted, so that neither an upgrade nor `status` reads layers.
std::string note_path(const ActionScope& scope) { return cat(attic_path(scope.context.paths), "/extracted-", scope.step.id, ".json"); }

JsonValue note_of(const ExtractFromImage& action, const Digest& file, ActionScope& scope) {
  return JsonValue::object({{"image", JsonValue::string(bundled_image(scope.bundle().index(), action.image).digest.named())},
                            {"member", JsonValue::string(action.member)},
                            {"file", JsonValue::string(file.named())}});
}

}  // namespace

ProbeResult probe(const ExtractFromImage& action, ActionScope& scope) {
  const auto note = scope.host().read_file(note_path(scope), k_note_limit);
  const auto found = note ? scope.host().status(action.path) : std::nullopt;
  const auto file = found && found->mode == action.mode ? scope.host().digest(action.path) : std::nullopt;
  return file && *note == note_of(action, *file, scope).dump() ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const ExtractFromImage& action, ActionScope& scope) { return keep_previous(action.path, std::nullopt, scope.context); }

void perform(const ExtractFromImage& action, ActionScope& scope) {
  put_in_place(action.path, action.mode, {}, scope.context,
               [&](Sink& file) { extract_image_member(scope.bundle(), action.image, action.member, file); });
  const auto file = scope.host().digest(action.path);
  if (!file) throw SystemError(cat("cannot read '", action.path, "': it vanished"));
  scope.host().make_directories(attic_path(scope.context.paths), 0700);
  scope.host().write_file(note_path(scope), note_of(action, *file, scope).dump(), 0600);
}

void take_back(const ExtractFromImage& action, const JsonValue& undo, bool, ActionScope& scope) {
  put_back_previous(action.path, undo, scope.context);
  scope.host().remove(note_path(scope));
}

}  // namespace rootcellar
