// Names of other registries answered for on this machine, because docker has no mirrors for them: by an authority that only docker knows.
#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/existing.h"
#include "installer/plan/trust.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_set = "mirror";
constexpr std::string_view k_units = "/etc/systemd/system/";
constexpr std::string_view k_certificate = "/etc/rootcellar/mirror.crt";
constexpr std::string_view k_key = "/etc/rootcellar/mirror.key";
/// Not of 127.0.0.0/8, where docker checks no certificate, whatever it was told (moby, registry/config.go).
constexpr std::string_view k_addresses = "169.254.77.", k_network = "169.254.77.0/24";
constexpr std::string_view k_address_unit = "rootcellar-own-addresses.service";
constexpr std::uint32_t k_first_port = 5443, k_https = 443;

/// Everything about one of the names. `place`: among the appliance's, counted from 0.
struct OwnName {
  std::string name, slug;
  Endpoint here;    ///< where docker on this machine finds it
  Endpoint served;  ///< where the registry for it listens
  Endpoint asked;   ///< where that is reached from this machine
};

std::vector<OwnName> own_names(const PlanInput& input) {
  std::vector<OwnName> all;
  const Endpoint& listen = input.layout.listen;
  for (std::uint32_t place = 0; place < input.appliance().registry.own_names.size(); ++place) {
    const std::string& name = input.appliance().registry.own_names[place];
    const Endpoint served{listen.address, k_first_port + place};
    const Endpoint asked = input.join != nullptr ? Endpoint{input.join->address, served.port} : local_endpoint(served);
    all.push_back({name, step_slug(name), {cat(k_addresses, place + 1), k_https}, served, asked});
  }
  return all;
}

std::string secret(const std::string& name) { return cat("${secret.", name, "}\n"); }

void plan_certificate(const PlanInput& input, Plan& plan) {
  const std::vector<std::string>& names = input.appliance().registry.own_names;
  const std::string set(k_set), certificate(k_certificate), key(k_key), user(k_registry_user);
  add_step(plan, "mirror-authority", cat("make a certificate authority for ", join(names, ", ")),
           "docker alone is told of it, and it can sign for these names alone: no browser and no other program believes it.",
           MakeAuthority{set, cat(input.appliance().title, ", images of other registries"), names, {std::string(k_network)},
                         static_cast<std::uint64_t>(std::max<std::int64_t>(0, input.header.created))});
  add_step(plan, "mirror-certificate", cat("make the certificate of ", join(names, ", ")), "docker takes images of these names by https only.",
           IssueCertificate{set, names, {}});
  const CertificateSet texts = certificate_set(set);
  add_step(plan, "mirror-certificate-file", cat("write ", certificate), "The registries of these names serve by it.",
           WriteFilled{certificate, secret(texts.certificate), 0644});
  add_step(plan, "mirror-key-file", cat("write ", key), "They read it under their own name.",
           WriteFilled{key, secret(texts.certificate_key), 0600, {}, {user, user}});
}

std::string storage_of(const OwnName& own) { return cat("/run/rootcellar-", own.slug); }

/// distribution's configuration, as the registry's own (registry.cpp); it writes nothing.
std::string config_text(const OwnName& own) {
  return cat("version: 0.1\nlog:\n  level: info\n  formatter: text\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: ",
             storage_of(own),
             "\n  delete:\n    enabled: false\n  maintenance:\n    uploadpurging:\n      enabled: false\n    readonly:\n      enabled: true\nhttp:\n"
             "  addr: '",
             own.served.text(), "'\n  tls:\n    certificate: ", k_certificate, "\n    key: ", k_key, "\n  headers:\n    X-Content-Type-Options: [nosniff]\n");
}

/// Its storage is a part of the other registry's, put together by mounts that only this service sees: `quay.io/a/b` there is `a/b` here.
std::string unit_text(const PlanInput& input, const OwnName& own, const std::string& config) {
  const std::string_view inside = "/docker/registry/v2";
  const std::string from = cat(input.layout.registry, inside), to = cat(storage_of(own), inside);
  return cat("[Unit]\nDescription=Images of ", own.name, " from the installed appliance's registry\nAfter=network.target\n"
             "Before=containerd.service docker.service\nRequiresMountsFor=",
             input.layout.registry, "\n\n[Service]\nUser=", k_registry_user, "\nGroup=", k_registry_user, "\nExecStart=",
             registry_program(input.appliance().registry), " serve ", config, "\nRestart=always\nRestartSec=2\nUMask=0027\nLimitNOFILE=65536\n"
             "RuntimeDirectory=rootcellar-", own.slug, "\nBindReadOnlyPaths=", from, "/blobs:", to, "/blobs ", from, "/repositories/", own.name, ":", to,
             "/repositories\nCapabilityBoundingSet=\nNoNewPrivileges=yes\nProtectSystem=strict\nProtectHome=read-only\n"
             "PrivateTmp=yes\nPrivateDevices=yes\nProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectControlGroups=yes\n"
             "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\nRestrictNamespaces=yes\nRestrictRealtime=yes\nRestrictSUIDSGID=yes\n"
             "LockPersonality=yes\nSystemCallArchitectures=native\n\n[Install]\nWantedBy=multi-user.target\n");
}

