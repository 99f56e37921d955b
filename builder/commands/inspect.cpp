#include <memory>

#include "builder/commands/bundle_words.h"
#include "builder/commands/counted.h"
#include "builder/commands/program.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// Bytes that nobody vouches for: shown line by line, nothing of them believed.
void show_untrusted(const UntrustedView& view, cli::Console& console) {
  if (console.json()) {
    return console.event("unverified", JsonValue::object({{"header", JsonValue::string(view.header_text)},
                                                          {"key_ids", JsonValue::string_array(view.key_ids)}}));
  }
  for (const std::string_view line : split(view.header_text, '\n')) {
    if (!line.empty()) console.print(cat("UNVERIFIED  ", printable(line), "\n"));
  }
  for (const std::string& id : view.key_ids) console.print(cat("UNVERIFIED  signed by key ", printable(id), "\n"));
  console.say("Nothing above has been checked: anyone can write it. With --trust FILE it is checked first.");
}

std::string volume_line(const VolumeCandidate& volume) {
  return cat("volume ", volume.claimed_volume, "    ", human_size(volume.file_size), "  ", volume.path, "\n");
}

void show_trusted(const Bundle& bundle, const BundleCandidate& candidate, cli::Console& console) {
  const Header& header = bundle.header();
  if (console.json()) {
    return console.event("bundle", JsonValue::object({{"header", JsonValue::string(bundle.verified().text())},
                                                      {"id", JsonValue::string(bundle.verified().id())},
                                                      {"signers", JsonValue::string_array(bundle.verified().signers())}}));
  }
  const Appliance& appliance = bundle.index().appliance;
  console.print(cat("bundle      ", bundle_name(header), "\ntitle       ", appliance.title, "\nid          ", bundle.verified().id(),
                    "\nsigned by   ", join(bundle.verified().signers(), ", "), "\nfor         ", appliance.target.distribution, " ",
                    appliance.target.version, " ", header.architecture, "\nmade        ", format_time(header.created), " by rootcellar ",
                    header.builder, "\nexpires     ", format_time(header.expires), "\ninstaller   ", header.installer_min,
                    " or newer\ncontent     ", counted(bundle.index().images.size(), "image"), ", ",
                    counted(appliance.packages.files.size(), "package"), ", ", counted(appliance.files.size(), "file"), "\nstored      ",
                    human_size(header.payload), " in ", counted(header.frames, "frame"), ", ", counted(header.volumes, "volume"), "\n"));
  for (const VolumeCandidate& volume : candidate.volumes) console.print(volume_line(volume));
  for (const std::uint32_t missing : bundle.missing_volumes()) console.print(cat("volume ", missing, "    missing\n"));
}

ExitCode inspect(cli::Console& console, const BundleWords& words) {
  const BundleCandidate candidate = find_bundle(words, console);
  if (words.trust) {
    show_trusted(Bundle::open(candidate, read_trust(*words.trust)), candidate, console);
  } else {
    show_untrusted(inspect_untrusted(candidate), console);
  }
  return ExitCode::ok;
}

}  // namespace

cli::Command inspect_command() {
  auto words = std::make_shared<BundleWords>();
  cli::Command command;
  command.name = "inspect";
  command.summary = "show what a bundle says it is";
  command.description =
      "With --trust: checks the signatures and shows what the bundle is for and what it holds. Without: shows the header's text, marked "
      "UNVERIFIED, and the ids of the keys that claim to have signed it, and no more.";
  command.examples = {"rootcellar inspect out --trust ~/keys/lab-team.pub", "rootcellar inspect /media/STICK"};
  command.options = bundle_options(*words, true);
  command.run = [words](cli::Console& console) { return inspect(console, *words); };
  return command;
}

}  // namespace rootcellar
