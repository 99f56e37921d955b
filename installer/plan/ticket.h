// The ticket of a machine that joins a cluster: whom to ask, how to know it, where the images are; signed by the site's own key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/signing.h"
#include "bundle/header.h"

namespace rootcellar {

/// Made on the first node, carried by hand, good for a while.
struct JoinTicket {
  std::string product, variant, architecture;  ///< of the bundle installed on the first node: the joining machine installs the same
  std::uint64_t serial = 0;
  std::string bundle;           ///< its id
  std::int64_t made = 0;        ///< UTC seconds, by the first node's clock
  std::int64_t expires = 0;     ///< the same; 0: it has been used, and these are the facts a joined machine keeps
  std::string endpoint;         ///< the API server's name, put into /etc/hosts
  std::string address;          ///< of the first node
  std::string registry;         ///< address:port of the first node's registry, as the LAN reaches it
  bool site_registry = false;   ///< it is the site's own: HOST:PORT, and who joins must be told how to ask it
  std::string ca_hash;          ///< "sha256:..." of the cluster's CA
  std::string token;            ///< kubeadm's bootstrap token
  std::string certificate_key;  ///< 64 hex digits, where control-plane nodes may join
  bool control_plane = false;   ///< the machine that joins becomes one
  std::string pod_cidr, service_cidr;
  std::string domain, domain_address;  ///< of the site, and where its page and applications are; empty: it has none
  std::string names_authority;         ///< of the registries that docker asks under their own names, PEM; empty: there are none
  std::string authority;               ///< the certificate of the site's authority, PEM; empty: it has none
  std::map<std::string, std::vector<std::string>> machines;  ///< the first node's answer `cluster.machines`
  std::string signers;                                       ///< a trust file's text: whom the first node believes about bundles
};

/// How the steps of a joining machine name what they must not hold: ${secret.NAME}.
inline constexpr const char* k_join_token = "join-token";
inline constexpr const char* k_join_certificate_key = "join-certificate-key";

/// The facts without what is secret and what ends: what a joined machine remembers of its cluster.
JoinTicket used_ticket(JoinTicket ticket);

std::string encode_ticket(const JoinTicket& ticket);
/// Strict YAML; all its faults as one InputError. `first_line`: where the text begins in its file.
JoinTicket parse_ticket(std::string_view text, const std::string& file, int first_line = 1);

/// A ticket's file: a minisign signature (four lines), the public key that should have made it, and the signed text.
struct SealedTicket {
  PublicKey key;
  Signature signature;
  std::string text;
};
std::string seal_ticket(const JoinTicket& ticket, const SecretKey& site_key);
/// Takes the file apart; believes nothing. An InputError when it is no ticket.
SealedTicket read_sealed_ticket(std::string_view file_text, const std::string& file);
/// The ticket, once its signature by its own key is found good: a TrustError when it was altered or cut. Whether that key is the site's is
/// the caller's question, asked before.
JoinTicket open_sealed_ticket(const SealedTicket& sealed, const std::string& file);

/// Why the ticket is not for this bundle; nothing when it is.
std::optional<std::string> ticket_misfit(const JoinTicket& ticket, const Header& header);

}  // namespace rootcellar
