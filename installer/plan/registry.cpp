#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/plan/existing.h"
#include "installer/plan/trust.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_config = "/etc/rootcellar/registry.yml";
constexpr std::string_view k_unit_path = "/etc/systemd/system/rootcellar-registry.service";
constexpr std::string_view k_secrets_folder = "/var/lib/rootcellar/secrets";  // where MakeSecret keeps them
constexpr std::string_view k_push_config = "/etc/rootcellar/registry-push.yml";
constexpr std::string_view k_push_unit = "rootcellar-registry-push.service";
constexpr std::string_view k_push_unit_path = "/etc/systemd/system/rootcellar-registry-push.service";
constexpr std::string_view k_password = "registry-push";
constexpr std::string_view k_password_hash = "registry-push-htpasswd";
constexpr std::string_view k_extracted_directory = "/usr/local/lib/rootcellar";
constexpr std::string_view k_extracted = "/usr/local/lib/rootcellar/registry";
constexpr std::string_view k_packaged = "/usr/bin/docker-registry";
constexpr std::string_view k_from_package = "package:";
constexpr std::string_view k_from_image = "image:";

Owner registry_owner() { return {std::string(k_registry_user), std::string(k_registry_user)}; }

bool from_image(const RegistrySection& registry) { return registry.program.starts_with(k_from_image); }

/// distribution's configuration, version 0.1 (docs/configuration.md of that project). Nothing is ever deleted through it: what people
/// push stays, and the garbage collector would have to stop it first.
std::string config_text(const Layout& layout, const Endpoint& listen, std::string_view storage, std::string_view tls,
                        std::string_view more) {
  return cat("version: 0.1\n", "log:\n", "  level: info\n", "  formatter: text\n", "  accesslog:\n", "    disabled: true\n", "storage:\n",
             "  filesystem:\n", "    rootdirectory: ", layout.registry, "\n", "  delete:\n", "    enabled: false\n", storage, "http:\n",
             "  addr: '", listen.text(), "'\n", tls, "  headers:\n", "    X-Content-Type-Options: [nosniff]\n", more);
}

std::string tls_text(const PlanInput& input) {
  return registry_tls(input) ? cat("  tls:\n    certificate: ", k_site_chain, "\n    key: ", k_registry_key, "\n") : std::string();
}

bool has_account(const PlanInput& input) { return input.appliance().registry.auth == "htpasswd"; }

/// distribution asks for a password for everything or for nothing, so what everybody may read is served by a second one that writes nothing.
std::string pull_config_text(const PlanInput& input) {
  return config_text(input.layout, input.layout.listen, has_account(input) ? "  maintenance:\n    readonly:\n      enabled: true\n" : "",
                     tls_text(input), "");
}

std::string push_config_text(const PlanInput& input) {
  return config_text(input.layout, input.layout.push, "", tls_text(input),
                     cat("auth:\n  htpasswd:\n    realm: ", input.header.product, "\n    path: /run/credentials/", k_push_unit, "/htpasswd\n"));
}

bool below_a_home(std::string_view path) {
  return path.starts_with("/home/") || path.starts_with("/root/") || path.starts_with("/run/user/");
}

std::string capabilities(const Endpoint& listen) {
  if (listen.port >= 1024) return "CapabilityBoundingSet=\n";
  return "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n";
}

/// systemd.exec(5): the service reads its configuration, writes its storage, talks IP, and needs nothing else.
std::string unit_text(const RegistrySection& registry, const Layout& layout, const Endpoint& listen, std::string_view what,
                      std::string_view config, std::string_view more) {
  return cat(
      "[Unit]\nDescription=", what, "\nAfter=network.target\nBefore=containerd.service docker.service\n"
      "RequiresMountsFor=",
      layout.registry, "\n\n[Service]\nUser=", k_registry_user, "\nGroup=", k_registry_user, "\nExecStart=", registry_program(registry),
      " serve ", config, "\nRestart=always\nRestartSec=2\nUMask=0027\nLimitNOFILE=65536\n", more, capabilities(listen),
      "NoNewPrivileges=yes\nProtectSystem=strict\nReadWritePaths=", layout.registry,
      "\nProtectHome=", below_a_home(layout.registry) ? "read-only" : "yes",
      "\nPrivateTmp=yes\nPrivateDevices=yes\nProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectControlGroups=yes\n"
      "RestrictAddressFamilies=AF_INET AF_INET6 "
      "AF_UNIX\nRestrictNamespaces=yes\nRestrictRealtime=yes\nRestrictSUIDSGID=yes\nLockPersonality=yes\n"
      "SystemCallArchitectures=native\n\n[Install]\nWantedBy=multi-user.target\n");
}

