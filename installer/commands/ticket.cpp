#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/commands/care_setting.h"
#include "installer/commands/install_unit.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"
#include "installer/commands/site_plan.h"
#include "installer/run/join_material.h"
#include "installer/run/lan_step.h"
#include "installer/run/runtime_values.h"
#include "installer/run/secret_material.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_shortest = 600, k_longest = 7 * 86400, k_default = 86400;  // seconds
constexpr std::size_t k_file_limit = std::size_t{256} << 10;
constexpr std::string_view k_begins = "untrusted comment: rootcellar join ticket";

struct TicketOptions {
  std::string output;
  bool control_plane = false;
  std::optional<std::string> ttl;
};

std::uint64_t parse_ttl(const std::string& text) {
  const std::uint64_t unit = text.ends_with('m') ? 60 : text.ends_with('h') ? 3600 : text.ends_with('d') ? 86400 : 0;
  const std::optional<std::uint64_t> count = unit == 0 ? std::nullopt : parse_u64(std::string_view(text).substr(0, text.size() - 1));
  if (!count || *count > k_longest || *count * unit < k_shortest || *count * unit > k_longest)
    throw UsageError(cat("--ttl: expected a time from 10m to 7d, found '", printable(text), "'"), "give it like 90m, 24h or 3d");
  return *count * unit;
}

std::uint64_t lifetime(const TicketOptions& options) {
  const std::uint64_t seconds = options.ttl ? parse_ttl(*options.ttl) : options.control_plane ? k_certificates_kept : k_default;
  if (options.control_plane && seconds > k_certificates_kept)
    throw UsageError(cat("--ttl: expected at most 2h with --control-plane, found '", *options.ttl, "'"),
                     "kubeadm keeps the certificates for joining control-plane nodes that long");
  return seconds;
}

/// Never over a file that is something else; and before a token is made.
void check_output(const std::string& path, HostSystem& host) {
  const std::optional<FileStatus> folder = host.status(path_parent(path));
  if (!folder || folder->type == FileStatus::Type::file)
    throw UsageError(cat("cannot write '", path, "': expected a directory '", path_parent(path), "', found none"), "give another path");
  const std::optional<FileStatus> found = host.status(path);
  if (!found) return;
  const bool is_ticket = found->type == FileStatus::Type::file && found->size <= k_file_limit &&
                         host.read_file(path, k_file_limit).value_or("").starts_with(k_begins);
  if (!is_ticket) throw UsageError(cat("'", path, "' is there already and is no ticket"), "give another path");
}

/// What this first node knows, without asking the cluster.
struct FirstNode {
  Bundle bundle;
  Answers answers;
  Facts facts;
};

FirstNode look_at_first_node(Surroundings& surroundings) {
  const KeptState kept(surroundings);
  std::optional<Bundle> bundle = kept.open();
  const Journal journal(surroundings.host, kept.journal_path());
  std::optional<JournaledPlan> plan = journaled_plan(journal.records());
  if (!bundle || !plan) throw HostError("cannot make a ticket: nothing is installed here", "run it on the cluster's first node");
  if (plan->join) {
    throw HostError(cat("cannot make a ticket: this machine joined the cluster of ", plan->join->address),
                    "run it there, on the first node");
  }
  if (uses_site_cluster(*plan))
    throw HostError("cannot make a ticket: the cluster is the site's own, and those who run it say who joins");
  if (!bundle->index().appliance.cluster.enabled)
    throw HostError(cat("cannot make a ticket: '", bundle_name(bundle->header()), "' has no cluster"));
  if (!plan->finished) throw HostError("cannot make a ticket: the installation is not complete", "run 'rootcellar-install resume' first");
  FirstNode node{*std::move(bundle), kept.answers().value_or(Answers()), {}};
  node.facts = read_facts(surroundings.host, {});
  node.facts.installed = kept.installed();
  if (node.facts.installed) node.facts.installed->steps = std::move(plan->steps);
  return node;
}

SecretKey read_site_key(Surroundings& surroundings) {
  const std::string path = path_join(surroundings.paths.secrets(), k_site_key);
  const std::optional<std::string> text = surroundings.host.read_file(path, 4096);
  if (!text)
    throw InputError(cat("cannot make a ticket: expected the site's key '", path, "', found none"), "it was made with the cluster");
  const SecretText secret(*text);
  return SecretKey::parse(secret.view(), {}, path);
}

/// Its public half lies where people may read it, and is the one that every ticket so far was signed by.
void pin(const PublicKey& key, KeptState& kept) {
  const std::optional<PublicKey> pinned = kept.pinned_site();
  if (pinned && !(*pinned == key)) {
    throw TrustError(cat("'", kept.site_key_path(), "' holds another key than the site's own, ", key.id_text()),
                     "machines that joined have pinned one of the two; put the file back as it was");
  }
  if (!pinned) kept.pin_site(key);
}

