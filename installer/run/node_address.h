// A node's address in its cluster: where it is written, and how a node follows when the machine has another one.
#pragma once

#include <string>
#include <string_view>

#include "installer/run/actions/actions.h"

namespace rootcellar {

/// In kubeadm's configuration: advertiseAddress, else the kubelet's node-ip; empty when it says none.
std::string address_in_config(std::string_view config);
/// Every mention of a numeric address, as a whole: "10.0.0.2" is not in "10.0.0.25".
std::string replace_address(std::string_view text, std::string_view from, std::string_view to);

/// Whether the node's files still say another address than kubeadm's configuration.
bool address_has_changed(const KubeadmInit& action, HostSystem& host);
/// Makes certificates, manifests, kubeconfigs, the kubelet's flags and etcd's own record say the address of kubeadm's configuration, and
/// waits for the API server. May be called again after a stop anywhere.
void follow_address(const KubeadmInit& action, const ActionScope& scope);
/// etcd keeps by itself under which address others find it. For the only member of its cluster; with more, nothing is done.
void settle_etcd_peer(const std::string& address, const ActionScope& scope);

}  // namespace rootcellar
