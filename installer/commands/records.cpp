#include "installer/commands/records.h"

#include <memory>

#include "bundle/base/cli.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/commands/kept_state.h"
#include "installer/commands/program.h"
#include "installer/plan/lan_page.h"

namespace rootcellar {
namespace {

JsonValue names_json(const SiteRecords& records) {
  JsonValue hosts = JsonValue::array();
  for (const LanHost& host : records.names.hosts) {
    hosts.push(JsonValue::object({{"name", JsonValue::string(cat(host.name, ".", records.names.domain))},
                                  {"address", JsonValue::string(host.address)}}));
  }
  return JsonValue::object({{"domain", JsonValue::string(records.names.domain)},
                            {"address", JsonValue::string(records.names.address)},
                            {"everything_below", JsonValue::boolean(records.names.everything_below)},
                            {"hosts", std::move(hosts)}});
}

ExitCode records(cli::Console& console, const std::string& format, Surroundings& surroundings) {
  if (format != "zone" && format != "hosts")
    throw UsageError(cat("option '--format': expected zone or hosts, found '", printable(format), "'"));
  if (!surroundings.host.is_root()) throw HostError("cannot read what the site answered: only root can", "begin the command with 'sudo'");
  const std::optional<SiteRecords> found = site_records(surroundings);
  if (!found) {
    console.say("Nothing is installed here that has names on the site's network.");
    return ExitCode::failed_check;
  }
  if (console.json()) console.event("records", names_json(*found));
  else console.print(format == "zone" ? found->zone : hosts_lines(found->names));
  return ExitCode::ok;
}

}  // namespace

std::optional<SiteRecords> site_records(Surroundings& surroundings) {
  const KeptState kept(surroundings);
  const std::optional<Bundle> bundle = kept.open();
  if (!bundle || !bundle->index().appliance.lan.enabled) return std::nullopt;
  const std::optional<JournaledPlan> plan = journaled_plan(Journal(surroundings.host, kept.journal_path()).records());
  if (!plan || plan->join) return std::nullopt;  // the first node knows the site's names
  const Answers answers = kept.answers().value_or(Answers());
  const Facts facts = read_facts(surroundings.host, {});
  const Layout layout = make_layout(bundle->index().appliance, answers);
  const LanSite site = make_lan_site({bundle->header(), bundle->index(), facts, answers, layout});
  if (site.names.domain.empty()) return std::nullopt;
  return SiteRecords{site.names, site.nameserver, records_zone(site.names, bundle->header())};
}

std::string records_to_ask_for(Surroundings& surroundings) {
  const std::optional<SiteRecords> found = site_records(surroundings);
  if (!found || found->nameserver) return {};
  return cat("Whoever runs this network's nameserver has to take in these records; 'rootcellar-install records' prints them again:\n",
             found->zone);
}

cli::Command records_command(Surroundings& surroundings) {
  auto format = std::make_shared<std::string>("zone");
  cli::Command command;
  command.name = "records";
  command.summary = "print the site's names for another's nameserver or for hosts files";
  command.description =
      "For a network that has a nameserver of its own: the zone with every name of the installed appliance, as its nameserver takes it in. "
      "--format hosts prints lines for the hosts files of machines that can ask no nameserver. The page has both as files.";
  command.examples = {"sudo rootcellar-install records > lab.zone", "sudo rootcellar-install records --format hosts"};
  command.options = {{.names = "--format", .value = "FORMAT", .help = "zone (RFC 1035) or hosts", .text = format.get()}};
  command.run = [format, &surroundings](cli::Console& console) { return records(console, *format, surroundings); };
  return command;
}

}  // namespace rootcellar
