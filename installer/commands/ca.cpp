#include <algorithm>
#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/signing.h"
#include "bundle/base/text.h"
#include "installer/care/authority_copy.h"
#include "installer/commands/care_setting.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"
#include "installer/pki/authority.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_longest_passphrase = 4096;

struct CaOptions {
  std::string action;
  std::optional<std::string> to, from, passphrase_file;
  bool move = false;
  bool yes = false;
};

SecretText read_passphrase(const std::string& path, HostSystem& host) {
  const auto text = host.read_file(path, k_longest_passphrase);
  if (!text) throw InputError(cat("cannot read '", path, "': it is not there"));
  const SecretText whole(*text);
  SecretText first(std::string(whole.view().substr(0, whole.view().find_first_of("\r\n"))));
  if (first.view().empty()) throw InputError(cat("the first line of '", path, "' is empty: expected a passphrase"));
  return first;
}

SecretText new_passphrase(cli::Console& console) {
  SecretText first = console.ask_secret("passphrase for the authority's key: ", "a passphrase");
  if (first.view().empty()) throw UsageError("the passphrase is empty", "nothing was written; run the command again");
  const SecretText second = console.ask_secret("the same once more: ", "the passphrase again");
  if (first.view() != second.view()) throw UsageError("the two passphrases differ", "nothing was written; run the command again");
  return first;
}

AskPassphrase asking(const CaOptions& options, bool for_new, cli::Console& console, HostSystem& host) {
  return [&options, for_new, &console, &host] {
    if (options.passphrase_file) return read_passphrase(*options.passphrase_file, host);
    return for_new ? new_passphrase(console) : console.ask_secret("passphrase of the authority's key: ", "a passphrase");
  };
}

std::string key_text(const KeptAuthority& kept) {
  switch (kept.key) {
    case KeptAuthority::Key::open: return "on this machine, readable by root only";
    case KeptAuthority::Key::sealed: return "on this machine, under a passphrase";
    case KeptAuthority::Key::moved: return cat("moved to ", kept.moved);
    case KeptAuthority::Key::none: break;
  }
  return "not on this machine";
}

void show(const ActionScope& scope, cli::Console& console) {
  const KeptAuthority kept = require_authority("show the site's authority", scope);
  const std::string fingerprint = certificate_fingerprint(kept.certificate), words = six_words(*hex_decode(fingerprint));
  const std::string until = format_time(certificate_validity(kept.certificate).until);
  if (console.json()) {
    return console.event("authority", JsonValue::object({{"domains", JsonValue::string_array(authority_domains(kept.certificate))},
                                                         {"until", JsonValue::string(until)},
                                                         {"fingerprint", JsonValue::string(spelled_fingerprint(fingerprint))},
                                                         {"words", JsonValue::string(words)},
                                                         {"key", JsonValue::string(key_text(kept))}}));
  }
  console.print(cat("authority for  ", join(authority_domains(kept.certificate), ", "), "\nuntil          ", until, "\nkey            ", key_text(kept),
                    "\nfingerprint    ", spelled_fingerprint(fingerprint), "\nsix words      ", words, "\n"));
}

std::string whole_path(const std::optional<std::string>& folder, std::string_view option) {
  if (!folder) throw UsageError(cat("missing option '", option, "'"), "give the folder, on a stick for example");
  return absolute_path(*folder);
}

/// What uses the authority now.
bool is_used(Surroundings& surroundings) {
  const KeptState kept(surroundings);
  const auto plan = journaled_plan(Journal(surroundings.host, kept.journal_path()).records());
  return plan && kept.open() && std::any_of(plan->steps.begin(), plan->steps.end(), [](const Step& step) {
           return std::holds_alternative<MakeAuthority>(step.action) || std::holds_alternative<UseCertificate>(step.action);
         });
}

