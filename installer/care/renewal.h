// New certificates for a node before the old ones, or although the old ones, have expired: kubeadm's own, and the kubelet's.
#pragma once

#include <string>

#include "installer/run/actions/actions.h"

namespace rootcellar {

/// HostError on a machine without the cluster's authority: its kubelet renews its certificate by itself.
void require_renewal_possible(HostSystem& host);

/// REQUIRES: a node that this installer made. `version`: of Kubernetes; `config`: kubeadm's configuration; empty on a machine
/// that joined, where the cluster has it and the kubelet renews its own certificate by itself. Waits until the API server
/// answers and the kubelet has its certificate. May be run again after a stop anywhere.
void renew_certificates(const std::string& version, const std::string& config, const ActionScope& scope);

}  // namespace rootcellar
