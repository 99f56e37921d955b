#include "tests/unit/plan/plan_sample.h"

#include "bundle/base/text.h"

namespace rootcellar::test {
namespace {

Digest digest_of(std::uint8_t number) {
  Digest digest;
  digest.bytes.fill(number);
  return digest;
}

ImageEntry image(std::string repository, std::string tag, std::uint8_t number) {
  ManifestEntry manifest{digest_of(number), "application/vnd.oci.image.manifest.v1+json", {digest_of(number + 1), digest_of(number + 2)}};
  return {std::move(repository), {std::move(tag)}, manifest.digest, {manifest}};
}

void add_image_blobs(Index& index, std::uint8_t number, std::uint64_t layer, BlobMode mode) {
  index.blobs.push_back({digest_of(number), 500, BlobMode::asis, {}});
  index.blobs.push_back({digest_of(number + 1), 1500, BlobMode::asis, {}});
  index.blobs.push_back({digest_of(number + 2), layer, mode, {}});
}

PackagesSection packages() {
  PackagesSection section;
  section.base = "debian-12-minimal";
  section.install = {"docker.io", "docker-registry"};
  section.files = {{"containerd", "1.6.20", "amd64", "apt/debian/pool/containerd.deb", 25'000'000, 110'000'000},
                   {"docker.io", "20.10.24", "amd64", "apt/debian/pool/docker.io.deb", 36'000'000, 150'000'000},
                   {"docker-registry", "2.8.2", "amd64", "apt/debian/pool/docker-registry.deb", 5'000'000, 18'000'000}};
  section.sources = {{"debian", "http://deb.debian.org/debian", {"bookworm"}, {"main"}, "apt/keyrings/debian.gpg"}};
  return section;
}

Appliance appliance() {
  Appliance out;
  out.title = "Lab";
  out.target = {"debian", "12", "bookworm"};
  out.packages = packages();
  out.files = {{"motd", "files/motd", "/etc/motd.d/lab", 0644, "root", "root"}};
  out.registry = {true, "package:docker-registry", "127.0.0.1:5000", "/var/lib/rootcellar/registry"};
  out.runtime.kind = "docker";
  out.runtime.preload = {"docker.io/library/page:1.0"};
  out.checks = {{"page answers", "container", {"/bin/page", "--once"}, "127.0.0.1:5000/docker.io/library/page:1.0", "hello", 60},
                {"registry lists", "http", {}, "http://127.0.0.1:5000/v2/_catalog", "page", 30},
                {"tool from here", "pull", {}, "127.0.0.1:5000/quay.io/team/tool:2", "", 60}};
  return out;
}

void add_program(Appliance& appliance, const std::string& name) {
  appliance.files.push_back({name, "files/" + name, "/usr/local/bin/" + name, 0755, "root", "root"});
}

ClusterSection cluster() {
  ClusterSection section;
  section.enabled = true;
  section.version = "1.34.4";
  section.cni_programs = "/usr/lib/cni";
  section.images = {"registry.k8s.io/kube-apiserver:v1.34.4", "registry.k8s.io/pause:3.10.1"};
  section.sandbox_image = "registry.k8s.io/pause:3.10.1";
  section.cert_sans = {"lab.example"};
  section.roles = {{"webServer", {"webServer=yes"}, {}}, {"dbServer", {"dbServer=yes"}, {{"/media/db", 0700, "70", "70"}}}};
  section.secrets = {{.name = "db", .kind = "password"}};
  Deployment network{.name = "flannel", .kind = "manifest", .space = "kube-flannel", .files = {"files/flannel.yaml"}, .templated = true};
  network.waits = {{.kind = "rollout", .target = "daemonset/kube-flannel-ds"}};
  Deployment web{.name = "web", .kind = "chart", .space = "lab", .files = {"charts/web.tgz"}};
  web.text = "domain: ${answers.domain}\nregistry: ${site.registry}\npassword: ${secret.db|json}\n";
  web.waits = {{.kind = "rollout", .target = "deployment/web"},
               {.kind = "http", .target = "http://${site.address}:30080/", .expect = "hello"}};
  web.captures = {{.name = "web-ip", .target = "service/web", .expression = "{.spec.clusterIP}"}};
  Deployment migrate{.name = "migrate", .kind = "exec", .space = "lab", .target = "deployment/web"};
  migrate.argv = {"/bin/page", "--migrate"};
  migrate.input = "${capture.web-ip}\n";
  section.network = {network};
  section.deploy = {web, migrate};
  return section;
}

}  // namespace

Header sample_header() {
  Header header;
  header.product = "lab";
  header.variant = "cpu";
  header.architecture = "amd64";
  header.serial = 3;
  header.created = parse_time("2026-11-20T10:00:00Z").value();
  header.expires = parse_time("2027-11-20T10:00:00Z").value();
  header.installer_min = "0.1.0";
  header.index_size = 40'000;
  header.index_raw = 90'000;
  header.frames = 12;
  header.payload = 170'000'000;
  header.volumes = 3;
  header.zstd = "1.5.4";
  header.builder = "0.1.0";
  return header;
}

Index sample_index() {
  Index index;
  add_image_blobs(index, 10, 30'000'000, BlobMode::asis);
  add_image_blobs(index, 20, 70'000'000, BlobMode::file);
  index.images = {image("docker.io/library/page", "1.0", 10), image("quay.io/team/tool", "2", 20)};
  index.files = {{"apt/debian/dists/bookworm/main/binary-amd64/Packages.xz", digest_of(1), 8'000'000},
                 {"apt/debian/pool/containerd.deb", digest_of(2), 25'000'000},
                 {"apt/debian/pool/docker-registry.deb", digest_of(3), 5'000'000},
                 {"apt/debian/pool/docker.io.deb", digest_of(4), 36'000'000},
                 {"files/motd", digest_of(5), 120}};
  index.appliance = appliance();
  return index;
}

Index sample_cluster_index() {
  Index index = sample_index();
  add_image_blobs(index, 30, 20'000'000, BlobMode::file);
  add_image_blobs(index, 40, 300'000, BlobMode::file);
  index.images.push_back(image("registry.k8s.io/kube-apiserver", "v1.34.4", 30));
  index.images.push_back(image("registry.k8s.io/pause", "3.10.1", 40));
  Appliance& appliance = index.appliance;
  appliance.packages.install = {"containerd", "docker-registry", "conntrack", "iptables", "iproute2"};
  std::erase_if(appliance.packages.files, [](const PackageFile& file) { return file.name == "docker.io"; });
  for (const char* name : {"conntrack", "iptables", "iproute2"})
    appliance.packages.files.push_back({name, "1.8", "amd64", std::string("apt/debian/pool/") + name + ".deb", 100'000, 400'000});
  for (const char* name : {"kubeadm", "kubelet", "kubectl", "crictl", "helm"}) add_program(appliance, name);
  appliance.runtime = {};
  appliance.runtime.kind = "containerd";
  appliance.checks.clear();
  appliance.cluster = cluster();
  return index;
}

Answers sample_cluster_answers() {
  Answers answers;
  answers.cluster.roles = std::vector<std::string>{"webServer", "dbServer"};
  answers.cluster.nameservers = {"192.0.2.53"};
  answers.values = {{"domain", "lab.example"}};
  return answers;
}

Facts sample_node_facts() {
  Facts facts = sample_facts();
  for (const char* path : {"/usr/local/bin", "/var/lib/etcd", "/var/lib/kubelet"}) facts.space[path] = facts.space["/usr"];
  NodeFacts& node = facts.node;
  node.hostname = "bench7";
  node.kernel = "6.1.0-18-amd64";
  node.memory = 8'000'000'000;
  node.processors = 4;
  node.routes = {{"eth0", {0, 0}, 0xc0000201, 100}, {"eth0", {0xc0000200, 24}, 0, 0}};
  node.addresses = {{"192.0.2.7", "eth0"}};
  node.nameservers = {"192.0.2.53"};
  node.search = {"lab.example"};
  return facts;
}

JoinTicket sample_ticket() {
  const Header header = sample_header();
  JoinTicket ticket;
  ticket.product = header.product;
  ticket.variant = header.variant;
  ticket.architecture = header.architecture;
  ticket.serial = header.serial;
  ticket.bundle = bundle_id(encode_header(header));
  ticket.made = sample_node_facts().clock;
  ticket.expires = ticket.made + 3600;
  ticket.endpoint = "cluster.internal";
  ticket.address = "192.0.2.10";
  ticket.registry = "192.0.2.10:5000";
  ticket.ca_hash = "sha256:" + std::string(64, 'a');
  ticket.token = "abcdef.0123456789abcdef";
  ticket.pod_cidr = "10.244.0.0/16";
  ticket.service_cidr = "10.96.0.0/16";
  ticket.signers = "version: 1\n";
  return ticket;
}

Facts sample_facts() {
  Facts facts;
  facts.distribution = "debian";
  facts.version = "12";
  facts.codename = "bookworm";
  facts.architecture = "amd64";
  facts.machine = "x86_64";
  facts.root = true;
  facts.systemd = true;
  facts.clock = parse_time("2026-11-21T08:00:00Z").value();
  facts.packages["bash"] = {"5.2", "installed", false};
  facts.packages["ca-certificates"] = {"20230311", "installed", false};  // as on every usual Debian
  facts.users = {"root"};
  facts.addresses = {"127.0.0.1", "192.0.2.7"};
  facts.cgroup = "v2";
  facts.installer_version = "0.1.0";
  const SpaceFacts disk{.available = 20'000'000'000, .total = 40'000'000'000, .device = 1, .read_only = false, .filesystem = "ext4"};
  for (const char* path : {"/etc/motd.d", "/usr", "/usr/local/sbin", "/var/lib/containerd", "/var/lib/docker", "/var/lib/rootcellar",
                           "/var/lib/rootcellar/registry", "/var/lib/rootcellar/spool"}) {
    facts.space[path] = disk;
  }
  return facts;
}

}  // namespace rootcellar::test