void plan_registry_of(const PlanInput& input, const OwnName& own, Plan& plan) {
  const std::string config = cat("/etc/rootcellar/registry-", own.slug, ".yml"), unit = cat("rootcellar-registry-", own.slug, ".service"),
                    path = cat(k_units, unit);
  add_step(plan, cat("own-config-", own.slug), cat("write ", config), cat("Says how images of ", own.name, " are served under that name."),
           WriteFile{config, config_text(own), 0644, {}});
  add_step(plan, cat("own-unit-", own.slug), cat("write ", path), "Starts a second registry over the same images, which can only read them.",
           WriteFile{path, unit_text(input, own, config), 0644, {}});
  add_step(plan, cat("own-service-", own.slug), cat("enable and start ", unit), cat("It answers as ", own.name, "."),
           SetUnit{unit, true, true, true, watch_also_packages(input, {config, path, std::string(k_certificate), std::string(k_key)})});
  plan.ports.push_back({own.served.address, own.served.port, cat("images of ", own.name, ", for reading")});
}

/// systemd.socket(5), systemd-socket-proxyd(8): port 443 of an address that only this machine has, so that nobody else's port 443 is
/// taken. It may come later than the socket.
void plan_relay(const OwnName& own, Plan& plan) {
  const std::string name = cat("rootcellar-as-", own.slug), socket = cat(name, ".socket"), service = cat(name, ".service"),
                    socket_path = cat(k_units, socket), service_path = cat(k_units, service);
  add_step(plan, cat("own-relay-", own.slug), cat("write ", service_path), cat("Leads from ", own.here.text(), " to the registry at ", own.asked.text(), "."),
           WriteFile{service_path,
                     cat("[Unit]\nDescription=The way to the registry that answers as ", own.name, "\nRequires=", socket, "\nAfter=", socket,
                         "\n\n[Service]\nExecStart=/lib/systemd/systemd-socket-proxyd ", own.asked.text(),
                         "\nDynamicUser=yes\nCapabilityBoundingSet=\nPrivateTmp=yes\nPrivateDevices=yes\nProtectSystem=strict\nProtectHome=yes\n"
                         "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\nRestrictNamespaces=yes\nLockPersonality=yes\n"
                         "SystemCallArchitectures=native\n"),
                     0644,
                     {}});
  add_step(plan, cat("own-socket-", own.slug), cat("write ", socket_path), cat("docker asks for ", own.name, " at port 443 of an address that only this machine has."),
           WriteFile{socket_path,
                     cat("[Unit]\nDescription=", own.name, " for docker on this machine\n\n[Socket]\nListenStream=", own.here.text(),
                         "\nFreeBind=yes\nNoDelay=yes\n\n[Install]\nWantedBy=sockets.target\n"),
                     0644,
                     {}});
  add_step(plan, cat("own-listen-", own.slug), cat("enable and start ", socket), cat("Whoever on this machine asks for ", own.name, " reaches the registry."),
           SetUnit{socket, true, true, true, {service_path, socket_path}});
  plan.ports.push_back({own.here.address, own.here.port, cat("images of ", own.name, ", for docker on this machine")});
}

void plan_docker(const PlanInput& input, const OwnName& own, Plan& plan) {
  const std::string path = cat("/etc/docker/certs.d/", own.name, "/ca.crt");
  const Action write = input.join != nullptr ? Action(WriteFile{path, input.join->names_authority, 0644, {}})
                                             : Action(WriteFilled{path, secret(certificate_set(std::string(k_set)).authority), 0644});
  add_step(plan, cat("own-trust-", own.slug), cat("write ", path), cat("docker alone believes this authority, and for ", own.name, " alone."), write);
}

void plan_addresses(const std::vector<OwnName>& names, Plan& plan) {
  std::vector<std::string> lines, spoken;
  std::string start, stop;
  for (const OwnName& own : names) {
    lines.push_back(cat(own.here.address, " ", own.name));
    spoken.push_back(own.name);
    start += cat("ExecStart=/usr/sbin/ip address replace ", own.here.address, "/32 dev lo scope host\n");
    stop += cat("ExecStop=-/usr/sbin/ip address delete ", own.here.address, "/32 dev lo\n");
  }
  const std::string unit(k_address_unit), path = cat(k_units, unit);
  add_step(plan, "own-addresses-unit", cat("write ", path), "docker checks no certificate of what it finds at 127.0.0.1 and the like: these names get other addresses.",
           WriteFile{path,
                     cat("[Unit]\nDescription=Addresses of this machine alone for ", join(spoken, ", "), "\nAfter=network-pre.target\n"
                         "Before=docker.service containerd.service\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\n",
                         start, stop, "\n[Install]\nWantedBy=multi-user.target\n"),
                     0644,
                     {}});
  add_step(plan, "own-addresses", cat("enable and start ", unit), "No other machine reaches them, and no packet to them leaves this one.", SetUnit{unit, true, true, true, {path}});
  add_step(plan, "own-names", cat("name ", join(spoken, ", "), " in /etc/hosts"), "docker on this machine finds the appliance's registry under these names.",
           EditLines{"/etc/hosts", lines, {}});
}

