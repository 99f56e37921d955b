#include <algorithm>
#include <ctime>
#include <memory>

#include "builder/acme/duckdns.h"
#include "builder/acme/lego.h"
#include "builder/commands/installer_kit.h"
#include "builder/commands/program.h"
#include "builder/commands/workbench.h"
#include "builder/profile/address_range.h"
#include "builder/profile/value_rules.h"
#include "builder/source/ca_bundle.h"
#include "builder/source/url.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/pki/provided.h"
#include "bundle/pki/summary.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_pem = std::size_t{1} << 20;
constexpr std::uint64_t k_max_wait = 3600;
constexpr std::int64_t k_seconds_a_day = 86400;

struct CertificateWords {
  std::string domain;
  std::string address;
  std::optional<std::string> token_file;
  std::string output = "certificate";
  std::string server = std::string(k_lets_encrypt);
  std::string email;
  std::string resolver;
  std::uint64_t wait = 60;
  bool accept_terms = false;
  bool renew = false;
  FetchWords fetch;
};

bool is_address(std::string_view text) { return parse_address_range(cat(text, text.find(':') == text.npos ? "/32" : "/128")).has_value(); }

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  const auto fits = [](char letter) { return letter > ' ' && letter < '\x7f' && letter != '/'; };
  return at != text.npos && at > 0 && at + 1 < text.size() && std::all_of(text.begin(), text.end(), fits);
}

void check(const CertificateWords& words) {
  const auto refuse = [](std::string_view what, const std::string& found, std::string_view expected) {
    throw UsageError(cat("'", printable(found), "' is no ", what, ": expected ", expected));
  };
  if (!is_duckdns_domain(words.domain)) refuse("domain of DuckDNS", words.domain, "NAME.duckdns.org, in small letters, digits and dashes");
  if (!words.address.empty() && !is_address(words.address)) refuse("address", words.address, "one like 192.0.2.10");
  if (!is_tls_url(words.server)) refuse("ACME server", words.server, "the https URL of its directory");
  if (!words.email.empty() && !is_email(words.email)) refuse("email address", words.email, "NAME@HOST");
  if (!words.resolver.empty() && !is_numeric_endpoint(words.resolver)) refuse("resolver", words.resolver, "ADDRESS:PORT");
  if (words.wait > k_max_wait) throw UsageError(cat("expected at most ", k_max_wait, " seconds between two records, found ", words.wait));
}

LegoOrder order_of(const CertificateWords& words, const std::string& cache) {
  LegoOrder order;
  order.domain = words.domain;
  order.server = words.server;
  order.email = words.email.empty() ? cat("hostmaster@", words.domain) : words.email;  // RFC 2142; lego wants one
  order.folder = path_join(cache, cat("acme/", server_folder(words.server)));
  order.hook = path_join(order.folder, "hook.sh");
  order.resolver = words.resolver;
  order.wait = words.wait;
  return order;
}

bool is_kept(const LegoOrder& order) {
  const auto chain = read_file_if_exists(kept_chain(order), k_max_pem);
  const auto summary = chain ? summary_of(*chain) : std::nullopt;
  return summary && is_good_for_long(summary->from, summary->until, std::time(nullptr));
}

void require_consent(const CertificateWords& words, const LegoOrder& order) {
  if (words.accept_terms || file_status(kept_account(order))) return;
  throw UsageError(cat("cannot open an account at '", words.server, "': nobody accepted its terms of service"),
                   "read them (Let's Encrypt's: https://letsencrypt.org/repository/), then give --accept-terms");
}

/// The words that `rootcellar duckdns-record` needs to do the same for lego.
std::vector<std::string> hook_words(const CertificateWords& words) {
  std::vector<std::string> argv{own_program(), "duckdns-record", "--domain", words.domain};
  const auto add = [&argv](const char* option, const std::optional<std::string>& value) {
    if (value) argv.insert(argv.end(), {option, *value});
  };
  add("--token-file", words.token_file);
  add("--ca-file", words.fetch.ca_file);
  add("--cache", words.fetch.cache);
  for (const std::string& mirror : words.fetch.mirrors) add("--mirror", mirror);
  return argv;
}

void write_ca_file(const CertificateWords& words, LegoOrder& order) {
  const std::string own = words.fetch.ca_file.value_or(read_user_configuration().ca_file);
  if (own.empty()) return;
  order.ca_file = path_join(order.folder, "ca.pem");
  write_file_atomically(order.ca_file, extended_ca(own_ca_bundle("/etc/ssl/certs/ca-certificates.crt"), own));
}

void obtain(const CertificateWords& words, LegoOrder order, const std::string& lego, cli::Console& console) {
  write_ca_file(words, order);
  write_file_atomically(order.hook, hook_script(hook_words(words)), 0700);
  ProgressTask task(console.progress(), cat("obtaining a certificate for ", words.domain), 0, false);
  run_lego(lego, order, [&console](std::string_view line) {
    if (is_lego_news(line)) console.progress().note(line);
  });
}

