// A machine on which a stick of profiles/lab-cluster.yaml is installed: what its cluster came to, and stopping what installs it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "installer/run/journal.h"
#include "tests/target/field/machine.h"

namespace rootcellar::field {

inline constexpr const char* k_cluster_answers = "/root/answers.yaml";

/// Of an answer's text: on a slow machine a wait tells what it waits for.
std::string without_warnings(std::string_view text);

struct ClusterSite {
  /// Up, with the stick of $RC_CLUSTER_STICK (a folder), the key of $RC_CLUSTER_KEY, what $RC_CLUSTER_LIKE (may be empty) lays over it, and
  /// answers.
  explicit ClusterSite(const std::string& name);

  static std::string install_command();
  /// lasting_state() without what a cluster draws anew: keys, numbers of pods and containers, the addresses it gives them.
  HostSnapshot state();
  /// What `status` finds of every step, one line each: "ID: true" where it is good.
  std::string steps();
  /// What the cluster is for: the workflow's phase, how many pods are in which, the charts.
  std::string purpose();
  const std::vector<JournalRecord>& journal();
  bool has_record(JournalRecord::Kind kind, const std::string& step);
  /// Writes to /root/watch.NAME what kubectl sees first of `kind`, from when there is a cluster on.
  void watch(const std::string& name, const std::string& kind);
  bool seen(const std::string& name) const;
  void kill_unit();
  bool has_ended() const { return machine.exists("/root/step.code"); }
  void clean_up() { machine.shell("rm -f /root/step.* /root/watch.*"); }

  Machine machine;
  HostSnapshot before;

 private:
  std::size_t decoded_ = 0;  ///< bytes of the journal: asking again and again shall not take the machine's time
  std::vector<JournalRecord> records_;
};

}  // namespace rootcellar::field