void plan_proof(const PlanInput& input, const OwnName& own, Plan& plan) {
  const auto images = proof_images(input);
  const auto found = images.find(own.name);
  if (found == images.end()) return;
  Check check;
  check.name = cat("docker gets images of ", own.name, " by that name");
  check.kind = "pull";
  check.target = image_name(*found->second);
  add_step(plan, cat("own-pull-", own.slug), cat("check: pull ", check.target), cat("Proves that docker gets images of ", own.name, " whenever it asks."), RunCheck{check});
}

bool page_is_ours(const PlanInput& input) {
  if (!input.facts.installed) return false;
  const auto& steps = input.facts.installed->steps;
  return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
    const auto* set = std::get_if<SetUnit>(&step.action);
    return set != nullptr && (set->unit == "rootcellar-portal.service" || set->unit.starts_with("rootcellar-as-"));
  });
}

void check_served(const PlanInput& input, const OwnName& own, Plan& plan) {
  for (const ListeningPort& port : input.facts.ports) {
    const bool every = own.served.any_address() || port.address == "0.0.0.0" || port.address == "::";
    if (port.port != own.served.port || port.user == k_registry_user || (!every && port.address != own.served.address)) continue;
    plan.refusals.push_back(cat("images of ", own.name, " are served at port ", own.served.port, " of ", own.served.address, ", which a program of user '",
                                port.user, "' has: stop it"));
    return;
  }
}

/// Who listens at every address does so at loopback's, too.
void check_here(const PlanInput& input, const OwnName& own, Plan& plan) {
  for (const ListeningPort& port : input.facts.ports) {
    const bool every = port.address == "0.0.0.0" || port.address == "::";
    if (port.port != k_https || (!every && port.address != own.here.address)) continue;
    plan.refusals.push_back(cat("docker asks for ", own.name, " at ", own.here.text(), ", which a program of user '", port.user, "' has at ", port.address,
                                ": stop it, or let it listen at its own address only"));
    return;
  }
}

}  // namespace

bool has_own_names(const PlanInput& input) {
  const bool ours = input.own_registry() || (input.join != nullptr && !input.site_registry() && !input.join->site_registry);
  return ours && input.docker() && !input.appliance().registry.own_names.empty();
}

std::vector<OpenedPort> own_name_ports(const PlanInput& input) {
  std::vector<OpenedPort> ports;
  if (!has_own_names(input) || !input.own_registry() || input.layout.listen.loopback()) return ports;
  for (const OwnName& own : own_names(input)) ports.push_back({own.served.address, own.served.port, cat("images of ", own.name)});
  return ports;
}

std::vector<std::string> page_addresses(const PlanInput& input, const LanSite& site) {
  const LanSection& lan = input.appliance().lan;
  const bool in_the_way = has_own_names(input) && (lan.http_port == k_https || lan.https_port == k_https);
  return in_the_way ? std::vector<std::string>{site.address, "127.0.0.1"} : std::vector<std::string>{"0.0.0.0"};
}

void plan_own_names_fit(const PlanInput& input, Plan& plan) {
  const std::vector<std::string>& names = input.appliance().registry.own_names;
  if (names.empty() || !input.docker()) return;
  if (input.site_registry())
    plan.refusals.push_back(cat("docker is to get images of ", join(names, ", "),
                                " by these names, which only the bundle's own registry can answer to: leave out 'existing.registry', or take "
                                "a bundle without registry.own_names"));
  if (!has_own_names(input)) return;
  if (!input.has_package("iproute2"))
    plan.refusals.emplace_back("docker's own names of registries need the program ip, and neither this machine nor the bundle has the package 'iproute2'");
  if (input.join != nullptr && input.join->names_authority.empty())
    plan.refusals.push_back(cat("the ticket says nothing of the authority for ", join(names, ", "),
                                ": make a new one with 'rootcellar-install ticket' on the first node"));
  for (const OwnName& own : own_names(input)) {
    if (input.join == nullptr) check_served(input, own, plan);
    if (!page_is_ours(input)) check_here(input, own, plan);
  }
}

void plan_own_addresses(const PlanInput& input, Plan& plan) {
  if (has_own_names(input)) plan_addresses(own_names(input), plan);
}

void plan_own_names(const PlanInput& input, Plan& plan) {
  if (!has_own_names(input)) return;
  const std::vector<OwnName> names = own_names(input);
  if (input.join == nullptr) plan_certificate(input, plan);
  for (const OwnName& own : names) {
    if (input.join == nullptr) plan_registry_of(input, own, plan);
    plan_relay(own, plan);
    plan_docker(input, own, plan);
  }
  for (const OwnName& own : names) plan_proof(input, own, plan);
}

}  // namespace rootcellar
