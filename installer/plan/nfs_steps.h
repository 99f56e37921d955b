// What serving NFS by the machine's own packages and serving it from a container have in common. Only the plans of NFS include it.
#pragma once

#include <string>

#include "installer/plan/storage.h"

namespace rootcellar {

inline constexpr std::string_view k_nfs_unit = "nfs-server.service";
inline constexpr std::string_view k_nfs_container_unit = "rootcellar-nfs.service";
// Those that Debian's wiki and the usual containers have settled on.
inline constexpr std::uint32_t k_nfs_port = 2049, k_rpcbind_port = 111;
inline constexpr std::uint32_t k_statd_port = 32765, k_mountd_port = 32767, k_lockd_port = 32768;

struct NfsSite {
  std::string address;  ///< empty: not decided
  std::string network;
};
NfsSite make_nfs_site(const PlanInput& input);

/// An earlier bundle's plan runs the unit here.
bool runs_unit_of_ours(const PlanInput& input, std::string_view unit);
/// Refusals and cautions of both ways.
void check_nfs_fit(const PlanInput& input, const NfsSite& site, Plan& plan);
void refuse_nfs_port(const PlanInput& input, std::uint32_t port, Plan& plan);
/// The kernel's locks at a port of their own, where fixed_ports says so.
void plan_nfs_locks(const NfsSection& nfs, Plan& plan);
void plan_nfs_ports(const NfsSection& nfs, bool fixed_helpers, Plan& plan);
void plan_nfs_proof(const PlanInput& input, const NfsSite& site, Plan& plan);

}  // namespace rootcellar