void keep_packaged_service_down(const RegistrySection& registry, Plan& plan) {
  const std::string package = registry.program.substr(std::min(registry.program.size(), k_from_package.size()));
  add_step(plan, "registry-package-service", cat("keep ", package, ".service down"),
           "The package brings a service of its own, with a password, on the same port; ours takes its place.",
           SetUnit{cat(package, ".service"), false, false});
}

void plan_program(const RegistrySection& registry, Plan& plan) {
  if (from_image(registry)) {
    const std::string image = registry.program.substr(k_from_image.size());
    add_step(plan, "registry-program-directory", cat("make directory ", k_extracted_directory), "The registry's program goes there.",
             MakeDirectory{std::string(k_extracted_directory)});
    add_step(plan, "registry-program", cat("take the registry's program out of ", image), "The registry must run before any container can.",
             ExtractFromImage{image, "bin/registry", std::string(k_extracted)});
    return;
  }
  keep_packaged_service_down(registry, plan);
}

void plan_storage(const PlanInput& input, Plan& plan) {
  const std::string& storage = input.layout.registry;
  add_step(plan, "registry-user", cat("add user ", k_registry_user), "The registry runs under its own name and may write its storage only.",
           AddUser{std::string(k_registry_user), storage});
  add_step(plan, "registry-storage", cat("make directory ", storage),
           "The registry's images lie there; what people push is kept when the appliance goes.",
           MakeDirectory{storage, 0750, registry_owner(), true});
  add_step(plan, "registry-images",
           cat("write ", input.index.images.size(), input.index.images.size() == 1 ? " image" : " images", " into ", storage),
           "Every image of the bundle is served from this machine, under its upstream name.",
           FillRegistry{storage, registry_owner(), {}, input.facts.pushed_over});
}

/// The program reads both when it starts.
void watch_certificate(const PlanInput& input, std::vector<std::string>& watched) {
  if (!registry_tls(input)) return;
  watched.emplace_back(k_site_chain);
  watched.emplace_back(k_registry_key);
}

void plan_service(const PlanInput& input, Plan& plan) {
  const std::string url = cat(registry_access(input).url, "/v2/");
  const std::string config(k_config), unit_path(k_unit_path), unit(k_registry_unit);
  add_step(plan, "registry-config", cat("write ", config), "Says where the registry listens and what it serves.",
           WriteFile{config, pull_config_text(input)});
  add_step(plan, "registry-unit", cat("write ", unit_path), "Starts the registry at boot, before any container runtime.",
           WriteFile{unit_path, unit_text(input.appliance().registry, input.layout, input.layout.listen,
                                          "Container registry of the installed appliance", k_config, "")});
  std::vector<std::string> watched{config, unit_path};
  watch_certificate(input, watched);
  if (from_image(input.appliance().registry)) watched.emplace_back(k_extracted);
  add_step(plan, "registry-service", cat("enable and start ", unit), "The registry serves the images.",
           SetUnit{unit, true, true, true, watch_also_packages(input, watched)});
  add_step(plan, "registry-answers", cat("wait for ", url), "Nothing goes on before the registry answers.", WaitHttp{url, 200, 60});
}

