#include "installer/plan/ticket.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/base/yaml.h"
#include "installer/plan/endpoint.h"
#include "installer/plan/network.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_file_limit = std::size_t{256} << 10;
constexpr int k_lines_before = 5;  // signature and key
constexpr std::string_view k_untrusted = "rootcellar join ticket: a secret, erase it when all machines have joined";
constexpr std::string_view k_new_one = "make a new one with 'rootcellar-install ticket' on the first node";

bool all_of(std::string_view text, bool (*fine)(char)) { return std::all_of(text.begin(), text.end(), fine); }
bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool is_token_letter(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }
bool is_hex_of(std::string_view text, std::size_t digits) { return text.size() == digits && all_of(text, is_hex); }

/// kubernetes.io, "Authenticating with Bootstrap Tokens": [a-z0-9]{6}\.[a-z0-9]{16}.
bool is_token(std::string_view text) {
  return text.size() == 23 && text[6] == '.' && all_of(text.substr(0, 6), is_token_letter) && all_of(text.substr(7), is_token_letter);
}
bool is_ca_hash(std::string_view text) { return text.starts_with("sha256:") && is_hex_of(text.substr(7), 64); }
bool is_certificate_key(std::string_view text) { return is_hex_of(text, 64); }
bool is_bundle_id(std::string_view text) { return is_hex_of(text, 32); }
bool is_registry(std::string_view text) {
  return parse_endpoint(text).has_value() || (is_registry_name(text) && text.find(':') != std::string_view::npos);
}
bool is_ipv4(std::string_view text) { return parse_ipv4(text).has_value(); }
bool is_network(std::string_view text) { return parse_network(text).has_value(); }
bool is_time(std::string_view text) { return parse_time(text).has_value(); }
/// Its first line; what is no certificate is found by who reads it.
bool is_certificate(std::string_view text) { return text.starts_with("-----BEGIN CERTIFICATE-----\n"); }
bool is_anything(std::string_view text) { return !text.empty(); }
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && all_of(text, [](char c) { return is_token_letter(c) || c == '-' || c == '.'; });
}

struct Field {
  std::string_view key;
  std::string JoinTicket::*member;
  bool (*fine)(std::string_view);
  std::string_view expected;
  bool may_lack = false;
  bool secret = false;  ///< a fault does not show it
};

constexpr Field k_fields[] = {
    {"product", &JoinTicket::product, is_name, "a product's name"},
    {"variant", &JoinTicket::variant, is_name, "a variant's name"},
    {"architecture", &JoinTicket::architecture, is_name, "an architecture"},
    {"bundle", &JoinTicket::bundle, is_bundle_id, "a bundle's id of 32 hex digits"},
    {"endpoint", &JoinTicket::endpoint, is_name, "a host name in small letters"},
    {"address", &JoinTicket::address, is_ipv4, "an IPv4 address"},
    {"registry", &JoinTicket::registry, is_registry, "HOST:PORT"},
    {"pod_cidr", &JoinTicket::pod_cidr, is_network, "an IPv4 network"},
    {"service_cidr", &JoinTicket::service_cidr, is_network, "an IPv4 network"},
    {"domain", &JoinTicket::domain, is_name, "a domain in small letters", true},
    {"domain_address", &JoinTicket::domain_address, is_ipv4, "an IPv4 address", true},
    {"authority", &JoinTicket::authority, is_certificate, "a certificate, PEM", true},
    {"names_authority", &JoinTicket::names_authority, is_certificate, "a certificate, PEM", true},
    {"ca_hash", &JoinTicket::ca_hash, is_ca_hash, "sha256: and 64 hex digits"},
    {"token", &JoinTicket::token, is_token, "a bootstrap token", true, true},
    {"certificate_key", &JoinTicket::certificate_key, is_certificate_key, "64 hex digits", true, true},
    {"signers", &JoinTicket::signers, is_anything, "a trust file", true},
};

void read_field(const Field& field, YamlMap& map, JoinTicket& ticket) {
  const YamlNode* node = field.may_lack ? map.take(field.key) : map.require(field.key);
  if (node == nullptr) return;
  std::string text = yaml_text(*node, map.faults(), field.key);
  YamlNode place = *node;
  if (field.secret) place.source = std::make_shared<const std::string>();
  if (!field.fine(text)) map.faults().add(place, cat("'", field.key, "': expected ", field.expected));
  ticket.*field.member = std::move(text);
}

std::int64_t read_time(std::string_view key, YamlMap& map, bool may_lack) {
  const YamlNode* node = may_lack ? map.take(key) : map.require(key);
  if (node == nullptr) return 0;
  const std::string text = yaml_text(*node, map.faults(), key);
  if (!is_time(text)) map.faults().add(*node, cat("'", key, "': expected a time like 2026-11-20T10:00:00Z"));
  return parse_time(text).value_or(0);
}

void read_machines(YamlMap& map, JoinTicket& ticket) {
  map.map("machines", [&](const std::string& name, const YamlNode& roles) {
    std::vector<std::string>& list = ticket.machines[name];
    if (roles.kind != YamlNode::Kind::list) map.faults().add(roles, "expected a list of roles");
    for (const YamlNode& role : roles.items) list.push_back(yaml_text(role, map.faults(), "machines"));
  });
}

