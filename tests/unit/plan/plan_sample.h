// A small appliance and the machine it is for, as plain data that each test changes where it matters.
#pragma once

#include <string>

#include "installer/plan/plan.h"
#include "tests/support/thrown.h"

namespace rootcellar::test {

/// "lab", variant cpu, serial 3, for Debian 12 on amd64.
Header sample_header();
/// Packages, a registry, docker with one preloaded image, one file, three checks.
Index sample_index();
/// A fresh Debian 12 with room for everything, seen as root.
Facts sample_facts();
/// The sample with a cluster on containerd: a CNI, a chart, an exec, a secret, two roles; no docker, no checks.
Index sample_cluster_index();
/// The sample machine as a node: two processors, one network, nothing in the way. Its answers name both roles and a domain.
Facts sample_node_facts();
Answers sample_cluster_answers();
/// For a worker of the sample bundle, good for an hour from the sample machine's clock on.
JoinTicket sample_ticket();

}  // namespace rootcellar::test
