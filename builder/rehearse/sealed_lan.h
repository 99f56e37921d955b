// The network of sealed hosts: a bridge whose only gateway answers nothing and writes down every packet that tries to leave.
#pragma once

#include <memory>
#include <string>

#include "builder/rehearse/sealed_host.h"

namespace rootcellar {

/// A network namespace with a bridge; hosts are plugged in, and have the default route 10.93.0.1 and fd93::1. No process listens there, the
/// gateway has no address and forwards nothing: a packet sent to it is recorded and gone.
/// Counted is every IPv4 or IPv6 packet addressed to the gateway's MAC, that is: every packet some host routed off the LAN. Not counted is
/// what cannot leave a LAN: ARP, neighbour discovery, multicast, broadcast; and traffic between hosts of this LAN.
class SealedLan {
 public:
  explicit SealedLan(const std::string& name);
  ~SealedLan();
  SealedLan(const SealedLan&) = delete;
  SealedLan& operator=(const SealedLan&) = delete;

  const std::string& network_namespace() const;
  SealCount count();
  void reset();
  void keep();  ///< destruction leaves it

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Makes the network namespace `name` of a host and plugs it into the LAN in namespace `lan`. Addresses 10.93.0.NUMBER/24 and
/// fd93::NUMBER/64. `boots` counts the host's boots: the kernel takes its last network away some time after its end, and until then the
/// name of its plug is in use.
void make_host_network(const std::string& name, const std::string& lan, unsigned number, unsigned boots);
/// Takes it away with all that was configured in it; absence is fine.
void remove_host_network(const std::string& name);
std::string host_address(unsigned number);

}  // namespace rootcellar
