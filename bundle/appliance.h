// What a bundle sets up on a machine: plain data that the builder writes and the installer plans from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/digest.h"
#include "bundle/cluster.h"
#include "bundle/lan.h"
#include "bundle/storage.h"

namespace rootcellar {

/// The distribution release the bundle is for, as in /etc/os-release and dpkg.
struct TargetRelease {
  std::string distribution;  ///< os-release ID, "debian"
  std::string version;       ///< os-release VERSION_ID, "12"
  std::string codename;      ///< "bookworm"
};

/// One apt source carried in the bundle: an archive root with the bytes exactly as served.
/// Its files are FileEntry paths below "apt/NAME/": "dists/SUITE/InRelease", "dists/SUITE/COMPONENT/binary-ARCH/Packages.xz", "pool/...".
struct AptSource {
  std::string name;                     ///< folder below "apt/", e.g. "debian", "debian-security"
  std::string uri;                      ///< upstream URI, for the record
  std::vector<std::string> suites;      ///< "bookworm", "bookworm-updates"
  std::vector<std::string> components;  ///< "main"
  std::string keyring;                  ///< FileEntry path of the keyring, "apt/keyrings/debian-archive-keyring.gpg"
};

/// A deb of the dependency closure. Its bytes are FileEntry `path`, "apt/NAME/pool/...".
struct PackageFile {
  std::string name;
  std::string version;
  std::string architecture;
  std::string path;
  std::uint64_t size = 0;            ///< of the .deb
  std::uint64_t installed_size = 0;  ///< bytes (Installed-Size is KiB)
  std::vector<std::string> groups;   ///< "role:gpuWorker", "gpu-driver": only these need it; empty: every machine does
};

/// Whether a machine with `groups` may need it.
bool needed_by(const PackageFile& file, const std::vector<std::string>& groups);

struct PackagesSection {
  std::string base;                  ///< the named base the closure was solved against, "debian-12-minimal"
  std::vector<std::string> install;  ///< what the profile asked for, in its order
  std::vector<PackageFile> files;    ///< the closure
  std::vector<AptSource> sources;
};

/// Where a file of the bundle goes on the target. `path` is the FileEntry, `destination` absolute.
struct PlacedFile {
  std::string name;
  std::string path;         ///< "files/NAME"
  std::string destination;  ///< "/usr/local/bin/kubectl"
  std::uint32_t mode = 0644;
  std::string owner = "root";
  std::string group = "root";
};

struct RegistrySection {
  bool enabled = false;
  std::string program;  ///< "package:docker-registry" (a deb's /usr/bin/docker-registry) or "image:docker.io/library/registry:2" (taken out
                        ///< of that image's layer)
  std::string listen = "127.0.0.1:5000";  ///< numeric address:port
  std::string storage = "/var/lib/rootcellar/registry";
  std::string auth = "none";       ///< "none": whoever reaches it pulls and pushes; "htpasswd": `listen` is for pulling only
  std::string account = "push";    ///< htpasswd: who may push; the password is made on the target
  std::uint64_t push_port = 5001;  ///< htpasswd: where, at the address of `listen`
  bool tls = false;                ///< over https, by a certificate of the site's authority; needs the section lan
  /// Upstream registries other than docker.io that docker asks under their own names: this registry answers for them on every machine, by
  /// a certificate of an authority that docker alone knows, and for these names alone.
  std::vector<std::string> own_names{};
  bool existing = false;           ///< the bundle brings none: the site has one, and its answers say where
};

struct RuntimeSection {
  std::string kind = "none";                     ///< "docker" | "containerd" | "none"
  std::vector<std::string> insecure_registries;  ///< host:port or CIDR; the local registry is added by the plan
  std::vector<std::string> preload;              ///< image names docker gets at install time, pulled from the local registry
  std::string log_max_size = "50m";
  std::uint64_t log_max_files = 3;
  bool nvidia = false;          ///< docker and containerd know NVIDIA's runtime
  bool nvidia_default = false;  ///< and use it for every container
};

/// NVIDIA's cards: which machines have one, and who brings their driver.
struct GpuSection {
  bool enabled = false;
  std::string role;                   ///< the cluster's role whose machines have a card; empty: every machine
  std::string driver = "host";        ///< "host": it is there already; "packages": `packages`, where none is there
  std::vector<std::string> packages;  ///< the driver's, group "gpu-driver" of the closure
  std::uint64_t branch = 0;           ///< of the carried driver, 535 of 535.216.03: says which cards it knows
};

/// A proof the installer runs at the end and `status` runs again. Exactly one kind.
struct Check {
  std::string name;
  std::string kind;               ///< "run" | "http" | "pull" | "file" | "container"
  std::vector<std::string> argv;  ///< run: absolute program and arguments. container: arguments after the image
  std::string target;             ///< http: URL with a numeric host; pull, container: image name; file: path
  std::string expect;             ///< text that the output, body or file must contain; empty: success is enough
  std::uint64_t time_limit = 60;  ///< seconds, within which http is retried
};

struct Appliance {
  std::string title;
  TargetRelease target;
  PackagesSection packages;
  std::vector<PlacedFile> files;
  RegistrySection registry;
  RuntimeSection runtime;
  GpuSection gpu;
  ClusterSection cluster;
  std::vector<Check> checks;
  NfsSection nfs;
  std::vector<DataArtifact> data;
  LanSection lan;
};

/// Canonical JSON, the appliance section of the index.
std::string encode_appliance(const Appliance& appliance);
/// Faults are an InputError naming `file`. Unknown members are refused: the header's minimum installer version says who can read it.
Appliance decode_appliance(std::string_view json, std::string_view file);

}  // namespace rootcellar