/// Copied out only when a browser would take it.
CertificateSummary hand_over(const CertificateWords& words, const LegoOrder& order) {
  const std::string chain = read_file(kept_chain(order), k_max_pem);
  const SecretText key(read_file(kept_key(order), k_max_pem));
  const auto faults = faults_of({chain, key.view(), {words.domain, cat("www.", words.domain)}, std::time(nullptr)});
  if (!faults.empty())
    throw InputError(cat("cannot use the certificate from '", words.server, "': ", join(faults, "; ")), "--renew obtains another");
  make_directories(words.output, 0700);
  write_file_atomically(path_join(words.output, "key.pem"), key.view(), 0600);
  write_file_atomically(path_join(words.output, "chain.pem"), chain);
  return *summary_of(chain);
}

void show(const CertificateWords& words, const CertificateSummary& summary, cli::Console& console) {
  const std::string chain = path_join(words.output, "chain.pem"), key = path_join(words.output, "key.pem");
  if (console.json())
    return console.event("certificate", JsonValue::object({{"chain", JsonValue::string(chain)},
                                                           {"key", JsonValue::string(key)},
                                                           {"names", JsonValue::string_array(summary.names)},
                                                           {"until", JsonValue::string(format_time(summary.until))}}));
  console.print(cat("certificate  ", chain, "\nkey          ", key, "\nnames        ", join(summary.names, ", "), "\nvalid until  ",
                    format_time(summary.until), " (", (summary.until - std::time(nullptr)) / k_seconds_a_day, " days)\n",
                    words.address.empty() ? "" : cat("address      ", words.address, "\n")));
  console.say(cat("Take it along: rootcellar stage OUT --certificate ", words.output, " --to STICK"));
}

ExitCode certify(cli::Console& console, const CertificateWords& words) {
  check(words);
  const std::string lego = find_lego();
  SecretText token = read_duckdns_token(words.token_file);
  Workbench bench(words.fetch, ".", "amd64", console);
  const LegoOrder order = order_of(words, bench.context().cache.root());
  make_directories(order.folder, 0700);
  const FileLock lock(path_join(order.folder, "lock"));
  const bool kept = !words.renew && is_kept(order);
  if (!kept) require_consent(words, order);
  // Before lego: a wrong token is told here, and costs none of the attempts that the authority allows.
  DuckDns duckdns(bench.context().http, words.domain, std::move(token));
  if (!words.address.empty()) duckdns.set_address(words.address);
  if (!kept) {
    duckdns.clear_text();
    obtain(words, order, lego, console);
  } else {
    console.say("The certificate obtained before is good for most of its time; --renew obtains another.");
  }
  show(words, hand_over(words, order), console);
  return ExitCode::ok;
}

std::vector<cli::Option> options_into(CertificateWords& words) {
  std::vector<cli::Option> options = {
      {.names = "--domain",
       .value = "NAME",
       .help = "NAME.duckdns.org; the certificate is for *.NAME.duckdns.org too",
       .text = &words.domain,
       .required = true},
      {.names = "--address",
       .value = "ADDRESS",
       .help = "let the domain mean this address, the appliance's in the lab",
       .text = &words.address},
      {.names = "--token-file",
       .value = "FILE",
       .help = "DuckDNS's token is the first line of FILE, which only you may read; default: $DUCKDNS_TOKEN",
       .optional_text = &words.token_file},
      {.names = "-o,--output",
       .value = "DIR",
       .help = "where chain.pem and key.pem are written; default: certificate",
       .text = &words.output},
      {.names = "--accept-terms",
       .help = "you accept the terms of service of the certificate authority; needed once, for the account",
       .flag = &words.accept_terms},
      {.names = "--email", .value = "ADDRESS", .help = "names the account; default: hostmaster@NAME.duckdns.org", .text = &words.email},
      {.names = "--renew", .help = "obtain another even when the last one is good for long", .flag = &words.renew},
      {.names = "--server", .value = "URL", .help = "directory of another ACME server; default: Let's Encrypt's", .text = &words.server},
      {.names = "--resolver",
       .value = "ADDRESS:PORT",
       .help = "ask this resolver instead of DuckDNS's servers whether a record is there, where the network lets nobody ask them",
       .text = &words.resolver},
      {.names = "--wait",
       .value = "SECONDS",
       .help = "between the two records, for which DuckDNS has one place; default: 60, as long as resolvers remember one",
       .number = &words.wait}};
  for (cli::Option& option : network_options(words.fetch)) options.push_back(std::move(option));
  return options;
}

}  // namespace

cli::Command certificate_command() {
  auto words = std::make_shared<CertificateWords>();
  cli::Command command;
  command.name = "certificate";
  command.summary = "obtain a certificate that browsers know, by DuckDNS";
  command.description =
      "Obtains a certificate for NAME.duckdns.org and everything below it from an ACME server (Let's Encrypt), proved by DuckDNS's TXT "
      "record, and "
      "lets the name mean an address of the lab. The program lego does it. Account and certificate are kept in the cache, so that running "
      "it "
      "again renews. 'stage --certificate' takes it along.";
  command.examples = {"rootcellar certificate --domain lab.duckdns.org --address 192.0.2.10 --token-file ~/duckdns.token --accept-terms",
                      "rootcellar certificate --domain lab.duckdns.org --token-file ~/duckdns.token --renew -o certificate"};
  command.options = options_into(*words);
  command.run = [words](cli::Console& console) { return certify(console, *words); };
  return command;
}

}  // namespace rootcellar
