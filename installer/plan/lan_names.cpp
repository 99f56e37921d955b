#include "installer/plan/lan_names.h"

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::string full(const LanNames& names, const LanHost& host) { return cat(host.name, '.', names.domain); }

std::string escaped_dots(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == '.' ? std::string("\\.") : std::string(1, c);
  return out;
}

/// One block of the plugin template: names that match, in lower case and with their last dot.
std::string block(std::string_view type, std::string_view pattern, std::string_view does) {
  return cat("    template IN ", type, " {\n        match ^", pattern, "\\.$\n        ", does, "\n        fallthrough\n    }\n");
}

std::string answering(std::string_view pattern, std::string_view address) {
  return block("A", pattern, cat("answer \"{{ .Name }} 60 IN A ", address, "\""));
}

/// What the domain's own address answers.
std::string own_pattern(const LanNames& names) { return cat(names.everything_below ? "(.*\\.)?" : "", escaped_dots(names.domain)); }

}  // namespace

std::string dnsmasq_configuration(const LanNames& names) {
  std::string out = cat("# The names of ", names.domain, ", and no others.\nport=53\nlisten-address=", names.server,
                        "\nbind-interfaces\nno-resolv\nno-hosts\nno-poll\ncache-size=0\nlocal-ttl=60\nlocal=/", names.domain,
                        "/\nhost-record=", names.domain, ',', names.address, "\n");
  for (const LanHost& host : names.hosts) out += cat("host-record=", full(names, host), ',', host.address, "\n");
  if (names.everything_below) out += cat("address=/.", names.domain, '/', names.address, "\n");
  return out;
}

std::string hosts_lines(const LanNames& names) {
  std::string out = cat(names.address, ' ', names.domain);
  for (const LanHost& host : names.hosts) {
    if (host.address == names.address) out += cat(' ', full(names, host));
  }
  out += '\n';
  for (const LanHost& host : names.hosts) {
    if (host.address != names.address) out += cat(host.address, ' ', full(names, host), "\n");
  }
  return out;
}

std::string zone_file(const LanNames& names, std::uint32_t serial) {
  std::string out = cat("$ORIGIN ", names.domain, ".\n$TTL 300\n@ IN SOA ns hostmaster ( ", serial, " 3600 600 604800 60 )\n@ IN NS ns\n", "ns IN A ",
                        names.server, "\n@ IN A ", names.address, "\n");
  for (const LanHost& host : names.hosts) out += cat(host.name, " IN A ", host.address, "\n");
  if (names.everything_below) out += cat("* IN A ", names.address, "\n");
  return out;
}

// The plugin hosts answers SERVFAIL for a name it does not have and knows no wildcard.
std::string coredns_block(const LanNames& names) {
  std::string answers, known = own_pattern(names);
  for (const LanHost& host : names.hosts) {
    answers += answering(escaped_dots(full(names, host)), host.address);
    known += cat('|', escaped_dots(full(names, host)));
  }
  return cat(names.domain, ":53 {\n    errors\n", answers, answering(own_pattern(names), names.address),
             block("ANY", cat('(', known, ')'), "rcode NOERROR"), "    template ANY ANY {\n        rcode NXDOMAIN\n    }\n    reload\n}\n");
}

}  // namespace rootcellar
