// lego (Debian's package), driven: it holds the account, proves the domain and fetches the certificate. Of the ACME clients of Debian it is
// the one that proves names one after the other: DuckDNS keeps one TXT record, and DOMAIN and *.DOMAIN need a value each.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/process.h"

namespace rootcellar {

inline constexpr std::string_view k_lets_encrypt = "https://acme-v02.api.letsencrypt.org/directory";

struct LegoOrder {
  std::string domain;       ///< the certificate is for it and for *.DOMAIN
  std::string server;       ///< URL of the ACME directory (RFC 8555)
  std::string email;        ///< names the account
  std::string folder;       ///< lego's own: accounts and certificates of this server
  std::string hook;         ///< program called with: present|cleanup FQDN VALUE
  std::string ca_file;      ///< who may vouch for the server; empty: as the system says
  std::string resolver;     ///< "192.0.2.53:53": asked instead of the domain's own servers whether the record is there; may be empty
  std::uint64_t wait = 60;  ///< seconds between two records: how long resolvers remember the one before
};

/// Where lego keeps what belongs to the order.
std::string kept_account(const LegoOrder& order);
std::string kept_chain(const LegoOrder& order);
std::string kept_key(const LegoOrder& order);
/// `server`'s part of a path: HOST or HOST_PORT, as lego writes it.
std::string server_folder(std::string_view server);

std::vector<std::string> lego_arguments(const LegoOrder& order);
/// `own` and what lego is told this way.
std::vector<std::string> lego_environment(std::vector<std::string> own, const LegoOrder& order);
/// Of what lego said: the fault of the hook if it told one, else the last complaint of lego's own, on one line.
std::string lego_reason(std::string_view said);
/// A line of lego's without its time and level.
std::string_view lego_line(std::string_view line);
/// Such a line says how far it is: of its 20 lines a minute those worth reading.
bool is_lego_news(std::string_view line);
/// A program for `hook`: calls `argv` with lego's words behind it: present|cleanup FQDN --value=VALUE
std::string hook_script(const std::vector<std::string>& argv);

/// Of a certificate kept from before: more than two thirds of its time are left, because a bundle may lie a while before it is installed.
/// UTC seconds.
bool is_good_for_long(std::int64_t from, std::int64_t until, std::int64_t now);

/// Throws unless lego ended well: InputError with its reason, SystemError when it came to no end.
void require_certificate(const LegoOrder& order, const ProcessResult& result);
/// HostError naming the package when it is not installed.
std::string find_lego();
/// Runs it to the end; `on_line` gets what it says meanwhile. Throws as require_certificate().
void run_lego(const std::string& program, const LegoOrder& order, const std::function<void(std::string_view)>& on_line);

}  // namespace rootcellar
