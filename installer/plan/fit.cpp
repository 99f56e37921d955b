#include <array>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/plan/subjects.h"

namespace rootcellar {
namespace {

std::string release_text(std::string_view distribution, std::string_view version, std::string_view codename) {
  std::string text(distribution.empty() ? "an unknown system" : distribution);
  if (!version.empty()) text += cat(" ", version);
  if (!codename.empty()) text += cat(" (", codename, ")");
  return text;
}

using Version = std::array<std::uint64_t, 3>;

Version parse_version(std::string_view text) {
  Version version{};
  const std::vector<std::string_view> parts = split(text, '.');
  for (std::size_t i = 0; i < version.size() && i < parts.size(); ++i) version[i] = parse_u64(parts[i]).value_or(0);
  return version;
}

void check_release(const Appliance& appliance, const Facts& facts, std::vector<std::string>& out) {
  const TargetRelease& target = appliance.target;
  if (target.distribution == facts.distribution && target.version == facts.version) return;
  out.push_back(cat("the bundle is for ", release_text(target.distribution, target.version, target.codename), ", and this machine runs ",
                    release_text(facts.distribution, facts.version, facts.codename)));
}

void check_serial(const Header& header, const Facts& facts, std::vector<std::string>& out) {
  if (header.serial < facts.highest_serial) {
    out.push_back(cat("this machine has seen serial ", facts.highest_serial, " of '", header.product, "', and the bundle is serial ",
                      header.serial, ": an older bundle is never installed over a newer one"));
  }
}

std::string installed_text(const InstalledBundle& installed) {
  return cat("'", installed.product, "-", installed.variant, "' serial ", installed.serial);
}

/// A higher serial of the same product and variant takes the installed one's place.
void check_installed(const PlanInput& input, std::vector<std::string>& out) {
  const Header& header = input.header;
  const Facts& facts = input.facts;
  if (!facts.installed || facts.installed->id == bundle_id(encode_header(header)) || input.replaced() != nullptr) return;
  if (facts.installed->product == header.product && facts.installed->serial > header.serial) return;  // check_serial has said it
  if (facts.installed->product == header.product && facts.installed->variant == header.variant) {
    out.push_back(cat("another bundle of '", header.product, "-", header.variant, "' with the same serial ", header.serial,
                      " is installed here: only a higher serial takes its place"));
    return;
  }
  out.push_back(cat(installed_text(*facts.installed), " is installed here, and '", header.product, "-", header.variant, "' serial ",
                    header.serial,
                    " cannot be put beside it: take it back with 'rootcellar-install uninstall' first; pushed images and data are kept"));
}

void check_storage(const PlanInput& input, std::vector<std::string>& out) {
  const InstalledBundle* installed = input.replaced();
  if (installed == nullptr || installed->storage_root == input.answers.storage_root) return;
  const auto shown = [](const std::optional<std::string>& root) { return root ? cat("'", *root, "'") : std::string("none"); };
  out.push_back(cat("the installed bundle was answered the 'storage.root' ", shown(installed->storage_root), ", and this one ",
                    shown(input.answers.storage_root), ": an upgrade moves no data, so answer the same or uninstall first"));
}

void caution_about_tags(const PlanInput& input, Plan& plan) {
  for (const std::string& name : input.facts.pushed_over) {
    plan.cautions.push_back(cat("people have pushed '", name,
                                "' to the registry: it stays theirs, and the bundle's image of this name is there by digest only"));
  }
}

/// A clock that cannot be right is another subject: clock.cpp.
void caution_about_time(const Header& header, const Facts& facts, Plan& plan) {
  const std::string now = format_time(facts.clock);
  if (facts.clock > header.expires) {
    plan.cautions.push_back(
        cat("the bundle expired at ", format_time(header.expires), ", and this machine's clock says ", now, ": ask for a newer one"));
  }
}

}  // namespace

std::vector<std::string> misfits(const Header& header, const Appliance& appliance, const Facts& facts) {
  std::vector<std::string> out;
  if (header.architecture != facts.architecture) {
    out.push_back(cat("the bundle is for ", header.architecture, ", and this machine is ", facts.architecture));
  }
  check_release(appliance, facts, out);
  if (!facts.systemd) out.push_back("the appliance needs systemd as the first process, and this machine was not started by it");
  if (parse_version(facts.installer_version) < parse_version(header.installer_min)) {
    out.push_back(cat("the bundle needs rootcellar-install ", header.installer_min, " or newer, and this is ", facts.installer_version));
  }
  return out;
}

void require_fitting_host(const Header& header, const Appliance& appliance, const Facts& facts) {
  std::vector<std::string> reasons = misfits(header, appliance, facts);
  if (!facts.root) reasons.push_back("only root can install");
  if (reasons.empty()) return;
  throw HostError(cat("cannot install '", bundle_name(header), "': ", join(reasons, "; ")),
                  facts.root ? "" : "begin the command with 'sudo'");
}

void plan_fit(const PlanInput& input, Plan& plan) {
  plan.refusals = misfits(input.header, input.appliance(), input.facts);
  check_serial(input.header, input.facts, plan.refusals);
  check_installed(input, plan.refusals);
  check_storage(input, plan.refusals);
  caution_about_tags(input, plan);
  caution_about_time(input.header, input.facts, plan);
}

}  // namespace rootcellar
