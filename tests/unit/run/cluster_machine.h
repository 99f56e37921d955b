// A machine in memory that can become a node of a cluster, and the plan that makes it one. Its kubeadm, kubectl and helm are models: small
// programs with the same verbs and the same refusals; the real ones are met by the tests of tests/e2e.
#pragma once

#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {

inline constexpr const char* k_objects = "/fake/objects";    ///< "NAMESPACE KIND/NAME", kinds in lower case
inline constexpr const char* k_kept = "/fake/kept";          ///< objects given in JSON, each in a file
inline constexpr const char* k_releases = "/fake/releases";  ///< "NAMESPACE NAME REVISION STATUS DESCRIPTION"
inline constexpr const char* k_node = "/fake/node";          ///< the API server answers while it is there; labels of the node

void set_up_node_tools(MemoryHost& host);     ///< swap, modules, containerd, kubeadm
void set_up_cluster_tools(MemoryHost& host);  ///< kubectl, helm

void set_up_cluster_machine(MemoryHost& host);
Bundle cluster_bundle(const std::string& directory);
Bundle next_cluster_bundle(const std::string& directory);
/// Every kind of step that a cluster has.
std::vector<Step> cluster_plan();
std::vector<Step> next_cluster_plan(const Bundle& next);

inline constexpr const char* k_listed_nodes = "/fake/nodes.json";  ///< what `kubectl get nodes` says
inline constexpr const char* k_etcd_peer = "/fake/etcd-peer";      ///< the address under which etcd's others would find it
inline constexpr const char* k_pods = "/fake/pods.json";            ///< the pods of this node; absent: they are well
inline constexpr const char* k_remote_api = "/fake/remote";        ///< the API server of another machine answers while it is there
/// With the ticket's secrets where the command puts them.
void set_up_joining_machine(MemoryHost& host);
std::vector<Step> worker_plan();
std::vector<Step> control_plane_plan();
std::vector<Step> next_worker_plan(const Bundle& next);
std::vector<Step> next_control_plane_plan(const Bundle& next);

}  // namespace rootcellar::test
