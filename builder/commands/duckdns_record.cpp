#include <memory>

#include "builder/acme/duckdns.h"
#include "builder/commands/program.h"
#include "builder/commands/workbench.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

struct RecordWords {
  std::string action;
  std::string name;
  std::string value;
  std::string domain;
  std::optional<std::string> token_file;
  FetchWords fetch;
};

void check(const RecordWords& words) {
  if (!is_duckdns_domain(words.domain))
    throw UsageError(
        cat("'", printable(words.domain), "' is no domain of DuckDNS: expected NAME.duckdns.org, in small letters, digits and dashes"));
  if (words.action != "present" && words.action != "cleanup")
    throw UsageError(cat("expected 'present' or 'cleanup', found '", printable(words.action), "'"));
  if (words.action == "present" && words.value.empty()) throw UsageError("expected --value with what the record says");
  const std::string expected = cat("_acme-challenge.", words.domain);  // RFC 8555, section 8.4
  if (words.name != expected && words.name != expected + ".")
    throw UsageError(cat("cannot set the TXT record of '", printable(words.name), "': expected '", expected, "'"));
}

ExitCode set_record(cli::Console& console, const RecordWords& words) {
  check(words);
  Workbench bench(words.fetch, ".", "amd64", console);
  DuckDns duckdns(bench.context().http, words.domain, read_duckdns_token(words.token_file));
  if (words.action == "present")
    duckdns.set_text(words.value);
  else
    duckdns.clear_text();
  return ExitCode::ok;
}

}  // namespace

cli::Command duckdns_record_command() {
  auto words = std::make_shared<RecordWords>();
  cli::Command command;
  command.name = "duckdns-record";
  command.summary = "set the record that proves a name of DuckDNS; lego calls it";
  command.description =
      "Sets or clears the TXT record of NAME.duckdns.org, as programs that prove a domain to a certificate authority call it (lego's "
      "provider "
      "'exec'). 'rootcellar certificate' has lego call it.";
  command.examples = {
      "rootcellar duckdns-record --domain lab.duckdns.org --token-file ~/duckdns.token cleanup "
      "_acme-challenge.lab.duckdns.org"};
  command.options = {{.names = "ACTION", .help = "present or cleanup", .text = &words->action, .required = true},
                     {.names = "FQDN", .help = "_acme-challenge.NAME.duckdns.org", .text = &words->name, .required = true},
                     {.names = "--value", .value = "VALUE", .help = "what the record says, for present", .text = &words->value},
                     {.names = "--domain", .value = "NAME", .help = "NAME.duckdns.org", .text = &words->domain, .required = true},
                     {.names = "--token-file",
                      .value = "FILE",
                      .help = "DuckDNS's token is the first line of FILE, which only you may read; default: $DUCKDNS_TOKEN",
                      .optional_text = &words->token_file}};
  for (cli::Option& option : network_options(words->fetch)) command.options.push_back(std::move(option));
  command.run = [words](cli::Console& console) { return set_record(console, *words); };
  return command;
}

}  // namespace rootcellar
