// The control plane's own containers, which the kubelet runs from /etc/kubernetes/manifests: found by their processes, so that it does not
// matter which runtime runs them, nor whether it answers.
#pragma once

#include <string>
#include <vector>

#include "installer/run/actions/actions.h"

namespace rootcellar {

/// systemd's scopes of the containers that run `program` for the control plane ("etcd", "kube-apiserver").
std::vector<std::string> static_pod_scopes(const std::string& program, HostSystem& host);
/// Stops them and waits until they are gone. A kubelet that runs starts them again at once. SystemError when one stays.
void stop_static_pods(const std::vector<std::string>& programs, const ActionScope& scope);

void stop_kubelet(const ActionScope& scope);
void start_kubelet(const ActionScope& scope);
/// SystemError with what is in the way when the API server does not answer within five minutes.
void wait_for_api_server(const ActionScope& scope);

}  // namespace rootcellar
