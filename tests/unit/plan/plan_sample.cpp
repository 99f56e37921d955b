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
