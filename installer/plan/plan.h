// The installation as data: made by pure functions from appliance, facts and answers; printed by `plan`, run by `install`.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bundle/header.h"
#include "bundle/index.h"
#include "installer/plan/answers.h"
#include "installer/plan/facts.h"
#include "installer/plan/ticket.h"
#include "installer/run/step.h"

namespace rootcellar {

/// Bytes one purpose needs on the filesystem that holds `path`.
struct SpaceNeed {
  std::string path;     ///< empty: anywhere on its filesystem
  std::string purpose;  ///< "registry storage", "unpacked packages", "debs, removed after the install", ...
  std::uint64_t bytes = 0;
  bool temporary = false;
};

/// Needs summed per filesystem against what it has.
struct SpaceLine {
  std::string path;          ///< one representative path
  std::uint64_t needed = 0;  ///< at the peak
  std::uint64_t available = 0;
  std::vector<SpaceNeed> needs;
};

struct OpenedPort {
  std::string address;
  std::uint32_t port = 0;
  std::string purpose;
  std::uint32_t last = 0;        ///< of a range; 0: one port
  std::string protocol = "tcp";  ///< "tcp" | "udp"
  std::string from{};            ///< who must reach it; empty: not said
};

/// What a plan over an installed bundle keeps and takes away.
struct Upgrade {
  std::uint64_t from = 0;         ///< the installed serial
  std::set<std::string> same;     ///< ids of steps that mean the same as the installed bundle's: already so, unless somebody changed it
  std::vector<std::string> gone;  ///< what the installed bundle alone has, taken back at the end
  std::vector<std::string> left;  ///< what it alone has and that stays until uninstall
};

struct Plan {
  std::vector<Step> steps;
  std::vector<SpaceLine> space;
  std::vector<OpenedPort> ports;
  std::vector<std::string> refusals;  ///< reasons why install must not start; empty: it may
  std::vector<std::string> cautions;  ///< things to know: what could not be seen, a clock that looks wrong
  std::optional<Upgrade> upgrade{};   ///< over an installed bundle of the same product and variant
};

/// Pure: no side effects, no clock, no machine. Same arguments, same plan.
Plan make_plan(const Header& header, const Index& index, const Facts& facts, const Answers& answers);
/// The plan of a machine that joins the cluster of `ticket`: no registry of its own, nothing deployed.
Plan make_join_plan(const Header& header, const Index& index, const Facts& facts, const Answers& answers, const JoinTicket& ticket);
/// What a ticket of this first node says, without its times and secrets. HostError when no other machine could join.
JoinTicket ticket_facts(const Header& header, const Index& index, const Facts& facts, const Answers& answers);
/// kubeadm's configuration for giving the control plane's certificates away under `certificate_key`. HostError when this version of
/// Kubernetes cannot be told the key in a file.
std::string certificates_config(const Header& header, const Index& index, const Facts& facts, const Answers& answers,
                                const std::string& certificate_key);
/// What the roles of the appliance stand for at nodes: name, the label that says the role, its labels.
struct RoleMark {
  std::string role, mark;
  std::vector<std::string> labels;
};
std::vector<RoleMark> role_marks(const Appliance& appliance);
/// Paths whose filesystems make_plan wants in Facts::space.
std::vector<std::string> space_paths(const Index& index, const Answers& answers);
/// Where the registry's images lie on a machine with these answers.
std::string registry_storage_root(const Index& index, const Answers& answers);
/// Throws HostError when the machine does not fit the header (architecture, distribution release, installer version, not root): says what
/// was expected and what was found.
void require_fitting_host(const Header& header, const Appliance& appliance, const Facts& facts);

/// The plan as text for a person (steps with reasons, ports, space table) and as JSON.
std::string render_plan(const Plan& plan, const Header& header);
JsonValue plan_json(const Plan& plan);

}  // namespace rootcellar
