// What a machine is told that joins a cluster: whom to ask, how to know it, and where the images are.
#pragma once

#include <cstdint>
#include <string>

namespace rootcellar {

/// Made on the first node, carried by hand, good for a while.
struct JoinTicket {
  std::string endpoint;         ///< the API server's name, put into /etc/hosts
  std::string address;          ///< of the first node
  std::string registry;         ///< address:port of the first node's registry, as the LAN reaches it
  std::string ca_hash;          ///< "sha256:..." of the cluster's CA
  std::string token;            ///< kubeadm's bootstrap token
  std::string certificate_key;  ///< 64 hex digits, for a control-plane node
  bool control_plane = false;
  std::string pod_cidr, service_cidr;
  std::int64_t expires = 0;  ///< UTC seconds
};

}  // namespace rootcellar