std::string comment_of(const JoinTicket& ticket) {
  return cat("rootcellar join ticket ", ticket.product, "-", ticket.variant, " serial ", ticket.serial, " arch ", ticket.architecture,
             " expires ", format_time(ticket.expires));
}

[[noreturn]] void no_ticket(const std::string& file) { throw InputError(cat("'", file, "' is no join ticket"), std::string(k_new_one)); }

}  // namespace

JoinTicket used_ticket(JoinTicket ticket) {
  ticket.expires = 0;
  for (std::string* secret : {&ticket.token, &ticket.certificate_key}) {
    wipe({reinterpret_cast<std::uint8_t*>(secret->data()), secret->size()});
    secret->clear();
  }
  ticket.signers.clear();
  return ticket;
}

std::string encode_ticket(const JoinTicket& ticket) {
  YamlWriter out;
  out.begin_map();
  out.entry_number("ticket", 1);
  out.entry_number("serial", ticket.serial);
  out.entry("made", format_time(ticket.made));
  if (ticket.expires != 0) out.entry("expires", format_time(ticket.expires));
  for (const Field& field : k_fields) {
    if (!(ticket.*field.member).empty()) out.entry(field.key, ticket.*field.member);
  }
  if (ticket.site_registry) {
    out.key("site_registry");
    out.value_plain(true);
  }
  if (ticket.control_plane) {
    out.key("control_plane");
    out.value_plain(true);
  }
  if (!ticket.machines.empty()) {
    out.key("machines");
    out.begin_map();
    for (const auto& [name, roles] : ticket.machines) out.entry_list(name, roles);
    out.end_map();
  }
  out.end_map();
  return out.finish();
}

JoinTicket parse_ticket(std::string_view text, const std::string& file, int first_line) {
  const YamlNode document = parse_yaml(cat(std::string(static_cast<std::size_t>(first_line - 1), '\n'), text), file, k_file_limit);
  YamlFaults faults;
  YamlMap map(document, faults, "a ticket");
  JoinTicket ticket;
  if (const YamlNode* version = map.require("ticket"); version != nullptr && version->scalar != "1")
    faults.add(*version, cat("expected a ticket of version 1, found '", printable(version->scalar), "'"), std::string(k_new_one));
  ticket.serial = map.require_number("serial");
  ticket.made = read_time("made", map, false);
  ticket.expires = read_time("expires", map, true);
  for (const Field& field : k_fields) read_field(field, map, ticket);
  ticket.site_registry = map.boolean("site_registry", false);
  if (!ticket.site_registry && !parse_endpoint(ticket.registry)) {
    if (const YamlNode* node = map.take("registry")) faults.add(*node, "'registry': expected ADDRESS:PORT");
  }
  ticket.control_plane = map.boolean("control_plane", false);
  read_machines(map, ticket);
  map.finish();
  faults.throw_if_any();
  return ticket;
}

std::string seal_ticket(const JoinTicket& ticket, const SecretKey& site_key) {
  const std::string text = encode_ticket(ticket);
  return cat(site_key.sign(as_bytes(text), comment_of(ticket)).file_text(k_untrusted), site_key.public_key().base64(), "\n", text);
}

SealedTicket read_sealed_ticket(std::string_view file_text, const std::string& file) {
  if (file_text.size() > k_file_limit) no_ticket(file);
  std::size_t at = 0, key = 0;
  for (int line = 0; line < k_lines_before; ++line) {
    key = at;
    at = file_text.find('\n', at);
    if (at++ == std::string_view::npos) no_ticket(file);
  }
  try {
    return {PublicKey::parse(trim(file_text.substr(key, at - key)), file), Signature::parse(file_text.substr(0, key), file),
            std::string(file_text.substr(at))};
  } catch (const InputError&) {
    no_ticket(file);
  }
}

JoinTicket open_sealed_ticket(const SealedTicket& sealed, const std::string& file) {
  if (sealed.signature.key_id != sealed.key.id || !verify_signature(as_bytes(sealed.text), sealed.signature, sealed.key)) {
    throw TrustError(cat("cannot use '", file, "': it is not what the site's key signed: it was altered or cut"), std::string(k_new_one));
  }
  JoinTicket ticket = parse_ticket(sealed.text, file, k_lines_before + 1);
  if (ticket.token.empty() || ticket.expires == 0 || ticket.signers.empty()) no_ticket(file);
  return ticket;
}

std::optional<std::string> ticket_misfit(const JoinTicket& ticket, const Header& header) {
  const auto differs = [](std::string_view what, const auto& expected, const auto& found) -> std::optional<std::string> {
    if (expected == found) return std::nullopt;
    return cat("the ticket is for ", what, " '", expected, "', and the bundle is '", found, "'");
  };
  if (auto reason = differs("product", ticket.product, header.product)) return reason;
  if (auto reason = differs("variant", ticket.variant, header.variant)) return reason;
  if (auto reason = differs("architecture", ticket.architecture, header.architecture)) return reason;
  if (auto reason = differs("serial", ticket.serial, header.serial)) return reason;
  const std::string id = bundle_id(encode_header(header));
  return differs("the bundle with the id", ticket.bundle, id);
}

}  // namespace rootcellar
