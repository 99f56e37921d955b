// What the first node's kubeadm gives for a ticket: a bootstrap token, the hash of the CA's key, and the certificates for a control plane.
#pragma once

#include <cstdint>
#include <string>

#include "installer/run/actions/actions.h"

namespace rootcellar {

struct JoinMaterial {
  std::string token;
  std::string ca_hash;  ///< "sha256:..."
};

/// `kubeadm token create`: kubeadm draws the token and prints it, so that it stands in no argument and no log. SystemError when it cannot.
JoinMaterial make_join_token(std::uint64_t seconds, const std::string& description, const ActionScope& scope);

/// `kubeadm init phase upload-certs`: the certificates of the control plane, encrypted by the key that `config` names, for two hours (which
/// kubeadm fixes). `config`: InitConfiguration with certificateKey; on disk, 0600, while kubeadm runs. `certificate_key` is hidden in logs.
void upload_certificates(const std::string& config, const std::string& certificate_key, const ActionScope& scope);
inline constexpr std::uint64_t k_certificates_kept = 2 * 3600;  ///< seconds

}  // namespace rootcellar
