// NFSv3 from a container: the image's programs, the kernel's server, and one table of exports, ours.
#include <algorithm>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/plan/existing.h"
#include "installer/plan/nfs_steps.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_from_image = "image:";
constexpr std::string_view k_name = "rootcellar-nfs";
constexpr std::string_view k_modules = "/etc/modules-load.d/rootcellar-nfs.conf";
constexpr std::string_view k_client_package = "nfs-common", k_server_package = "nfs-kernel-server";
const std::vector<std::string> k_loaded{"nfs", "nfsd"};  // what the usual image looks for before it begins
constexpr unsigned k_patience = 90;                      // seconds

/// systemd.unit(5): '%' begins a specifier everywhere, '$' a variable in commands.
std::string unit_word(std::string_view text, std::string_view special = "%$") {
  std::string out;
  for (const char c : text) out += std::string(special.find(c) == std::string_view::npos ? 1 : 2, c);
  return out;
}

std::string docker_lines(const PlanInput& input, std::string_view image) {
  const std::string docker(k_docker);
  std::string run = cat(docker, " run --rm --name ", k_name,
                        " --privileged --network host --env NFS_VERSION=3 --mount type=bind,source=", k_container_exports_table,
                        ",target=/etc/exports,readonly");
  for (const NfsExport& share : input.appliance().nfs.exports)
    run += cat(" --mount type=bind,source=", unit_word(share.path), ",target=", unit_word(share.path));
  const std::string remove = cat("-", docker, " rm --force ", k_name, "\n");
  return cat("ExecStartPre=", remove, "ExecStart=", run, " ", input.layout.local.text(), "/", image, "\nExecStopPost=", remove);
}

/// In the namespace where the image is pulled and pinned; the kubelet sees in it only what has its labels.
std::string containerd_lines(const PlanInput& input, std::string_view image) {
  constexpr std::string_view k_ctr = "/usr/bin/ctr --namespace k8s.io ";
  std::string run = cat(k_ctr, "run --rm --privileged --net-host --env NFS_VERSION=3 --mount type=bind,src=", k_container_exports_table,
                        ",dst=/etc/exports,options=rbind:ro");
  for (const NfsExport& share : input.appliance().nfs.exports)
    run += cat(" --mount type=bind,src=", unit_word(share.path), ",dst=", unit_word(share.path), ",options=rbind:rw");
  std::string before, after;
  for (const std::string_view call : {"tasks rm --force ", "containers rm "}) {
    before += cat("ExecStartPre=-", k_ctr, call, k_name, "\n");
    after += cat("ExecStopPost=-", k_ctr, call, k_name, "\n");
  }
  return cat(before, "ExecStart=", run, " ", image, " ", k_name, "\n", after);
}

/// The client of the runtime hands the signal that ends it on to the server, which takes its exports out of the kernel.
std::string unit_text(const PlanInput& input, const std::string& image, const Digest& digest) {
  const std::string_view runtime = input.docker() ? "docker.service" : "containerd.service";
  std::vector<std::string> mounts;
  for (const NfsExport& share : input.appliance().nfs.exports) mounts.push_back(unit_word(share.path, "%"));
  return cat("# ", image, " is ", digest.named(), "\n[Unit]\nDescription=Folders given away by NFS, from a container\nRequires=", runtime,
             "\nAfter=network.target systemd-modules-load.service ", k_registry_unit, " ", runtime,
             "\nRequiresMountsFor=", join(mounts, " "), "\n\n[Service]\n",
             input.docker() ? docker_lines(input, image) : containerd_lines(input, image),
             // Started is what a client can mount.
             "ExecStartPost=/usr/bin/timeout ", k_patience, " /bin/bash -c 'until (exec 3<>/dev/tcp/127.0.0.1/", k_nfs_port,
             " 4<>/dev/tcp/127.0.0.1/", k_mountd_port, " 5<>/dev/tcp/127.0.0.1/", k_rpcbind_port,
             ") 2> /dev/null; do sleep 0.5; done'\nRestart=always\nRestartSec=5\nTimeoutStartSec=", 2 * k_patience,
             "\nTimeoutStopSec=60\n\n[Install]\nWantedBy=multi-user.target\n");
}

