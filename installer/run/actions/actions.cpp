#include "installer/run/actions/actions.h"

#include "bundle/base/error.h"

namespace rootcellar {

Bundle& ActionScope::bundle() const {
  if (context.bundle == nullptr) {
    throw HostError(cat("cannot run step '", step.id, "': expected the bundle, found none"), "attach the stick and name it with --from");
  }
  return *context.bundle;
}

ProbeResult probe_step(const Step& step, RunContext& context) {
  ActionScope scope{step, context};
  return std::visit([&](const auto& action) { return probe(action, scope); }, step.action);
}

JsonValue prepare_undo(const Step& step, RunContext& context) {
  ActionScope scope{step, context};
  return std::visit([&](const auto& action) { return prepare(action, scope); }, step.action);
}

void do_step(const Step& step, RunContext& context) {
  ActionScope scope{step, context};
  std::visit([&](const auto& action) { perform(action, scope); }, step.action);
}

void undo_step(const Step& step, const JsonValue& undo_data, RunContext& context, bool purge_data) {
  ActionScope scope{step, context};
  std::visit([&](const auto& action) { take_back(action, undo_data, purge_data, scope); }, step.action);
}

std::string written_path(const Step& step) {
  if (const auto* file = std::get_if<WriteFile>(&step.action)) return file->path;
  if (const auto* json = std::get_if<MergeJson>(&step.action)) return json->path;
  if (const auto* filled = std::get_if<WriteFilled>(&step.action)) return filled->path;
  if (const auto* placed = std::get_if<PlaceFile>(&step.action)) return placed->path;
  if (const auto* exports = std::get_if<ExportFolders>(&step.action)) return exports->table;
  if (const auto* taken = std::get_if<ExtractFromImage>(&step.action)) return taken->path;
  if (const auto* packages = std::get_if<InstallPackages>(&step.action)) return packages->ours.empty() ? "" : packages->directory;
  return {};
}

}  // namespace rootcellar
