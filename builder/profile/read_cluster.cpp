// The cluster: what kubeadm is told, roles, secrets, and the programs that come as files or out of archives.
#include <algorithm>

#include "builder/profile/address_range.h"
#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_max_length = 16384;
constexpr std::uint64_t k_max_port = 65535;
constexpr std::uint32_t k_program_mode = 0755;
const std::vector<std::string> k_secret_kinds{"password", "hex", "rsa", "jwt", "dhparam", "htpasswd", "dockerconfigjson"};

bool is_image(std::string_view text) { return parse_image_name(text).has_value(); }
bool is_range(std::string_view text) { return parse_address_range(text).has_value(); }

RoleDirectory read_role_directory(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "directory keys");
  RoleDirectory directory;
  directory.path =
      require_text_that(map, "path", is_destination, "an absolute path outside /var/lib/rootcellar, /etc/rootcellar, /proc, /sys and /dev");
  directory.mode = read_mode(map, directory.mode);
  directory.owner = text_that(map, "owner", is_account, "a user", directory.owner);
  directory.group = text_that(map, "group", is_account, "a group", directory.group);
  context.finish(map, "cluster.roles.directories");
  return directory;
}

NodeRole read_role(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "role keys");
  NodeRole role;
  role.name = require_text_that(map, "name", is_file_name, "letters, digits, '.', '_', '+' and '-'");
  role.labels = texts_that(map, "labels", is_node_label, "a label KEY=VALUE");
  map.list("directories", [&](const YamlNode& item) { role.directories.push_back(read_role_directory(item, context)); });
  role.packages = texts_that(map, "packages", is_package_name, "a package's name");
  map.list("disks", [&](const YamlNode& item) { role.disks.push_back(read_role_disk(item, context)); });
  context.finish(map, "cluster.roles");
  return role;
}

/// "8472/udp", "30000-32767": one port or a range, tcp when nothing is said.
bool parse_ports(std::string_view text, ClusterPort& port) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) port.protocol = std::string(text.substr(slash + 1));
  const std::string_view numbers = text.substr(0, slash);
  const std::size_t dash = numbers.find('-');
  const auto first = parse_u64(numbers.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_u64(numbers.substr(dash + 1));
  port.first = first.value_or(0);
  port.last = last.value_or(0);
  return port.first > 0 && port.first <= port.last && port.last <= k_max_port && (port.protocol == "tcp" || port.protocol == "udp");
}

bool is_ports(std::string_view text) {
  ClusterPort port;
  return parse_ports(text, port);
}

ClusterPort read_port(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "port keys");
  ClusterPort port;
  port.name = require_text_that(map, "name", is_title, "one line that says what listens");
  parse_ports(require_text_that(map, "port", is_ports, "a port like 179 or 8472/udp, or a range like 4240-4245"), port);
  port.from = map.one_of("from", {"nodes", "everyone"}, port.from);
  context.finish(map, "cluster.ports");
  return port;
}

/// What a kind of secret cannot do without, and what it has no use for.
void check_secret(YamlMap& map, const GeneratedSecret& secret) {
  const auto wants = [&](std::string_view key, bool is_wanted) {
    const YamlNode* node = map.take(key);
    if (is_wanted && node == nullptr) map.faults().add(map.node(), cat("a secret of kind '", secret.kind, "' needs the key '", key, "'"));
    if (!is_wanted && node != nullptr) map.faults().add(*node, cat("key '", key, "': a secret of kind '", secret.kind, "' has none"));
  };
  const bool is_login = secret.kind == "htpasswd" || secret.kind == "dockerconfigjson";
  wants("user", is_login);
  wants("secret", is_login || secret.kind == "jwt");
  wants("claims", secret.kind == "jwt");
  wants("server", secret.kind == "dockerconfigjson");
  if (is_login || secret.kind == "jwt") wants("length", false);
}

GeneratedSecret read_secret(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "secret keys");
  GeneratedSecret secret;
  secret.name = require_text_that(map, "name", is_object_name, "at most 63 lower-case letters, digits, '.' and '-'");
  map.require("kind");
  secret.kind = map.one_of("kind", k_secret_kinds, "password");
  secret.length = number_between(map, "length", 0, 1, k_max_length);
  secret.user = map.text("user");
  secret.secret = map.text("secret");
  secret.claims = read_site_text(map, "claims");
  secret.server = read_site_text(map, "server");
  if (node.kind == YamlNode::Kind::map) check_secret(map, secret);
  context.finish(map, "cluster.secrets");
  return secret;
}

/// One file for each of `members`, or the one file itself.
void add_binary(YamlMap& map, const ProfileFile& binary, const std::vector<std::string>& members, Profile& profile) {
  if (members.empty()) return profile.files.push_back(binary);
  for (const std::string& member : members) {
    ProfileFile file = binary;
    file.name = cat(binary.name, ".", path_name(member));
    file.content.member = member;
    file.destination = path_join(binary.destination, path_name(member));
    if (!is_file_name(file.name))
      map.faults().add(*map.take("members"), cat("key 'members': '", printable(path_name(member), 80), "' cannot be a file's name here"));
    profile.files.push_back(std::move(file));
  }
}