void check_container_fit(const PlanInput& input, const NfsSite& site, Plan& plan) {
  check_nfs_fit(input, site, plan);
  for (const std::uint32_t port : {k_statd_port, k_mountd_port}) refuse_nfs_port(input, port, plan);
  if (!input.docker() && !input.cluster_containerd())
    plan.refusals.push_back("the appliance gives folders away from a container, and sets up neither docker nor containerd on this machine");
  if (find_image(input, nfs_image(input)) == nullptr)
    plan.refusals.push_back(cat("the appliance gives folders away by image '", nfs_image(input), "', which is not in the bundle"));
}

void keep_down(std::string_view unit, std::string reason, Plan& plan) {
  add_step(plan, cat("nfs-no-", step_slug(unit)), cat("keep ", unit, " down"), std::move(reason), SetUnit{std::string(unit), false, false});
}

/// The container brings its own of both, at the same ports.
void make_way(const PlanInput& input, Plan& plan) {
  const std::string reason = "The container that gives the folders away has its own, at the same ports.";
  const auto& brought = input.appliance().packages.files;
  const bool is_brought =
      std::any_of(brought.begin(), brought.end(), [](const PackageFile& file) { return file.name == k_server_package; });
  if (is_brought || runs_unit_of_ours(input, k_nfs_unit)) keep_down(k_nfs_unit, reason, plan);
  if (!input.has_package("rpcbind")) return;
  keep_down("rpcbind.socket", reason, plan);
  keep_down("rpcbind.service", reason, plan);
}

void plan_modules(Plan& plan) {
  const std::string file(k_modules);
  add_step(plan, "nfs-modules-file", cat("write ", file), "The kernel loads the modules at every boot.",
           WriteFile{file, cat(join(k_loaded, "\n"), "\n")});
  add_step(plan, "nfs-modules", cat("load the kernel modules ", join(k_loaded, ", ")),
           "The server is the kernel's; a container does not load what it needs.", LoadModules{k_loaded});
}

}  // namespace

std::string nfs_image(const PlanInput& input) {
  const std::string& server = input.appliance().nfs.server;
  return serves_nfs(input) && server.starts_with(k_from_image) ? full_image_name(server.substr(k_from_image.size())) : std::string();
}

void plan_nfs_container(const PlanInput& input, Plan& plan) {
  const std::string image = nfs_image(input);
  if (image.empty()) return;
  const NfsSection& nfs = input.appliance().nfs;
  const NfsSite site = make_nfs_site(input);
  check_container_fit(input, site, plan);
  const ImageEntry* entry = find_image(input, image);
  const std::string table(k_container_exports_table), unit(k_nfs_container_unit), unit_path = cat("/etc/systemd/system/", unit);
  make_way(input, plan);
  plan_nfs_locks(nfs, plan);
  plan_modules(plan);
  add_step(plan, "nfs-container-directory", cat("make directory ", path_parent(table)), "The container's table of exports goes there.",
           MakeDirectory{path_parent(table)});
  std::vector<std::string> paths;
  for (const NfsExport& share : nfs.exports) paths.push_back(share.path);
  add_step(plan, "nfs-container-exports", cat("write ", table),
           cat("Whoever is in ", site.network, " may mount ", join(paths, " and "), "; /etc/exports stays as it is."),
           WriteFile{table, exports_table(input)});
  add_step(plan, "nfs-container-unit", cat("write ", unit_path),
           cat("Runs ", image, ", which may do anything here and uses this machine's network."),
           WriteFile{unit_path, unit_text(input, image, entry == nullptr ? Digest{} : served_digest(input, *entry))});
  add_step(plan, "nfs-container", cat("enable and start ", unit), "The folders are there again after a boot.",
           SetUnit{unit, true, true, true, watch_also_packages(input, {table, unit_path})});
  plan_nfs_ports(nfs, true, plan);
  plan_nfs_proof(input, site, plan);
  if (!input.has_package(k_client_package))
    plan.refusals.push_back(
        cat("the appliance proves its folders by a mount, and neither this machine nor the bundle has the package ", k_client_package));
}

}  // namespace rootcellar
