#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/plan.h"

namespace rootcellar {
namespace {

/// What a step changes on the machine, a line each: one overload per kind of action.
struct Changes {
  std::vector<std::string> lines;

  void operator()(const MakeDirectory& a) {
    lines.push_back(cat("owner ", a.owner.user, a.keep ? "; kept by uninstall, with what is in it" : "; removed by uninstall when empty"));
  }
  void operator()(const WriteFile& a) {
    lines.push_back(cat("a file of ", human_size(a.content.size()), "; what was there before comes back with uninstall"));
  }
  void operator()(const MergeJson& a) {
    for (const auto& [name, value] : a.set.members()) lines.push_back(cat("sets ", name, " to ", value.dump()));
    for (const auto& [name, value] : a.append.members()) lines.push_back(cat("adds to ", name, ": ", value.dump()));
    if (lines.empty()) lines.push_back("nothing: it says all of that already");
  }
  void operator()(const PlaceFile& a) { lines.push_back(cat("owner ", a.owner.user)); }
  void operator()(const ExtractFromImage& a) { lines.push_back(cat(a.path, " from ", a.member)); }
  void operator()(const RunTool& a) { lines.push_back(cat("runs ", join(a.call.argv, " "))); }
  void operator()(const SetUnit& a) {
    lines.push_back(cat(a.enabled ? "starts at boot" : "does not start at boot", a.active ? ", runs now" : ", does not run"));
  }
  void operator()(const AddUser& a) { lines.push_back(cat("a system user and group, home ", a.home, ", who cannot log in")); }
  void operator()(const SpoolPackages&) {}
  void operator()(const RemoveSpool&) {}
  void operator()(const InstallPackages& a) {
    lines.push_back("apt uses the bundle as its only source and checks the distribution's signatures");
    if (!a.hold.empty()) lines.push_back("what is newly installed is held at its version, and purged by uninstall");
  }
  void operator()(const FillRegistry&) {}
  void operator()(const WaitHttp& a) { lines.push_back(cat("changes nothing; gives up after ", human_duration(a.time_limit))); }
  void operator()(const PullImage&) {}
  void operator()(const RunCheck& a) { lines.push_back(cat("changes nothing; gives up after ", human_duration(a.check.time_limit))); }
  void operator()(const EditLines& a) {
    for (const std::string& line : a.add) lines.push_back(cat("adds: ", line));
    if (!a.comment_out.empty()) lines.push_back(cat("puts a '#' before entries of type ", a.comment_out, "; uninstall takes it away"));
  }
  void operator()(const SwapOff&) { lines.push_back("uninstall turns on again what was on"); }
  void operator()(const SetSysctls& a) {
    for (const std::string& setting : a.settings) {
      const std::size_t least = setting.find(">=");
      if (least == setting.npos) lines.push_back(cat("sets ", setting));
      if (least != setting.npos) lines.push_back(cat("raises ", setting.substr(0, least), " to ", setting.substr(least + 2), " if it is less"));
    }
  }
  void operator()(const LoadModules& a) { lines.push_back(cat(join(a.names, ", "), "; uninstall leaves them until the next boot")); }
  void operator()(const PullIntoContainerd& a) {
    if (a.pin) lines.push_back("the kubelet's clean-up of unused images leaves it");
  }
  void operator()(const KubeadmInit& a) {
    lines.push_back(a.text.empty() ? cat("settings in ", a.config)
                                   : cat("settings in ", a.config, ", with the ticket's secrets, until it has joined"));
    if (!a.ignore.empty()) lines.push_back(cat("checks of kubeadm that are left out: ", join(a.ignore, ", ")));
    lines.push_back(a.join ? "uninstall takes this node out of the cluster and runs kubeadm reset"
                           : "uninstall runs kubeadm reset: what is in the cluster goes with it");
  }
  void operator()(const MakeSecret& a) {
    lines.push_back(cat("a ", a.secret.kind, " made here, readable by root only, ",
                        a.secret.kind == k_site_key_kind ? "removed by uninstall" : "kept by uninstall"));
  }
  void operator()(const OpenFirewall& a) {
    for (const std::string& rule : a.rules) lines.push_back(cat("adds: ", rule));
    lines.push_back("now and at every boot; uninstall takes these away, and what said the same before stays");
  }
  void operator()(const GenerateCdi& a) { lines.push_back(cat(a.path, ", removed by uninstall")); }
  void operator()(const ApplyManifest& a) { lines.push_back(cat("in namespace ", a.space)); }
  void operator()(const HelmRelease& a) {
    lines.push_back(cat("in namespace ", a.space, "; gives up after ", human_duration(a.time_limit)));
  }
  void operator()(const ExecInPod& a) { lines.push_back(cat("runs ", join(a.argv, " "), " in ", a.target)); }
  void operator()(const RunJob& a) {
    lines.push_back(cat(a.argv.empty() ? "runs the image's own program" : cat("runs ", join(a.argv, " ")), " of ", a.image,
                        " in namespace ", a.space, "; gives up after ", human_duration(a.time_limit)));
  }
  void operator()(const ExportAccess& a) {
    std::vector<std::string> roles;
    for (const std::string& role : a.cluster_roles) roles.push_back(cat("ClusterRole ", role));
    for (const std::string& role : a.roles) roles.push_back(cat("Role ", role));
    lines.push_back(cat("whoever has the file is service account ", a.account, " in namespace ", a.space,
                        roles.empty() ? ", which gets no role here" : cat(", and has ", join(roles, ", "), " there")));
    lines.push_back(cat("for a host that reaches the API server as ", a.host, ":", a.port, "; uninstall makes the token worthless"));
  }
  void operator()(const WaitInCluster& a) { lines.push_back(cat("changes nothing; gives up after ", human_duration(a.wait.time_limit))); }
  void operator()(const CaptureValue&) { lines.push_back("changes nothing in the cluster"); }
  void operator()(const MakeAuthority& a) {
    lines.push_back(cat("may sign for ", join(a.domains, ", "), ", ", join(a.ranges, ", "), " and nothing else; kept by uninstall"));
  }
  void operator()(const DrawCode&) {}
  void operator()(const IssueCertificate& a) {
    lines.push_back(cat("for ", join(a.names, ", "), a.addresses.empty() ? "" : ", ", join(a.addresses, ", ")));
  }
  void operator()(const ShareTrust& a) {
    lines.push_back(cat("ConfigMap ", k_trust_map, " and Secret ", k_site_secret, " in namespace ", a.space, "; uninstall takes them away"));
  }
  void operator()(const UseCertificate& a) {
    lines.push_back(cat("from '", a.chain, "' and '", a.key, "', for ", join(a.names, ", "), "; copied, readable by root only"));
  }
  void operator()(const CorrectClock& a) {
    lines.push_back(cat("from ", format_time(static_cast<std::int64_t>(a.seen)), " to ", format_time(static_cast<std::int64_t>(a.to)),
                        "; uninstall leaves it"));
  }
  void operator()(const MarkNode& a) {
    for (const std::string& label : a.labels)
      lines.push_back(label.ends_with('-') ? cat("without the label ", label.substr(0, label.size() - 1)) : cat("label ", label));
    for (const std::string& taint : a.remove_taints) lines.push_back(cat("without the taint ", taint));
  }
  void operator()(const KeepSiteFile& a) { lines.push_back(cat("from '", a.from, "', readable by root only; uninstall removes it here")); }
  void operator()(const WriteFilled& a) {
    if ((a.mode & 0077) != 0) return lines.push_back("readable by everybody; what is made here is filled in");
    lines.push_back(cat("readable by ", a.owner.user, " only: a ", a.owner.user == "root" ? "password" : "key", " is in it"));
  }
  void operator()(const PushImages&) {
    lines.push_back("a name that holds another image there is refused before the first push; uninstall takes nothing out of it");
  }
  void operator()(const ProvePulls& a) { lines.push_back(cat("in namespace rootcellar-proof, which is removed; gives up after ", human_duration(a.time_limit))); }
  void operator()(const UnpackData& a) {
    lines.push_back(cat("owner ", a.owner.user, "; kept by uninstall; what people change in it, later bundles leave as it is"));
  }
  void operator()(const ExportFolders& a) {
    for (const std::string_view line : split(a.content, '\n')) {
      if (!line.empty() && line.front() != '#') lines.push_back(std::string(line));
    }
  }
  void operator()(const TryManifest& a) { lines.push_back(cat("in namespace ", a.manifest.space, "; deleted again at once")); }
  void operator()(const TryMount&) { lines.push_back("read-only; changes nothing"); }
};

std::vector<std::string> changes_of(const Step& step) {
  Changes changes;
  std::visit([&](const auto& action) { changes(action); }, step.action);
  return changes.lines;
}

std::string number_column(std::size_t number) {
  const std::string digits = cat(number);
  return std::string(digits.size() < 3 ? 3 - digits.size() : 0, ' ') + digits;
}

bool is_same(const Plan& plan, const Step& step) { return plan.upgrade && plan.upgrade->same.contains(step.id); }

std::string render_steps(const Plan& plan) {
  std::string out = "\nSteps\n";
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (is_same(plan, plan.steps[i])) {
      out += cat(number_column(i + 1), "  already so: ", plan.steps[i].title, "\n");
      continue;
    }
    out += cat(number_column(i + 1), "  ", plan.steps[i].title, "\n       ", plan.steps[i].reason, "\n");
    for (const std::string& line : changes_of(plan.steps[i])) out += cat("       - ", line, "\n");
  }
  return out;
}

std::string render_ports(const Plan& plan) {
  std::string out = "\nPorts opened\n";
  if (plan.ports.empty()) out += "  none\n";
  for (const OpenedPort& port : plan.ports) {
    out += cat("  ", port.address, " port ", port.port, port.last == 0 ? "" : cat("-", port.last),
               port.protocol == "tcp" ? "" : cat("/", port.protocol), ": ", port.purpose,
               port.from.empty() ? "" : cat("; from ", port.from), "\n");
  }
  return out;
}

std::string render_space(const Plan& plan) {
  std::string out = "\nSpace\n";
  for (const SpaceLine& line : plan.space) {
    out += cat("  the filesystem of ", line.path, ": needs ", human_size(line.needed), ", has ", human_size(line.available), " free\n");
    for (const SpaceNeed& need : line.needs) {
      out += cat("    ", human_size(need.bytes), "  ", need.purpose, need.path.empty() ? "" : cat(" (", need.path, ")"), "\n");
    }
  }
  return out;
}

std::string render_list(std::string_view head, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string out = cat("\n", head, "\n");
  for (const std::string& line : lines) out += cat("  - ", line, "\n");
  return out;
}

JsonValue json_need(const SpaceNeed& need) {
  return JsonValue::object({{"path", JsonValue::string(need.path)},
                            {"purpose", JsonValue::string(need.purpose)},
                            {"bytes", JsonValue::number(need.bytes)},
                            {"temporary", JsonValue::boolean(need.temporary)}});
}

JsonValue json_space(const SpaceLine& line) {
  JsonValue needs = JsonValue::array();
  for (const SpaceNeed& need : line.needs) needs.push(json_need(need));
  return JsonValue::object({{"path", JsonValue::string(line.path)},
                            {"needed", JsonValue::number(line.needed)},
                            {"available", JsonValue::number(line.available)},
                            {"needs", std::move(needs)}});
}

JsonValue json_port(const OpenedPort& port) {
  return JsonValue::object({{"address", JsonValue::string(port.address)},
                            {"port", JsonValue::number(port.port)},
                            {"last", JsonValue::number(port.last == 0 ? port.port : port.last)},
                            {"protocol", JsonValue::string(port.protocol)},
                            {"from", JsonValue::string(port.from)},
                            {"purpose", JsonValue::string(port.purpose)}});
}

JsonValue json_upgrade(const Upgrade& upgrade) {
  return JsonValue::object({{"from", JsonValue::number(upgrade.from)},
                            {"gone", JsonValue::string_array(upgrade.gone)},
                            {"left", JsonValue::string_array(upgrade.left)}});
}

JsonValue json_step(const Plan& plan, const Step& step) {
  return JsonValue::object({{"id", JsonValue::string(step.id)},
                            {"title", JsonValue::string(step.title)},
                            {"reason", JsonValue::string(step.reason)},
                            {"already", JsonValue::boolean(is_same(plan, step))},
                            {"changes", JsonValue::string_array(changes_of(step))}});
}

}  // namespace

