// What `kubeadm reset` leaves on a machine: files, mounts, network devices and packet rules of the cluster that was.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/json.h"
#include "installer/run/actions/actions.h"

namespace rootcellar {

/// What is on the machine before the cluster at the places where a cluster leaves things, as undo data: that stays. `clean`: more such
/// places, of this appliance's network add-on.
JsonValue note_before_cluster(const std::vector<std::string>& clean, HostSystem& host);
/// Takes away what came since.
void remove_cluster_remains(const JsonValue& before, const std::vector<std::string>& clean, const ActionScope& scope);

/// `iptables-save` text without the chains of kubelet, kube-proxy and network add-ons, and without every rule that names one.
std::string without_cluster_rules(std::string_view saved);
/// Mount points below `directory` in /proc/self/mounts, deepest first.
std::vector<std::string> mounts_below(std::string_view mounts, std::string_view directory);

}  // namespace rootcellar
