// What the steps do that make a machine fit for a cluster: the kernel's modules and limits, firewalls, cards; what people had stays theirs.
#include "bundle/base/text.h"
#include "tests/support/failing_host.h"
#include "tests/unit/run/cluster_steps.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

class NodeSteps : public ClusterSteps {};

TEST_F(NodeSteps, WhatTheKernelLacks) {
  set("modules", LoadModules{{"overlay", "absent"}});
  EXPECT_EQ(refusal("modules"),
            "cannot load the kernel module 'absent' (the cluster needs it): exit status 1: modprobe: FATAL: Module absent not "
            "found in directory /lib/modules/6.1.0-test");
  EXPECT_EQ(hint_, "kernel 6.1.0-test lacks it: install the package with this kernel's modules, or boot the kernel they are for");
  set("sysctls", SetSysctls{{"net.bridge.bridge-nf-call-iptables=1"}});
  EXPECT_EQ(refusal("sysctls"),
            "cannot set 'net.bridge.bridge-nf-call-iptables': expected '/proc/sys/net/bridge/bridge-nf-call-iptables', found none");
  EXPECT_EQ(hint_, "the kernel module br_netfilter makes it; it is not loaded");
}

TEST_F(NodeSteps, ModulesAreFoundWhereverTheKernelShowsThem) {
  const auto found = [&](const std::string& name) {
    set("modules", LoadModules{{name}});
    return probe_step(step("modules"), context_) == ProbeResult::already;
  };
  EXPECT_FALSE(found("nf-conntrack"));
  host_.add_directories("/sys/module/nf_conntrack");
  host_.add_file("/proc/filesystems", "nodev\tsysfs\n\text4\nnodev\toverlay\n");
  host_.add_file("/lib/modules/6.1.0-test/modules.builtin", "kernel/drivers/net/vxlan/vxlan.ko\nkernel/net/ip-vs.ko\n");
  host_.add_file("/proc/sys/net/bridge/bridge-nf-call-iptables", "1\n");
  for (const char* name : {"nf-conntrack", "overlay", "vxlan", "ip_vs", "br_netfilter", "ext4"}) EXPECT_TRUE(found(name)) << name;
  EXPECT_FALSE(found("lay"));
}

TEST_F(NodeSteps, ALimitIsOnlyEverRaised) {
  const std::string instances = "/proc/sys/fs/inotify/max_user_instances", watches = "/proc/sys/fs/inotify/max_user_watches";
  set("sysctls", SetSysctls{{"fs.inotify.max_user_instances>=8192", "fs.inotify.max_user_watches>=524288"}});
  host_.add_file(instances, "128\n");
  host_.add_file(watches, "1048576\n");
  const auto values = [&] { return cat(*host_.read_file(instances, 64), *host_.read_file(watches, 64)); };
  EXPECT_EQ(probe_step(step("sysctls"), context_), ProbeResult::needed);
  const JsonValue undo = prepare_undo(step("sysctls"), context_);
  do_step(step("sysctls"), context_);
  EXPECT_EQ(values(), "8192\n1048576\n");
  EXPECT_EQ(probe_step(step("sysctls"), context_), ProbeResult::already);
  undo_step(step("sysctls"), undo, context_, false);
  EXPECT_EQ(values(), "128\n1048576\n");
  host_.add_file(instances, "16384\n");  // people raised it, too
  EXPECT_EQ(probe_step(step("sysctls"), context_), ProbeResult::already);
  undo_step(step("sysctls"), undo, context_, false);
  EXPECT_EQ(values(), "16384\n1048576\n");
}

TEST_F(NodeSteps, RulesThatPeopleHadInAFirewallStayTheirs) {
  const std::string theirs = host_.read_file("/fake/ufw", 1000).value_or("");
  const JsonValue undo = prepare_undo(step("ufw"), context_);
  EXPECT_EQ(undo.find("added")->dump(), R"(["allow from 10.244.0.0/16","route allow to 10.244.0.0/16"])") << "allow 6443/tcp was there";
  run("ufw");
  EXPECT_EQ(probe_step(step("ufw"), context_), ProbeResult::already);
  EXPECT_EQ(
      host_.read_file("/fake/ufw", 1000),
      "ufw allow 22/tcp\nufw allow 6443/tcp comment 'ours for long'\nufw allow from 10.244.0.0/16 comment 'rootcellar'\nufw route allow to "
      "10.244.0.0/16 comment 'rootcellar'\n");
  undo_step(step("ufw"), undo, context_, false);
  EXPECT_EQ(host_.read_file("/fake/ufw", 1000), theirs);
  EXPECT_EQ(host_.read_file("/etc/ufw/user.rules", 1000), "# as the package has it\n") << "nobody else has changed a rule";
}

