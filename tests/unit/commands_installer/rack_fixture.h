// A bundle with a cluster and the machines of a rack, in memory: rootcellar-install makes one the first node, and the others join.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bundle/base/cli.h"
#include "installer/commands/surroundings.h"
#include "tests/unit/run/cluster_machine.h"

namespace rootcellar::test {

/// Debian 12 with two processors, one network, and all packages that a node needs; its kubeadm, kubectl and crictl are models.
class Machine {
 public:
  Machine(const std::string& folder, const std::string& hostname, const std::string& address);
  cli::Captured run(const std::vector<std::string>& arguments);
  MemoryHost& host() { return host_; }
  Surroundings& surroundings() { return surroundings_; }
  std::string file(const std::string& path) { return host_.read_file(path, 1u << 20).value_or(""); }
  /// Everything on the machine, and every argument of every program.
  bool is_anywhere(const std::string& secret);

 private:
  void set_tools();

  std::string folder_;
  MemoryHost host_;
  Surroundings surroundings_;
};

class Rack {
 public:
  Rack();
  /// Another stick, whose bundle deploys this; its path.
  std::string make_stick(const std::string& name, const Deployment& deployment);
  /// Installs the first node, with a registry that the others reach.
  cli::Captured install_first();
  /// Makes a ticket on the first node and puts it on the stick; its path.
  std::string make_ticket(const std::vector<std::string>& more = {});
  /// Installs `machine` by the ticket, trusting the site's key file.
  cli::Captured join(Machine& machine, const std::string& ticket, const std::vector<std::string>& more = {});
  /// `text` with this test's folder written as DIR.
  std::string stable(std::string text) const;
  std::string path(const std::string& name) const { return path_join(directory_.path(), name); }

  const std::string& stick() const { return stick_; }
  const std::string& bundle_key() const { return bundle_key_; }
  /// The site's public key, outside the stick, once a ticket was made.
  std::string site_key() const { return path("keys/first-node.pub"); }
  /// What join() types.
  std::vector<std::string> join_words(const std::string& ticket) const;
  /// Another machine, as fresh as second().
  std::unique_ptr<Machine> another() const { return std::make_unique<Machine>(directory_.path(), "bench8", "192.0.2.8"); }
  Machine& first() { return first_; }
  Machine& second() { return second_; }

 private:
  TemporaryDirectory directory_{"rootcellar-rack"};
  std::string stick_ = path("stick");
  std::string bundle_key_ = path("keys/bundle.pub");
  Machine first_{directory_.path(), "bench7", "192.0.2.7"};
  Machine second_{directory_.path(), "bench8", "192.0.2.8"};
};

}  // namespace rootcellar::test
