#include <algorithm>
#include <memory>

#include "bundle/base/parallel.h"
#include "bundle/base/text.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"

namespace rootcellar {
namespace {

constexpr unsigned k_jobs = 4;

JsonValue report_json(const VerifyReport& report) {
  JsonValue damage = JsonValue::array(), missing = JsonValue::array();
  for (const FrameDamage& frame : report.damage) {
    damage.push(JsonValue::object({{"frame", JsonValue::number(frame.frame)},
                                   {"volume", JsonValue::number(frame.volume)},
                                   {"offset", JsonValue::number(frame.offset)},
                                   {"reason", JsonValue::string(frame.reason)}}));
  }
  for (const std::uint32_t volume : report.missing_volumes) missing.push(JsonValue::number(volume));
  return JsonValue::object({{"frames", JsonValue::number(report.frames)},
                            {"bytes", JsonValue::number(report.bytes)},
                            {"damage", std::move(damage)},
                            {"missing_volumes", std::move(missing)}});
}

std::string report_text(const Bundle& bundle, const VerifyReport& report) {
  std::string out = cat(bundle_line(bundle), "\n");
  for (const FrameDamage& frame : report.damage) {
    out += cat("damaged: volume ", frame.volume, ", byte ", frame.offset, ", frame ", frame.frame, ": ", frame.reason, "\n");
  }
  for (const std::uint32_t volume : report.missing_volumes) out += cat("missing: volume ", volume, " of ", bundle.header().volumes, "\n");
  const bool whole = report.damage.empty() && report.missing_volumes.empty();
  return out + cat(report.frames, report.frames == 1 ? " frame, " : " frames, ", human_size(report.bytes),
                   whole ? ": all as signed\n" : " looked at\n");
}

ExitCode verify(cli::Console& console, const BundleOptions& options, Surroundings& surroundings) {
  OpenedBundle opened = open_bundle(options, KeptState(surroundings), console);
  const VerifyReport report = opened.bundle.verify_frames(std::min(available_cpus(), k_jobs), console.progress());
  if (console.json()) console.event("verify", report_json(report));
  if (!console.json()) console.print(report_text(opened.bundle, report));
  return report.damage.empty() && report.missing_volumes.empty() ? ExitCode::ok : ExitCode::failed_check;
}

}  // namespace

cli::Command verify_command(Surroundings& surroundings) {
  auto options = std::make_shared<BundleOptions>();
  cli::Command command;
  command.name = "verify";
  command.summary = "check that the bundle is from whom it should be, and whole";
  command.description =
      "Checks the signatures and every stored frame of all volumes that are there. Changes nothing and needs no root. "
      "Exit code 1: something is damaged or missing; 4: the bundle must not be used.";
  command.examples = {"rootcellar-install verify /media/stick --trust site.pub",
                      "rootcellar-install verify --from /media/a --from /media/b"};
  command.options = bundle_option_list(*options);
  command.run = [options, &surroundings](cli::Console& console) { return verify(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
