#include <algorithm>
#include <memory>

#include "builder/commands/bundle_words.h"
#include "builder/commands/counted.h"
#include "builder/commands/program.h"
#include "bundle/base/parallel.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr unsigned k_max_jobs = 4;

JsonValue as_json(const VerifyReport& report) {
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

std::string as_text(const Bundle& bundle, const VerifyReport& report) {
  std::string out = cat(describe_bundle(bundle), "\n");
  for (const FrameDamage& frame : report.damage)
    out += cat("damaged: volume ", frame.volume, ", byte ", frame.offset, ", frame ", frame.frame, ": ", frame.reason, "\n");
  for (const std::uint32_t volume : report.missing_volumes) out += cat("missing: volume ", volume, " of ", bundle.header().volumes, "\n");
  const bool is_whole = report.damage.empty() && report.missing_volumes.empty();
  return out + cat(counted(report.frames, "frame"), ", ", human_size(report.bytes), is_whole ? ": all as signed\n" : " looked at\n");
}

ExitCode verify(cli::Console& console, const BundleWords& words) {
  Bundle bundle = open_trusted(words, "verify", console);
  const VerifyReport report = bundle.verify_frames(std::min(available_cpus(), k_max_jobs), console.progress());
  if (console.json()) console.event("verify", as_json(report));
  if (!console.json()) console.print(as_text(bundle, report));
  return report.damage.empty() && report.missing_volumes.empty() ? ExitCode::ok : ExitCode::failed_check;
}

}  // namespace

cli::Command verify_command() {
  auto words = std::make_shared<BundleWords>();
  cli::Command command;
  command.name = "verify";
  command.summary = "check that a bundle is from whom it should be, and whole";
  command.description =
      "Checks the signatures and every stored frame of all volumes that are there. Changes nothing. Exit code 1: something is damaged or "
      "missing; 4: the bundle must not be used.";
  command.examples = {"rootcellar verify out --trust ~/keys/lab-team.pub",
                      "rootcellar verify /media/a --from /media/b --trust site-trust.yaml"};
  command.options = bundle_options(*words, true);
  command.run = [words](cli::Console& console) { return verify(console, *words); };
  return command;
}

}  // namespace rootcellar
