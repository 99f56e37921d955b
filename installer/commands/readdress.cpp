#include <algorithm>
#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/care/cluster_report.h"
#include "installer/commands/care_setting.h"
#include "installer/commands/changed_plan.h"
#include "installer/commands/install_unit.h"
#include "installer/commands/program.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/facts.h"
#include "installer/plan/storage.h"
#include "installer/run/node_address.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;

struct ReaddressOptions {
  std::optional<std::string> address;
  bool yes = false;
};

/// The one that a new cluster on this machine would have.
struct Present {
  std::string address;
  std::string exports;  ///< the table that its network gets
};
Present present_address(const CareSetting& setting, Surroundings& surroundings, const ReaddressOptions& options) {
  const Facts facts = read_facts(surroundings.host, {});
  Answers answers = KeptState(surroundings).answers().value_or(Answers());
  answers.cluster.address = options.address;
  const Index& index = setting.bundle.index();
  const Layout layout = make_layout(index.appliance, answers);
  const PlanInput input{setting.bundle.header(), index, facts, answers, layout};
  const ClusterSite site = make_cluster_site(input);
  const bool own = std::find(facts.addresses.begin(), facts.addresses.end(), site.address) != facts.addresses.end();
  const std::vector<std::string> here = own_addresses(surroundings.host);
  if (here.empty()) throw HostError("cannot readdress: this machine has no address in a network", "give it one first");
  if (site.address.empty())
    throw HostError(cat("cannot readdress: this machine has several addresses: ", join(here, ", ")), "say which with --address");
  if (!own) throw HostError(cat("cannot readdress: ", site.address, " is not an address of this machine, which has ", join(here, ", ")));
  const auto is_route = [](const Step& step) { return step.id == "route"; };
  if (site.own_route && std::none_of(setting.plan.steps.begin(), setting.plan.steps.end(), is_route))
    throw HostError("cannot readdress: this machine has no default route any more, and pods reach services only with one", "set it first");
  return {site.address, serves_nfs(input) ? exports_table(input) : std::string()};
}

Step with_address(const Step& step, const std::string& from, const Present& present) {
  const std::string& to = present.address;
  if (const auto* exports = std::get_if<ExportFolders>(&step.action))
    return {step.id, step.title, step.reason, ExportFolders{exports->table, present.exports}};
  if (const auto* file = std::get_if<WriteFile>(&step.action); file != nullptr && file->path == k_container_exports_table)
    return {step.id, step.title, step.reason, WriteFile{file->path, present.exports}};
  return decode_step(parse_json(replace_address(encode_step(step).dump(), from, to), step.id, {.bytes = k_limit * 64, .depth = 64}),
                     step.id);
}

/// Another network may have come with the address.
void follow_networks(std::vector<Step>& steps, const std::string& from, const std::string& to, HostSystem& host) {
  const NodeFacts node = read_facts(host, {}).node;
  for (Step& step : steps) {
    if (auto* firewall = std::get_if<OpenFirewall>(&step.action)) follow_network(*firewall, from, to, node);
  }
}

/// Another address is another certificate, though the step says the same.
bool holds_certificate(const Step& step) {
  const auto* file = std::get_if<WriteFilled>(&step.action);
  const bool filled = file != nullptr && (file->text.find("-certificate}") != file->text.npos || file->text.find("-certificate-") != file->text.npos);
  return filled || std::holds_alternative<ShareTrust>(step.action);
}

/// A step that says the address, the one that brings the node along, and what the new certificate goes to.
bool is_concerned(const Step& before, const Step& after) {
  return std::holds_alternative<KubeadmInit>(before.action) || holds_certificate(before) || encode_step(before).dump() != encode_step(after).dump();
}

void keep_answers(const std::string& from, const std::string& to, Surroundings& surroundings) {
  KeptState kept(surroundings);
  const std::optional<Answers> answers = kept.answers();
  if (answers) kept.keep_answers(parse_answers(replace_address(encode_answers(*answers), from, to), kept.answers_path()));
}

ExitCode readdress(cli::Console& console, const ReaddressOptions& options, Surroundings& surroundings) {
  std::optional<CareSetting> setting(open_care("readdress", surroundings));
  if (setting->node.join)
    throw HostError("cannot readdress: this machine joined a cluster", "run 'rootcellar-install uninstall' here, and join it again");
  const std::string from = address_in_config(surroundings.host.read_file(setting->node.config, k_limit).value_or(""));
  const Present present = present_address(*setting, surroundings, options);
  const std::string& to = present.address;
  if (from == to && !address_has_changed(setting->node, surroundings.host)) {
    console.say(cat("The cluster knows this machine by ", to, " already: there is nothing to do."));
    return ExitCode::ok;
  }
  Change change;
  for (const Step& step : setting->plan.steps) change.steps.push_back(with_address(step, from, present));
  follow_networks(change.steps, from, to, surroundings.host);
  for (std::size_t i = 0; i < change.steps.size(); ++i)
    (is_concerned(setting->plan.steps[i], change.steps[i]) ? change.concerned : change.same).push_back(&change.steps[i]);
  std::string text = cat("This machine was ", from, " and is ", to, ". What says so is changed:\n");
  for (const Step* step : change.concerned) text += cat("  - ", step->title, "\n");
  if (!console.json()) console.print(cat(text, "The API server does not answer for about a minute; pods run on.\n"));
  confirm(options.yes, "readdress", console);
  journal_change(*setting, change, surroundings);
  keep_answers(from, to, surroundings);
  const std::vector<std::string> places = setting->plan.places;
  setting.reset();  // the unit takes the lock
  run_install_unit(surroundings, console, places);
  console.say(cat("The cluster knows this machine by ", to, " now."));
  return ExitCode::ok;
}

}  // namespace

cli::Command readdress_command(Surroundings& surroundings) {
  auto options = std::make_shared<ReaddressOptions>();
  cli::Command command;
  command.name = "readdress";
  command.summary = "follow a changed address of this machine";
  command.description =
      "When this machine has another address than when its cluster was made: makes the certificates that bear it anew, changes manifests, "
      "kubeconfigs, the kubelet's flags, etcd's own record, /etc/hosts, mirrors and every other file of the installation that says it. "
      "Stopped on the way, 'rootcellar-install resume' goes on. For the only control-plane node of a cluster.";
  command.examples = {"sudo rootcellar-install readdress", "sudo rootcellar-install readdress --address 192.168.7.20"};
  command.options = {{.names = "--address",
                      .value = "ADDRESS",
                      .help = "which of this machine's addresses; default: as install chooses",
                      .optional_text = &options->address},
                     {.names = "--yes", .help = "do not ask whether to go on", .flag = &options->yes}};
  command.run = [options, &surroundings](cli::Console& console) { return readdress(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