std::string render_plan(const Plan& plan, const Header& header) {
  std::string out = cat("Plan for ", bundle_name(header), ", serial ", header.serial, ", made ", format_time(header.created), "\n");
  if (plan.upgrade) out += cat("Takes the place of serial ", plan.upgrade->from, ", which is installed here\n");
  out += render_steps(plan);
  if (plan.upgrade) {
    out += render_list("What only the installed bundle has", plan.upgrade->gone);
    out += render_list("Left until uninstall", plan.upgrade->left);
  }
  out += render_ports(plan) + render_space(plan);
  out += render_list("Good to know", plan.cautions);
  out += render_list("It cannot be installed here, because", plan.refusals);
  return out;
}

JsonValue plan_json(const Plan& plan) {
  JsonValue steps = JsonValue::array(), ports = JsonValue::array(), space = JsonValue::array();
  for (const Step& step : plan.steps) steps.push(json_step(plan, step));
  for (const OpenedPort& port : plan.ports) ports.push(json_port(port));
  for (const SpaceLine& line : plan.space) space.push(json_space(line));
  JsonValue json = JsonValue::object({{"steps", std::move(steps)},
                                      {"ports", std::move(ports)},
                                      {"space", std::move(space)},
                                      {"cautions", JsonValue::string_array(plan.cautions)},
                                      {"refusals", JsonValue::string_array(plan.refusals)}});
  if (plan.upgrade) json.set("upgrade", json_upgrade(*plan.upgrade));
  return json;
}

}  // namespace rootcellar
