#include <algorithm>
#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/commands/install_unit.h"
#include "installer/commands/join_ticket.h"
#include "installer/commands/kept_state.h"
#include "installer/commands/our_tags.h"
#include "installer/commands/program.h"
#include "installer/commands/pushed_images.h"
#include "installer/commands/status_nodes.h"
#include "installer/run/cluster_leave.h"
#include "installer/run/history.h"
#include "installer/run/registry_contents.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_listed = 20;  // lines of one list; more is a number

struct UninstallOptions {
  bool yes = false;
  bool purge_data = false;
  std::optional<std::string> product;
};

/// What uninstall looks at before it asks.
struct Inventory {
  std::vector<OpenStep> steps;
  std::vector<KeptData> data;
  std::vector<std::string> pushed;
  std::string product;  ///< empty when nothing of a bundle is kept
  std::string cluster;  ///< what the cluster's other machines have to do with it; empty: nothing
};

/// A stopped upgrade leaves tags of the earlier bundle.
std::vector<std::string> without_ours(std::vector<std::string> names, const std::vector<OpenStep>& steps, const std::string& root,
                                      HostSystem& host) {
  const std::set<std::string> ours = tags_of_steps(steps);
  const RegistryPaths paths(root);
  std::erase_if(names, [&](const std::string& name) {
    const std::size_t colon = name.rfind(':');
    const auto digest = host.read_file(paths.tag_link(name.substr(0, colon), name.substr(colon + 1)), 256);
    return digest && ours.contains(cat(name, " ", trim(*digest)));
  });
  return names;
}

std::vector<std::string> pushed_since(Surroundings& surroundings, const std::vector<OpenStep>& steps, const Index& index) {
  for (const OpenStep& open : steps) {
    const auto* fill = std::get_if<FillRegistry>(&open.step.action);
    if (fill != nullptr) return without_ours(pushed_images(surroundings.host, fill->root, index), steps, fill->root, surroundings.host);
  }
  return {};
}

/// A worker cannot take itself out of the cluster's list.
std::string leaving_text(const JoinTicket& cluster, const KubeadmInit& node) {
  if (cluster.control_plane)
    return cat("The cluster of ", cluster.address, " goes on without this machine, once its pods have moved away.\n");
  return cat("The cluster of ", cluster.address, " goes on without this machine: the pods here end. Afterwards run on its first node:\n  ",
             removal_command(node.node), "\n");
}

std::string orphans_text(const ClusterView& view, const std::string& self) {
  std::vector<std::string> others;
  for (const NodeLine& line : view.nodes) {
    if (line.node != self && line.state != "has not joined") others.push_back(line.node);
  }
  if (others.empty()) return {};
  return cat("The cluster ends with this first node. Uninstall before, each on itself: ", join(others, ", "), "\n");
}

std::string cluster_text(Surroundings& surroundings, const Bundle& bundle, const Journal& journal, const std::vector<OpenStep>& steps) {
  const std::optional<JournaledPlan> plan = journaled_plan(journal.records());
  if (!plan) return {};
  for (const OpenStep& open : steps) {
    const auto* node = std::get_if<KubeadmInit>(&open.step.action);
    if (node == nullptr) continue;
    if (node->join) return plan->join ? leaving_text(*plan->join, *node) : std::string();
    const std::optional<ClusterView> view = look_at_cluster(surroundings, bundle, *plan);
    const std::optional<std::string> self = surroundings.host.read_file("/proc/sys/kernel/hostname", 256);
    return view ? orphans_text(*view, lower_ascii(trim(self.value_or("")))) : std::string();
  }
  return {};
}

Inventory take_inventory(Surroundings& surroundings, const Journal& journal, const std::optional<Bundle>& bundle) {
  Inventory inventory{open_steps(journal.records()), kept_data(journal.records(), surroundings.host), {}, {}, {}};
  if (!bundle) return inventory;
  inventory.cluster = cluster_text(surroundings, *bundle, journal, inventory.steps);
  inventory.product = bundle->header().product;
  inventory.pushed = pushed_since(surroundings, inventory.steps, bundle->index());
  return inventory;
}

std::string listed(std::string_view head, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string out = cat(head, "\n");
  for (std::size_t i = 0; i < std::min(lines.size(), k_listed); ++i) out += cat("  - ", lines[i], "\n");
  if (lines.size() > k_listed) out += cat("  and ", lines.size() - k_listed, " more\n");
  return out;
}

