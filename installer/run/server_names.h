// For which names the API server of this node speaks: what kubeadm's configuration says, and what its certificate says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "installer/run/actions/actions.h"

namespace rootcellar {

/// The list "certSANs" of kubeadm's configuration.
std::vector<std::string> names_in_config(std::string_view config);
/// `config` with the names that a site adds replaced: all but the first three of the list, which are the cluster's own.
std::string with_site_names(std::string_view config, const std::vector<std::string>& names);

/// Whether the certificate that is there is not for `name`; false when there is none that can be read.
bool server_lacks_name(const std::string& name, HostSystem& host);
/// Whether kubeadm's configuration has a name that the certificate lacks, on a node that made the cluster.
bool names_have_changed(const KubeadmInit& action, HostSystem& host);
/// Makes the API server's certificate anew by kubeadm, restarts it and tells the cluster. May be run again after a stop anywhere.
void follow_names(const KubeadmInit& action, const ActionScope& scope);

}  // namespace rootcellar