TEST_F(NodeSteps, AFirewallThatPeopleChangedSinceKeepsItsFiles) {
  const JsonValue undo = prepare_undo(step("ufw"), context_);
  run("ufw");
  set_member(host_, "/fake/ufw", "ufw allow 8080/tcp", true);
  undo_step(step("ufw"), undo, context_, false);
  EXPECT_EQ(host_.read_file("/fake/ufw", 1000), "ufw allow 22/tcp\nufw allow 6443/tcp comment 'ours for long'\nufw allow 8080/tcp\n");
  EXPECT_EQ(host_.read_file("/etc/ufw/user.rules", 1000).value_or("").substr(0, 18), "# as ufw writes it");
}

TEST_F(NodeSteps, FirewalldGetsItsRulesForNowAndForLater) {
  const JsonValue undo = prepare_undo(step("firewalld"), context_);
  run("firewalld");
  EXPECT_EQ(
      host_.read_file("/fake/firewalld", 1000),
      "permanent --zone=public port=6443/tcp\npermanent --zone=public service=ssh\npermanent --zone=trusted source=10.244.0.0/16\nruntime "
      "--zone=public port=6443/tcp\nruntime --zone=trusted source=10.244.0.0/16\n");
  undo_step(step("firewalld"), undo, context_, false);
  EXPECT_EQ(host_.read_file("/fake/firewalld", 1000), "permanent --zone=public service=ssh\n");
  EXPECT_FALSE(host_.exists("/etc/firewalld/zones/public.xml") || host_.exists("/etc/firewalld/zones/trusted.xml"));
}

TEST_F(NodeSteps, AFirewallThatIsGoneHasNothingToTakeBack) {
  const JsonValue undo = prepare_undo(step("ufw"), context_);
  run("ufw");
  host_.remove("/usr/sbin/ufw");
  say("/usr/sbin/ufw", bad(127, "not found"));
  undo_step(step("ufw"), undo, context_, false);
  EXPECT_NE(host_.read_file("/fake/ufw", 1000).value_or("").find("rootcellar"), std::string::npos);
}

TEST_F(NodeSteps, CardsAreDescribedAndAnEarlierDescriptionComesBack) {
  host_.add_file("/etc/cdi/nvidia.yaml", "theirs\n");
  const JsonValue undo = prepare_undo(step("cdi"), context_);
  run("cdi");
  EXPECT_EQ(host_.read_file("/etc/cdi/nvidia.yaml", 1000),
            "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n# /usr/bin/nvidia-ctk cdi generate --format=yaml "
            "--nvidia-cdi-hook-path=/usr/bin/nvidia-cdi-hook\n");
  EXPECT_EQ(probe_step(step("cdi"), context_), ProbeResult::already);
  undo_step(step("cdi"), undo, context_, false);
  EXPECT_EQ(host_.read_file("/etc/cdi/nvidia.yaml", 1000), "theirs\n");
  EXPECT_EQ(probe_step(step("cdi"), context_), ProbeResult::needed) << "it is of another driver";
  say("/usr/bin/nvidia-ctk", good());
  EXPECT_EQ(refusal("cdi"), "cannot describe the cards: /usr/bin/nvidia-ctk ended well and its description has no 'cdiVersion'");
}

TEST_F(NodeSteps, SettingsThatPeopleChangedSinceStay) {
  run("sysctls");
  const JsonValue undo = parse_json(R"({"before":{"net.ipv4.ip_forward":"0"}})", "test");
  EXPECT_EQ(host_.read_file("/proc/sys/net/ipv4/ip_forward", 64), "1\n");
  host_.set_kernel_value("/proc/sys/net/ipv4/ip_forward", "2");
  undo_step(step("sysctls"), undo, context_, false);
  EXPECT_EQ(host_.read_file("/proc/sys/net/ipv4/ip_forward", 64), "2\n");
}

}  // namespace
}  // namespace rootcellar::test