std::string render(const Inventory& inventory, bool purge_data) {
  std::vector<std::string> back, data;
  // After an upgrade a step is there once for each bundle.
  for (auto open = inventory.steps.rbegin(); open != inventory.steps.rend(); ++open) {
    if (leaves_nothing(open->step)) continue;
    if (std::find(back.begin(), back.end(), open->step.title) == back.end()) back.push_back(open->step.title);
  }
  for (const KeptData& kept : inventory.data) data.push_back(cat(kept.path, ", ", human_size(kept.bytes)));
  std::string out = listed("Taken back, last first:", back);
  out += listed(purge_data ? "Removed with everything in it:" : "Kept, with what people put there:", data);
  out += inventory.cluster;
  return out + listed(purge_data ? "Images that people pushed, removed too:" : "Images that people pushed, kept:", inventory.pushed);
}

void ask_to_go_on(const UninstallOptions& options, cli::Console& console) {
  if (options.yes || options.purge_data) return;
  if (!console.interactive()) throw UsageError("cannot ask whether to uninstall: this is no terminal", "give --yes");
  if (trim(console.ask("Type 'yes' to take it back: ", "whether to uninstall")) != "yes") throw UsageError("the answer was not 'yes'");
}

/// Data of people goes only when they name what they mean: a 'yes' is typed too quickly.
void ask_for_product(const UninstallOptions& options, const Inventory& inventory, cli::Console& console) {
  if (!options.purge_data) return;
  const std::string wanted = inventory.product.empty() ? "data" : inventory.product;
  if (!options.product && !console.interactive()) {
    throw UsageError("cannot ask for the product's name: this is no terminal", cat("give --product ", wanted, " to remove people's data"));
  }
  const std::string typed =
      options.product ? *options.product : console.ask(cat("Type '", wanted, "' to remove all of this: "), "the product's name");
  if (trim(typed) != wanted) throw UsageError(cat("expected the product's name '", wanted, "', found '", trim(typed), "'"));
}

void take_back(Surroundings& surroundings, cli::Console& console, Journal& journal, std::optional<Bundle>& bundle, bool purge_data) {
  RunContext context{
      .host = surroundings.host, .bundle = bundle ? &*bundle : nullptr, .progress = console.progress(), .paths = surroundings.paths};
  undo_all(journal, context, purge_data);
  JoinSecrets(surroundings).forget();
  const std::vector<KeptData> kept = kept_data(journal.records(), surroundings.host);
  KeptState(surroundings).forget(kept.empty());
  for (const KeptData& data : kept) console.say(cat("kept: ", data.path, ", ", human_size(data.bytes)));
  console.say("Uninstalled.");
}

ExitCode uninstall(cli::Console& console, const UninstallOptions& options, Surroundings& surroundings) {
  if (!surroundings.host.is_root()) throw HostError("cannot uninstall: only root can", "begin the command with 'sudo'");
  if (install_unit_active(surroundings)) {
    throw HostError("cannot uninstall: an installation is running",
                    cat("wait for its end, or stop it with 'systemctl stop ", k_install_unit, "'"));
  }
  const FileLock lock(surroundings.lock);
  const KeptState kept(surroundings);
  std::optional<Bundle> bundle = kept.open();
  Journal journal(surroundings.host, kept.journal_path());
  const Inventory inventory = take_inventory(surroundings, journal, bundle);
  if (!bundle && inventory.steps.empty() && inventory.data.empty()) {
    JoinSecrets(surroundings).forget();
    KeptState(surroundings).forget(true);
    console.say("Nothing is installed here.");
    return ExitCode::ok;
  }
  console.print(render(inventory, options.purge_data));
  ask_for_product(options, inventory, console);
  ask_to_go_on(options, console);
  take_back(surroundings, console, journal, bundle, options.purge_data);
  return ExitCode::ok;
}

}  // namespace

cli::Command uninstall_command(Surroundings& surroundings) {
  auto options = std::make_shared<UninstallOptions>();
  cli::Command command;
  command.name = "uninstall";
  command.summary = "take back what install made";
  command.description =
      "Takes back our files, packages, users and units, and puts back what was there before. What people made is kept and listed: "
      "pushed images, volumes, data. Needs no stick.";
  command.examples = {"sudo rootcellar-install uninstall", "sudo rootcellar-install uninstall --purge-data --product lab"};
  command.options = {
      {.names = "--yes", .help = "do not ask whether to go on", .flag = &options->yes},
      {.names = "--purge-data", .help = "remove what people made too; asks for the product's name", .flag = &options->purge_data},
      {.names = "--product",
       .value = "NAME",
       .help = "the product's name, when there is no terminal to type it",
       .optional_text = &options->product}};
  command.run = [options, &surroundings](cli::Console& console) { return uninstall(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
