#include "tests/unit/lock/sample_lock.h"

namespace rootcellar::test {
namespace {

LockedBlob blob(std::uint8_t byte, std::uint64_t size, std::string media_type = {}, std::string url = {}) {
  return {digest_of(byte), size, std::move(media_type), std::move(url), {}};
}

LockedImage pulled_image() {
  LockedImage image;
  image.repository = "docker.io/library/nginx";
  image.tags = {"1.22"};
  image.digest = digest_of(1);
  image.manifests = {{digest_of(1), "application/vnd.oci.image.index.v1+json", {}},
                     {digest_of(2), "application/vnd.oci.image.manifest.v1+json", {digest_of(3), digest_of(4)}}};
  image.blobs = {blob(1, 100, "application/vnd.oci.image.index.v1+json"), blob(2, 200, "application/vnd.oci.image.manifest.v1+json"),
                 blob(3, 300, "application/vnd.oci.image.config.v1+json"), blob(4, 400, "application/vnd.oci.image.layer.v1.tar+gzip")};
  return image;
}

Recipe recipe() {
  Recipe recipe;
  recipe.suite = "bookworm";
  recipe.packages = {"busybox-static"};
  ProfileFileContent text;
  text.text = "two\nlines\n";
  ProfileFileContent local;
  local.path = local.resolved_path = "lab/page.html";
  ProfileFileContent remote;
  remote.url = "https://example.org/x";
  remote.sha256 = digest_of(9);
  remote.size = 5;
  recipe.files = {{"/srv/a", text}, {"/srv/b", local}, {"/srv/c", remote}};
  recipe.modes = {{"/srv/a", 0755}, {"/srv/b", 0644}, {"/srv/c", 0644}};
  recipe.remove = {"/usr/share/doc"};
  recipe.entrypoint = {"/bin/busybox"};
  recipe.command = {"httpd", "-p", "8080"};
  recipe.environment = {"A=b c"};
  recipe.ports = {"8080/tcp"};
  recipe.volumes = {"/data"};
  recipe.user = "nobody";
  recipe.directory = "/srv";
  return recipe;
}

LockedImage made_image() {
  LockedImage image;
  image.repository = "quay.io/lab/registry";
  image.tags = {"2"};
  image.digest = digest_of(5);
  image.manifests = {{digest_of(5), "application/vnd.oci.image.manifest.v1+json", {digest_of(6), digest_of(7)}}};
  image.blobs = {blob(5, 500, "application/vnd.oci.image.manifest.v1+json"), blob(6, 600, "application/vnd.oci.image.config.v1+json"),
                 blob(7, 700, "application/vnd.oci.image.layer.v1.tar")};
  image.recipe = recipe();
  image.recipe_packages = {"busybox-static=1:1.35.0-4 amd64 " + digest_of(8).hex()};
  return image;
}

void add_packages(Lock& lock) {
  lock.packages_base = "debian-12-minimal";
  lock.packages_install = {"docker.io", "curl=7*"};
  lock.apt_sources = {{"debian", "http://deb.debian.org/debian", {"bookworm"}, {"main"}, "apt/keyrings/debian-archive-keyring.gpg"}};
  lock.apt_files = {{"debian/dists/bookworm/InRelease", blob(20, 2000, {}, "http://deb.debian.org/debian/dists/bookworm/InRelease")},
                    {"debian/dists/bookworm/main/binary-amd64/Packages.xz", blob(21, 2100)}};
  const std::string path = "apt/debian/pool/main/c/curl/curl_7.88_amd64.deb";
  lock.packages = {{{"curl", "7.88", "amd64", path, 2200, 4096, {"gpu-driver", "role:gpuWorker"}},
                    blob(22, 2200, {}, "http://deb.debian.org/debian/pool/main/c/curl/curl_7.88_amd64.deb")}};
}

void add_settings(Lock& lock) {
  lock.registry = {true, "image:quay.io/lab/registry:2", "127.0.0.1:5000", "/srv/registry"};
  lock.runtime.kind = "docker";
  lock.runtime.insecure_registries = {"lab:5000"};
  lock.runtime.preload = {"nginx:1.22"};
  lock.runtime.nvidia = lock.runtime.nvidia_default = true;
  lock.gpu = {true, "gpuWorker", "packages", {"nvidia-driver"}, 535};
  lock.checks = {{"docker: answers", "run", {"/usr/bin/docker", "version"}, "", "", 60},
                 {"page", "http", {}, "http://127.0.0.1/", "true", 5}};
}

}  // namespace

Digest digest_of(std::uint8_t byte) {
  Digest digest;
  digest.bytes.fill(byte);
  return digest;
}

Lock sample_lock() {
  Lock lock;
  lock.product = "lab";
  lock.title = "Lab page: #1";
  lock.variant = "cpu";
  lock.architecture = "amd64";
  lock.installer_min = "0.1.0";
  lock.builder = "0.1.0";
  lock.zstd = "1.5.4";
  lock.serial = 7;
  lock.created = 1700000000;
  lock.expires = 1763072000;
  lock.target = {"debian", "12", "bookworm"};
  add_packages(lock);
  lock.images = {pulled_image(), made_image()};
  lock.files = {{{"notes.txt", "files/notes.txt", "/opt/notes.txt", 0600, "root", "root"}, blob(30, 3000)},
                {{"tool.tar.gz", "files/tool.tar.gz", "/opt/tool.tar.gz", 0644, "lab", "lab"},
                 blob(31, 3100, {}, "https://example.org/tool.tar.gz")}};
  lock.files[0].blob.path = "../lab/notes.txt";
  add_settings(lock);
  return lock;
}

}  // namespace rootcellar::test