void read_binary(const YamlNode& node, Profile& profile, const ReadContext& context) {
  YamlMap map(node, context.faults, "binary keys");
  ProfileFile binary;
  binary.place = place_of(node);
  binary.name = require_text_that(map, "name", is_file_name, "letters, digits, '.', '_', '+' and '-'");
  binary.content = read_pinned_content(map, context);
  const std::vector<std::string> members = texts_that(map, "members", is_member, "a path inside the archive");
  const bool has_members = map.take("members") != nullptr;
  if (has_members && map.take("member") != nullptr)
    context.faults.add(*map.take("member"), "expected one of member and members, found both");
  if (has_members && map.take("destination") == nullptr)
    context.faults.add(node, "missing key 'destination'", "with 'members' it is the folder they are put in");
  binary.destination =
      text_that(map, "destination", is_destination, "an absolute path outside /var/lib/rootcellar, /etc/rootcellar, /proc, /sys and /dev",
                cat("/usr/local/bin/", binary.name));
  binary.mode = read_mode(map, k_program_mode);
  add_binary(map, binary, members, profile);
  context.finish(map, "cluster.binaries");
}

void read_network_words(YamlMap& map, ClusterSection& cluster) {
  cluster.pod_cidr =
      text_that(map, "pod_cidr", is_range, "an address range like 10.244.0.0/16, no bits set below its prefix", cluster.pod_cidr);
  cluster.service_cidr =
      text_that(map, "service_cidr", is_range, "an address range like 10.96.0.0/16, no bits set below its prefix", cluster.service_cidr);
  cluster.domain = text_that(map, "domain", is_object_name, "a domain's name", cluster.domain);
  cluster.endpoint = text_that(map, "endpoint", is_object_name, "a host's name", cluster.endpoint);
  cluster.cert_sans = map.text_list("cert_sans");
  const auto pods = parse_address_range(cluster.pod_cidr), services = parse_address_range(cluster.service_cidr);
  if (!pods || !services || !ranges_overlap(*pods, *services)) return;
  const YamlNode* at = map.take("service_cidr") != nullptr ? map.take("service_cidr") : map.take("pod_cidr");
  map.faults().add(*at, cat("pod_cidr ", cluster.pod_cidr, " and service_cidr ", cluster.service_cidr, " overlap"));
}

/// kubeadm pulls the sandbox image too: by its own list it is the one called pause.
std::string sandbox_among(const std::vector<std::string>& images) {
  const auto is_pause = [](const std::string& text) {
    const auto name = parse_image_name(text);
    return name && path_name(name->repository) == "pause";
  };
  const auto found = std::find_if(images.begin(), images.end(), is_pause);
  return found == images.end() ? std::string() : *found;
}

/// What a cluster is made of, and nobody makes one.
void refuse_makings(YamlMap& map) {
  for (const char* key : {"runtime", "images", "sandbox_image", "network", "cni_programs", "pod_cidr", "service_cidr", "endpoint", "cert_sans",
                          "schedule_on_control_plane"}) {
    if (const YamlNode* given = map.take(key)) map.faults().add(*given, cat("key '", key, "': with 'existing' the site has the cluster, and this is decided there"));
  }
}

void read_images(YamlMap& map, ClusterSection& cluster) {
  cluster.images = texts_that(map, "images", is_image, "an image's name");
  cluster.sandbox_image = text_that(map, "sandbox_image", is_image, "an image's name", sandbox_among(cluster.images));
  if (cluster.sandbox_image.empty() && !cluster.existing && map.node().kind == YamlNode::Kind::map)
    map.faults().add(map.node(), "missing key 'sandbox_image'", "the pause image, unless it is among cluster.images");
}

}  // namespace

void read_cluster(const YamlNode& node, Profile& profile, const ReadContext& context) {
  YamlMap map(node, context.faults, "cluster keys");
  ClusterSection& cluster = profile.cluster.described;
  profile.cluster.place = place_of(node);
  cluster.enabled = map.boolean("enabled", true);
  cluster.existing = map.boolean("existing", false);
  if (cluster.existing) refuse_makings(map);
  cluster.version = require_text_that(map, "version", is_version, "a version like 1.34.4");
  const std::string usual = profile.runtime.kind == "docker" ? "docker" : cluster.runtime;
  cluster.runtime = map.one_of("runtime", {"containerd", "docker"}, usual);
  read_network_words(map, cluster);
  cluster.cni_programs = text_that(map, "cni_programs", is_absolute_path, "an absolute path", cluster.cni_programs);
  read_images(map, cluster);
  cluster.peer_mirror = number_between(map, "peer_mirror", 0, 1024, 65535);
  cluster.schedule_on_control_plane = map.boolean("schedule_on_control_plane", cluster.schedule_on_control_plane);
  map.list("roles", [&](const YamlNode& item) { cluster.roles.push_back(read_role(item, context)); });
  map.list("ports", [&](const YamlNode& item) { cluster.ports.push_back(read_port(item, context)); });
  map.list("secrets", [&](const YamlNode& item) { cluster.secrets.push_back(read_secret(item, context)); });
  map.list("binaries", [&](const YamlNode& item) { read_binary(item, profile, context); });
  map.list("network", [&](const YamlNode& item) { profile.cluster.network.push_back(read_deployment(item, context)); });
  map.list("deploy", [&](const YamlNode& item) { profile.cluster.deploy.push_back(read_deployment(item, context)); });
  map.list("exports", [&](const YamlNode& item) { cluster.exports.push_back(read_export(item, context)); });
  context.finish(map, "cluster");
}

}  // namespace rootcellar
