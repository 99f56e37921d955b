// How a machine that joined leaves its cluster: what it can do itself, and the one command for the first node where it cannot.
#pragma once

#include <string>

#include "installer/run/actions/actions.h"

namespace rootcellar {

/// A control-plane node has an administrator's key: it moves its pods away, and takes itself out of the list of nodes after `kubeadm reset`
/// has taken it out of etcd. A worker has its node's key: it lets no pod come any more and ends those it has, and may not take itself out
/// of the list (tried with 1.34: "cannot delete resource nodes"), so it names the command. All of it is tried and never stands in the way:
/// the cluster may be gone.
class ClusterLeave {
 public:
  /// `node`: its name; empty: this machine did not join, and nothing is done. REQUIRES: `scope` outlives this.
  ClusterLeave(std::string node, const ActionScope& scope) : node_(std::move(node)), scope_(scope) {}

  void before_reset() const;
  void after_reset() const;

 private:
  void keep_key() const;

  std::string node_;
  const ActionScope& scope_;
};

/// "kubectl delete node bench8": what the first node is asked to run.
std::string removal_command(const std::string& node);

}  // namespace rootcellar
