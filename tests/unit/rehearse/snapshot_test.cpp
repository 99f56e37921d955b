#include "builder/rehearse/snapshot.h"

#include <gtest/gtest.h>

#include <set>

namespace rootcellar {
namespace {

const HostSnapshot k_before{{"package libc6", "ii 2.36"}, {"user root", "x:0:0"}, {"content /etc/hosts", "aa"}};

TEST(Snapshot, LinesBecomeFacts) {
  const HostSnapshot snapshot = parse_snapshot("package libc6\tii 2.36\nhold docker.io\t\nno fact\nfile /etc/a b\tf 644 root:root \n");
  EXPECT_EQ(snapshot, (HostSnapshot{{"package libc6", "ii 2.36"}, {"hold docker.io", ""}, {"file /etc/a b", "f 644 root:root"}}));
}

TEST(Snapshot, TheSameIsTheSame) {
  const SnapshotComparison comparison = compare_snapshots(k_before, k_before, false);
  EXPECT_TRUE(comparison.differences.empty());
  EXPECT_TRUE(comparison.tolerated.empty());
}

TEST(Snapshot, EveryKindOfDifferenceIsSaid) {
  HostSnapshot after = k_before;
  after.erase("user root");
  after["content /etc/hosts"] = "bb";
  after["unit docker.service"] = "enabled";
  after["listening tcp 127.0.0.1:5000"] = "";
  EXPECT_EQ(compare_snapshots(k_before, after, false).differences,
            (std::vector<std::string>{"changed: content /etc/hosts: aa -> bb", "removed: user root", "added: listening tcp 127.0.0.1:5000",
                                      "added: unit docker.service: enabled"}));
}

TEST(Snapshot, ToleratedOnesAreCountedByReason) {
  HostSnapshot after = k_before;
  after["file /var/log/apt/term.log"] = "f 644";
  after["file /var/log/alternatives.log"] = "f 644";
  const SnapshotComparison comparison = compare_snapshots(k_before, after, true);
  EXPECT_TRUE(comparison.differences.empty());
  EXPECT_EQ(comparison.tolerated,
            std::vector<std::string>{"logs stay: they say what happened: 2, such as added: file /var/log/alternatives.log: f 644"});
}

TEST(Snapshot, WhatTheKernelForgetsIsToleratedOnlyUntilTheNextBoot) {
  HostSnapshot after = k_before;
  after["link docker0"] = "";
  after["mount /run/docker/netns/default"] = "nsfs";
  EXPECT_TRUE(compare_snapshots(k_before, after, false).differences.empty());
  EXPECT_EQ(compare_snapshots(k_before, after, true).differences, (std::vector<std::string>{"added: link docker0", "added: mount /run/docker/netns/default: nsfs"}));
}

TEST(Snapshot, NothingOfOursIsTolerated) {
  for (const char* name :
       {"file /usr/local/sbin/rootcellar-install", "file /etc/rootcellar", "package docker.io", "hold docker.io",
        "user rootcellar-registry", "unit rootcellar-registry.service", "file /etc/docker/daemon.json", "content /etc/passwd"}) {
    EXPECT_EQ(compare_snapshots({}, {{name, ""}}, false).differences.size(), 1u) << name;
  }
}

}  // namespace
}  // namespace rootcellar
