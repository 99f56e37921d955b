#include "bundle/verify_report.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/parallel.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr unsigned k_jobs = 4;  // no medium gives more than a few readers can hash

bool is_whole(const VerifyReport& report) { return report.damage.empty() && report.missing_volumes.empty(); }

/// A medium that fails fails in stretches: ten thousand lines say less than one.
bool goes_on(const FrameDamage& one, const FrameDamage& next) {
  const bool are_frames = one.frame != FrameDamage::k_no_frame && next.frame != FrameDamage::k_no_frame;
  return are_frames && one.path == next.path && one.fault == next.fault && next.frame == one.frame + 1;
}

/// "lab-cpu-3-amd64 (id 0123...), made ..., signed by lab-team"
std::string describe_bundle(const Bundle& bundle) {
  return cat(bundle_name(bundle.header()), " (id ", bundle.verified().id(), "), made ", format_time(bundle.header().created),
             ", signed by ", join(bundle.verified().signers(), ", "));
}

std::string damage_line(const FrameDamage& first, const FrameDamage& last) {
  const std::string thing = first.frame == last.frame ? first.thing : cat("frames ", first.frame, " to ", last.frame);
  return cat("damaged: '", first.path, "': ", thing, " (bytes ", first.offset, " to ", last.offset + last.size, ") ", first.fault, "\n");
}

std::string damage_lines(const std::vector<FrameDamage>& damage) {
  std::string out;
  for (std::size_t first = 0, last = 0; first < damage.size(); first = ++last) {
    while (last + 1 < damage.size() && goes_on(damage[last], damage[last + 1])) ++last;
    out += damage_line(damage[first], damage[last]);
  }
  return out;
}

JsonValue damage_json(const FrameDamage& damage) {
  std::vector<JsonValue::Member> members;
  if (damage.frame != FrameDamage::k_no_frame) members.emplace_back("frame", JsonValue::number(damage.frame));
  members.emplace_back("volume", JsonValue::number(damage.volume));
  members.emplace_back("path", JsonValue::string(damage.path));
  members.emplace_back("offset", JsonValue::number(damage.offset));
  members.emplace_back("size", JsonValue::number(damage.size));
  members.emplace_back("reason", JsonValue::string(damage.reason()));
  return JsonValue::object(std::move(members));
}

}  // namespace

std::string verify_text(const Header& header, const VerifyReport& report) {
  std::string out = damage_lines(report.damage);
  for (const std::uint32_t volume : report.missing_volumes) {
    out += cat("missing: volume ", volume, " of ", header.volumes, " ('", volume_file_name(header, volume), "')\n");
  }
  return out + cat(report.frames, report.frames == 1 ? " frame, " : " frames, ", human_size(report.bytes),
                   is_whole(report) ? ": all as signed\n" : " looked at\n");
}

JsonValue verify_json(const VerifyReport& report) {
  JsonValue damage = JsonValue::array(), missing = JsonValue::array();
  for (const FrameDamage& one : report.damage) damage.push(damage_json(one));
  for (const std::uint32_t volume : report.missing_volumes) missing.push(JsonValue::number(volume));
  return JsonValue::object({{"frames", JsonValue::number(report.frames)},
                            {"bytes", JsonValue::number(report.bytes)},
                            {"damage", std::move(damage)},
                            {"missing_volumes", std::move(missing)}});
}

ExitCode verify_and_tell(Bundle& bundle, cli::Console& console) {
  const VerifyReport report = bundle.verify_frames(std::min(available_cpus(), k_jobs), console.progress());
  if (console.json()) console.event("verify", verify_json(report));
  if (!console.json()) console.print(cat(describe_bundle(bundle), "\n", verify_text(bundle.header(), report)));
  if (!report.damage.empty())
    console.say("hint: copy the damaged volumes again from where the bundle was built; if that does not help, do not use this bundle");
  return is_whole(report) ? ExitCode::ok : ExitCode::failed_check;
}

}  // namespace rootcellar