/// A machine that joins believes them from the start.
void add_authorities(const Appliance& appliance, JoinTicket& ticket, const ActionScope& scope) {
  const auto text = [&](const std::string& set) {
    const std::string path = secret_path(certificate_set(set).authority, scope);
    return scope.host().exists(path) ? cat(read_kept(path, scope), "\n") : std::string();
  };
  if (!ticket.domain.empty()) ticket.authority = text(k_site_set);
  if (appliance.cluster.runtime == "docker" && !appliance.registry.own_names.empty() && !ticket.site_registry) ticket.names_authority = text("mirror");
}

JoinTicket fill_ticket(const TicketOptions& options, const FirstNode& node, Surroundings& surroundings) {
  const std::uint64_t seconds = lifetime(options);
  const Header& header = node.bundle.header();
  JoinTicket ticket = ticket_facts(header, node.bundle.index(), node.facts, node.answers);
  const Step step{"ticket", "make a ticket", "", WaitInCluster{}};
  RunContext context{.host = surroundings.host, .progress = silent_progress(), .paths = surroundings.paths};
  const ActionScope scope{step, context};
  if (options.control_plane) {
    ticket.certificate_key = random_hex(64);
    upload_certificates(certificates_config(header, node.bundle.index(), node.facts, node.answers, ticket.certificate_key),
                        ticket.certificate_key, scope);
  }
  ticket.made = surroundings.host.now();
  ticket.expires = ticket.made + static_cast<std::int64_t>(seconds);
  const JoinMaterial material = make_join_token(seconds, cat("ticket of rootcellar-install, ", format_time(ticket.made)), scope);
  ticket.token = material.token;
  ticket.ca_hash = material.ca_hash;
  add_authorities(node.bundle.index().appliance, ticket, scope);
  ticket.signers = encode_trust(KeptState(surroundings).pinned().value_or(TrustPolicy()));
  return ticket;
}

void tell(const TicketOptions& options, const JoinTicket& ticket, const PublicKey& key, cli::Console& console) {
  if (console.json()) {
    console.event("ticket", JsonValue::object({{"path", JsonValue::string(options.output)},
                                               {"expires", JsonValue::string(format_time(ticket.expires))},
                                               {"control_plane", JsonValue::boolean(!ticket.certificate_key.empty())},
                                               {"words", JsonValue::string(key.fingerprint_words())}}));
    return;
  }
  console.print(cat("ticket       ", options.output, "\nlets join    ",
                    ticket.certificate_key.empty() ? "workers" : "workers and control-plane nodes", " with ", ticket.product, "-",
                    ticket.variant, "-", ticket.serial, "-", ticket.architecture, "\nuntil        ", format_time(ticket.expires),
                    "\nsix words    ", key.fingerprint_words(), "\n"));
  console.say(
      "Write the six words on paper: each machine that joins asks for them once. The ticket is a secret: erase it when all have joined.");
}

ExitCode ticket(cli::Console& console, const TicketOptions& options, Surroundings& surroundings) {
  lifetime(options);
  if (!surroundings.host.is_root()) throw HostError("cannot make a ticket: only root can", "begin the command with 'sudo'");
  const std::string path = absolute_path(options.output);
  check_output(path, surroundings.host);
  const FileLock lock(surroundings.lock);
  const FirstNode node = look_at_first_node(surroundings);
  const SecretKey key = read_site_key(surroundings);
  KeptState kept(surroundings);
  pin(key.public_key(), kept);
  const JoinTicket made = fill_ticket(options, node, surroundings);
  surroundings.host.write_file(path, seal_ticket(made, key), 0600, Owner{{}, {}});
  tell(options, made, key.public_key(), console);
  return ExitCode::ok;
}

}  // namespace

cli::Command ticket_command(Surroundings& surroundings) {
  auto options = std::make_shared<TicketOptions>();
  cli::Command command;
  command.name = "ticket";
  command.summary = "on the first node: write a ticket by which other machines join the cluster";
  command.description =
      "Writes a small file, signed by the site's own key and good for a while, with which 'install --join' makes another machine a node of "
      "this cluster. Prints six words: each machine that joins asks for them once, and then believes the ticket and the bundle. "
      "Whoever has the file can join until it ends: erase it when all have joined.";
  command.examples = {"sudo rootcellar-install ticket -o /media/stick/join.ticket",
                      "sudo rootcellar-install ticket -o /media/stick/second.ticket --control-plane --ttl 1h"};
  command.options = {{.names = "-o,--output",
                      .value = "PATH",
                      .help = "where the ticket is written, for root only",
                      .text = &options->output,
                      .required = true},
                     {.names = "--control-plane",
                      .help = "let control-plane nodes join too; ends after 2h at the latest",
                      .flag = &options->control_plane},
                     {.names = "--ttl",
                      .value = "TIME",
                      .help = "how long it is good: 90m, 24h, 3d; without it 24h, or 2h with --control-plane",
                      .optional_text = &options->ttl}};
  command.run = [options, &surroundings](cli::Console& console) { return ticket(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