/// The password is for people, the hash for the registry: systemd reads it as root and shows it to the service alone (systemd.exec(5)).
void plan_account(const PlanInput& input, Plan& plan) {
  const RegistrySection& registry = input.appliance().registry;
  const std::string config(k_push_config), unit_path(k_push_unit_path), unit(k_push_unit);
  GeneratedSecret password, hash;
  password.name = k_password;
  password.kind = "password";
  hash.name = k_password_hash;
  hash.kind = "htpasswd";
  hash.user = registry.account;
  hash.secret = password.name;
  add_step(plan, "registry-password", cat("make the password of '", registry.account, "'"),
           cat("Who pushes to the registry needs it; it lies in ", k_secrets_folder, "/", password.name, ", for root alone."),
           MakeSecret{password, {}});
  add_step(plan, "registry-password-hash", "hash the password for the registry", "The registry knows the hash and not the password.",
           MakeSecret{hash, {}});
  add_step(plan, "registry-push-config", cat("write ", config), "Says where the registry takes images, and from whom.",
           WriteFile{config, push_config_text(input)});
  add_step(plan, "registry-push-unit", cat("write ", unit_path), "A second registry over the same images, for the account that may push.",
           WriteFile{unit_path, unit_text(registry, input.layout, input.layout.push, "Container registry of the installed appliance, for pushing",
                                          k_push_config, cat("LoadCredential=htpasswd:", k_secrets_folder, "/", hash.name, "\n"))});
  std::vector<std::string> watched{config, unit_path, cat(k_secrets_folder, "/", hash.name)};
  watch_certificate(input, watched);
  if (from_image(registry)) watched.emplace_back(k_extracted);
  add_step(plan, "registry-push-service", cat("enable and start ", unit), cat("'", registry.account, "' can push."),
           SetUnit{unit, true, true, true, watch_also_packages(input, watched)});
  plan.ports.push_back({input.layout.push.address, input.layout.push.port,
                        cat("container registry, for pushing, with the password of '", registry.account, "'", registry_tls(input) ? "" : " and without encryption")});
}

bool same_address(const Endpoint& listen, const ListeningPort& port) {
  const bool any = listen.any_address() || port.address == "0.0.0.0" || port.address == "::";
  return any || listen.address == port.address;
}

void check_port(const PlanInput& input, const Endpoint& listen, Plan& plan) {
  for (const ListeningPort& port : input.facts.ports) {
    if (port.port != listen.port || !same_address(listen, port) || port.user == k_registry_user) continue;
    plan.refusals.push_back(cat("the registry needs port ", listen.port, " at ", listen.address, ", which a program of user '", port.user,
                                "' has: stop it, or answer another 'registry.listen'"));
    return;
  }
}

void check_address(const PlanInput& input, Plan& plan) {
  const Endpoint& listen = input.layout.listen;
  const std::vector<std::string>& own = input.facts.addresses;
  if (input.docker() && listen.address.find(':') != std::string::npos) {
    plan.refusals.push_back(cat("docker's image names cannot hold an IPv6 address: 'registry.listen' must be IPv4, found ", listen.text()));
  }
  if (listen.any_address() || listen.loopback() || own.empty() || listen.address.find(':') != std::string::npos) return;
  if (std::find(own.begin(), own.end(), listen.address) != own.end()) return;
  plan.refusals.push_back(cat("'registry.listen' is ", listen.text(), ", and this machine's addresses are ", join(own, ", ")));
}

std::string port_purpose(const PlanInput& input) {
  const Endpoint& listen = input.layout.listen;
  if (has_account(input)) return "container registry, for pulling";
  if (listen.loopback()) return "container registry, for this machine only";
  return cat("container registry, without ", registry_tls(input) ? "" : "encryption or ", "password: anybody who reaches the address can pull and push");
}

}  // namespace

std::string_view registry_program(const RegistrySection& registry) { return from_image(registry) ? k_extracted : k_packaged; }

void plan_registry(const PlanInput& input, Plan& plan) {
  const RegistrySection& registry = input.appliance().registry;
  if (!registry.enabled) return;
  if (!input.own_registry()) {
    if (registry.program.starts_with(k_from_package)) keep_packaged_service_down(registry, plan);
    return;
  }
  check_port(input, input.layout.listen, plan);
  if (has_account(input)) check_port(input, input.layout.push, plan);
  check_address(input, plan);
  plan_storage(input, plan);
  plan_program(registry, plan);
  plan_registry_key(input, plan);
  plan_service(input, plan);
  plan.ports.push_back({input.layout.listen.address, input.layout.listen.port, port_purpose(input)});
  if (has_account(input)) plan_account(input, plan);
}

}  // namespace rootcellar
