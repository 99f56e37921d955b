// The ticket a command was given: read, believed, opened; and its secrets on this machine until it has joined.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bundle/base/cli.h"
#include "bundle/trust.h"
#include "installer/commands/kept_state.h"
#include "installer/plan/ticket.h"

namespace rootcellar {

/// The words that say which cluster: --join, --control-plane.
struct JoinOptions {
  std::optional<std::string> ticket;
  bool control_plane = false;
};
/// REQUIRES: `options` outlives the parsing.
std::vector<cli::Option> join_option_list(JoinOptions& options);

struct OpenedTicket {
  JoinTicket ticket;
  PublicKey site_key;
  TrustPolicy signers;  ///< whom the site believes about bundles
};
/// Nothing without --join. The site's key comes from what this machine pinned, from `trust_file`, or from six words typed: one check, which
/// vouches for the bundle's signers, too. TrustError when it is not believed or was altered; InputError when it is no ticket; UsageError
/// when the words do not fit it.
std::optional<OpenedTicket> open_ticket(const JoinOptions& options, const std::optional<std::string>& trust_file, const KeptState& kept,
                                        cli::Console& console);
/// TrustError when it is for another bundle than this.
void require_ticket_for(const OpenedTicket& opened, const JoinOptions& options, const Header& header);

/// Token and key of a ticket, 0600, until the step that joins removes them; `forget` removes them, too.
class JoinSecrets {
 public:
  explicit JoinSecrets(Surroundings& surroundings) : host_(surroundings.host), folder_(surroundings.paths.secrets()) {}
  bool are_kept() const;
  void keep(const JoinTicket& ticket);
  void forget();

 private:
  HostSystem& host_;
  std::string folder_;
};

}  // namespace rootcellar
