#include "installer/commands/join_ticket.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/commands/first_trust.h"
#include "installer/commands/open_bundle.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_file_limit = std::size_t{256} << 10;
constexpr std::string_view k_where = "they were shown where the ticket was made; 'rootcellar-install ticket' shows them again";

[[noreturn]] void another_key(const std::string& file, const PublicKey& found, const std::string& where, const std::string& hint) {
  throw TrustError(cat("cannot trust '", file, "': it is signed by key ", found.id_text(), ", which is not in '", where, "'"), hint);
}

void require_pinned(const SealedTicket& sealed, const std::string& file, const KeptState& kept, const PublicKey& pinned) {
  if (sealed.key == pinned) return;
  another_key(file, sealed.key, kept.site_key_path(),
              "this machine belongs to another site, whose key it has pinned: make the ticket there, or uninstall first");
}

void require_trusted(const SealedTicket& sealed, const std::string& file, const std::string& trust_file) {
  refuse_what_came_with(trust_file, file, "the ticket");
  const TrustPolicy policy = read_trust(trust_file);
  const bool named = std::any_of(policy.keys.begin(), policy.keys.end(), [&](const TrustedKey& key) { return key.key == sealed.key; });
  if (!named) {
    another_key(file, sealed.key, trust_file,
                "with --join, --trust names the site's key: /etc/rootcellar/site.pub of the first node, which vouches for the bundle too");
  }
}

void ask_for_site(const SealedTicket& sealed, const std::string& file, cli::Console& console) {
  if (!console.interactive()) {
    throw TrustError(
        cat("cannot trust '", file, "': this machine has pinned no site's key yet, and no --trust was given"),
        "give --trust FILE with /etc/rootcellar/site.pub of the first node, brought another way than the ticket, or run it in a "
        "terminal and type the six words");
  }
  console.say("This machine has not met this site. The site's key has six words, shown where the ticket was made.");
  if (ask_for_words_of({sealed.key}, "the six words: ", "the six words of the site's key",
                       "These are not the words of the key that signed this ticket", console))
    return;
  throw TrustError(cat("cannot trust '", file, "': the words typed are not those of the key that signed it"), std::string(k_where));
}

void believe(const SealedTicket& sealed, const std::string& file, const std::optional<std::string>& trust_file, const KeptState& kept,
             cli::Console& console) {
  const std::optional<PublicKey> pinned = kept.pinned_site();
  if (pinned) require_pinned(sealed, file, kept, *pinned);
  if (trust_file) return require_trusted(sealed, file, *trust_file);
  if (!pinned) ask_for_site(sealed, file, console);
}

}  // namespace

std::vector<cli::Option> join_option_list(JoinOptions& options) {
  return {{.names = "--join",
           .value = "TICKET",
           .help = "become a node of the cluster whose first node made this ticket; --trust then names the site's key",
           .optional_text = &options.ticket},
          {.names = "--control-plane", .help = "with --join: become a control-plane node", .flag = &options.control_plane}};
}

std::optional<OpenedTicket> open_ticket(const JoinOptions& options, const std::optional<std::string>& trust_file, const KeptState& kept,
                                        cli::Console& console) {
  if (!options.ticket) {
    if (options.control_plane)
      throw UsageError("--control-plane goes with --join TICKET", "the first machine is a control-plane node without it");
    return std::nullopt;
  }
  const std::string file = absolute_path(*options.ticket);
  const SealedTicket sealed = read_sealed_ticket(read_file(file, k_file_limit), file);
  believe(sealed, file, trust_file, kept, console);
  OpenedTicket opened{open_sealed_ticket(sealed, file), sealed.key, {}};
  opened.signers = parse_trust(opened.ticket.signers, cat(file, ", signers"));
  opened.ticket.control_plane = options.control_plane;
  if (options.control_plane && opened.ticket.certificate_key.empty()) {
    throw UsageError(cat("'", file, "' lets workers join, and no control-plane nodes"),
                     "make another with 'rootcellar-install ticket --control-plane' on the first node, or leave out --control-plane");
  }
  return opened;
}

void require_ticket_for(const OpenedTicket& opened, const JoinOptions& options, const Header& header) {
  const std::optional<std::string> misfit = ticket_misfit(opened.ticket, header);
  if (!misfit) return;
  throw TrustError(cat("cannot use '", *options.ticket, "': ", *misfit),
                   "install the bundle that the first node has, or make a ticket where this bundle is installed");
}

bool JoinSecrets::are_kept() const { return host_.exists(path_join(folder_, k_join_token)); }

void JoinSecrets::keep(const JoinTicket& ticket) {
  host_.make_directories(folder_, 0700);
  host_.write_file(path_join(folder_, k_join_token), ticket.token, 0600);
  if (ticket.control_plane) host_.write_file(path_join(folder_, k_join_certificate_key), ticket.certificate_key, 0600);
}

void JoinSecrets::forget() {
  for (const char* name : {k_join_token, k_join_certificate_key}) host_.remove(path_join(folder_, name));
  if (host_.exists(folder_) && host_.list(folder_).empty()) host_.remove(folder_);
}

}  // namespace rootcellar