void forget(const CaOptions& options, const ActionScope& scope, Surroundings& surroundings, cli::Console& console) {
  require_authority("forget the site's authority", scope);
  if (is_used(surroundings))
    throw HostError("cannot forget the site's authority: the installed appliance uses it", "run 'rootcellar-install uninstall' first");
  if (!console.json()) console.print("Every device that trusts this authority has to be told of another one afterwards.\n");
  confirm(options.yes, "forget it", console);
  forget_authority(scope);
}

std::string site_domain(Surroundings& surroundings) {
  const KeptState kept(surroundings);
  const std::optional<Bundle> bundle = kept.open();
  const std::string usual = bundle && bundle->index().appliance.lan.enabled ? bundle->index().appliance.lan.domain : std::string();
  return kept.answers().value_or(Answers()).lan.domain.value_or(usual);
}

void act(const CaOptions& options, const ActionScope& scope, Surroundings& surroundings, cli::Console& console) {
  HostSystem& host = surroundings.host;
  if (options.action == "forget") return forget(options, scope, surroundings, console);
  if (options.action == "export") export_authority(whole_path(options.to, "--to"), options.move, asking(options, true, console, host), scope);
  else if (options.action == "restore")
    restore_authority(whole_path(options.from, "--from"), site_domain(surroundings), asking(options, false, console, host), scope);
  else if (options.action == "seal") seal_authority_key(asking(options, true, console, host), scope);
  else if (options.action == "unseal") unseal_authority_key(asking(options, false, console, host), scope);
  show(scope, console);
}

void require_fitting(const CaOptions& options) {
  constexpr std::string_view k_actions[] = {"show", "export", "restore", "seal", "unseal", "forget"};
  if (std::find(std::begin(k_actions), std::end(k_actions), options.action) == std::end(k_actions))
    throw UsageError(cat("expected show, export, restore, seal, unseal or forget, found '", printable(options.action), "'"));
  if (options.move && options.action != "export") throw UsageError("--move goes with 'export' only");
}

ExitCode ca(cli::Console& console, const CaOptions& options, Surroundings& surroundings) {
  require_fitting(options);
  require_alone(cat(options.action, " the site's authority"), surroundings);
  const FileLock lock(surroundings.lock);
  RunContext context{.host = surroundings.host, .progress = console.progress(), .paths = surroundings.paths};
  const Step step = care_step("ca");
  act(options, {step, context}, surroundings, console);
  return ExitCode::ok;
}

}  // namespace

cli::Command ca_command(Surroundings& surroundings) {
  auto options = std::make_shared<CaOptions>();
  cli::Command command;
  command.name = "ca";
  command.summary = "show, carry away, bring back or seal the site's certificate authority";
  command.description =
      "The authority that people's devices trust is made on this machine by an appliance with a section lan. 'show' says what it is for and "
      "where its key is; 'export' writes its certificate and its key, under a passphrase, to a folder, and with --move the key is only there "
      "afterwards; 'restore' brings both back, also on a fresh machine before the install, which then keeps the trust that people gave; 'seal' "
      "and 'unseal' put the key on this machine under a passphrase and take it off; 'forget' makes room for another one once nothing is "
      "installed. A key that is moved or sealed signs nothing: 'install' with other names and 'renew' say so.";
  command.examples = {"sudo rootcellar-install ca show", "sudo rootcellar-install ca export --to /media/stick --move",
                      "sudo rootcellar-install ca restore --from /media/stick"};
  command.options = {
      {.names = "ACTION", .help = "show, export, restore, seal, unseal or forget", .text = &options->action, .required = true},
      {.names = "--to", .value = "DIR", .help = "export: the folder for the two files; it must be there", .optional_text = &options->to},
      {.names = "--from", .value = "DIR", .help = "restore: the folder with the two files", .optional_text = &options->from},
      {.names = "--move", .help = "export: take the key off this machine", .flag = &options->move},
      {.names = "--passphrase-file",
       .value = "FILE",
       .help = "take the passphrase from FILE's first line instead of asking",
       .optional_text = &options->passphrase_file},
      {.names = "--yes", .help = "forget: do not ask whether to go on", .flag = &options->yes}};
  command.run = [options, &surroundings](cli::Console& console) { return ca(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
