#include <gtest/gtest.h>

#include "installer/plan/subjects.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::sample_facts;
using test::sample_header;
using test::sample_index;

struct Merged {
  std::string set, append;
  std::vector<std::string> cautions;
};

Merged merged(const std::optional<std::string>& daemon_json, const Answers& answers = {}, bool nvidia = false) {
  Index index = sample_index();
  index.appliance.runtime.nvidia = nvidia;
  Facts facts = sample_facts();
  facts.daemon_json = daemon_json;
  facts.docker_unit = "/usr/lib/systemd/system/docker.service";
  const Header header = sample_header();
  const Layout layout = make_layout(index.appliance, answers);
  const DaemonMerge merge = merge_daemon_json({header, index, facts, answers, layout});
  return {merge.merge.set.dump(), merge.merge.append.dump(), merge.cautions};
}

constexpr const char* k_plain_set =
    R"({"log-driver":"json-file","log-opts":{"max-size":"50m","max-file":"3"},"storage-driver":"overlay2"})";
constexpr const char* k_plain_append =
    R"({"exec-opts":["native.cgroupdriver=systemd"],"registry-mirrors":["http://127.0.0.1:5000"],"allow-nondistributable-artifacts":["docker.io"],"insecure-registries":["127.0.0.1:5000"]})";

TEST(DaemonJson, WithoutOneEverythingIsSet) {
  EXPECT_EQ(merged(std::nullopt).set, k_plain_set);
  EXPECT_EQ(merged(std::nullopt).append, k_plain_append);
  EXPECT_EQ(merged("\n").set, k_plain_set);
}

TEST(DaemonJson, WhatPeopleDecidedStays) {
  const Merged out = merged(R"({"log-driver": "journald", "storage-driver": "btrfs", "insecure-registries": ["127.0.0.1:5000"]})");
  EXPECT_EQ(out.set, "{}");
  EXPECT_EQ(
      out.append,
      R"({"exec-opts":["native.cgroupdriver=systemd"],"registry-mirrors":["http://127.0.0.1:5000"],"allow-nondistributable-artifacts":["docker.io"]})");
  EXPECT_EQ(out.cautions,
            (std::vector<std::string>{
                "docker's 'log-driver' stays 'journald' as /etc/docker/daemon.json says; the appliance would have set 'json-file'",
                "docker's 'storage-driver' stays 'btrfs' as /etc/docker/daemon.json says; the appliance would have set 'overlay2'"}));
}

TEST(DaemonJson, LogLimitsThatAreThereStay) {
  EXPECT_EQ(merged(R"({"log-driver": "json-file", "log-opts": {"max-size": "1g", "labels": "x"}})").set,
            R"({"log-opts":{"max-size":"1g","labels":"x","max-file":"3"},"storage-driver":"overlay2"})");
}

TEST(DaemonJson, AnotherCgroupDriverIsReplacedAndSaid) {
  const Merged out = merged(R"({"exec-opts": ["native.cgroupdriver=cgroupfs", "other=1"]})");
  EXPECT_EQ(
      out.set,
      R"({"exec-opts":["other=1","native.cgroupdriver=systemd"],"log-driver":"json-file","log-opts":{"max-size":"50m","max-file":"3"},"storage-driver":"overlay2"})");
  EXPECT_EQ(out.cautions, std::vector<std::string>{"docker's 'exec-opts' says 'native.cgroupdriver=cgroupfs': it becomes "
                                                   "'native.cgroupdriver=systemd' until the appliance is uninstalled"});
}

TEST(DaemonJson, DataMovesOnlyWhenAnswered) {
  const Merged out = merged(R"({"data-root": "/old"})", {.storage_root = "/srv/data"});
  EXPECT_NE(out.set.find(R"("data-root":"/srv/data/docker")"), std::string::npos);
  EXPECT_EQ(out.cautions,
            std::vector<std::string>{"docker's data moves from /old to /srv/data/docker: images and volumes in /old stay there, "
                                     "and docker does not show them until the appliance is uninstalled"});
}

TEST(DaemonJson, CardsBringTheirRuntime) {
  EXPECT_NE(merged(R"({"runtimes": {"runsc": {"path": "/usr/bin/runsc"}}})", {}, true)
                .set.find(R"("runtimes":{"runsc":{"path":"/usr/bin/runsc"},"nvidia":{"path":"nvidia-container-runtime","args":[]}})"),
            std::string::npos);
  EXPECT_EQ(merged(R"({"runtimes": {"nvidia": {"path": "/mine"}}})", {}, true).set, k_plain_set);
}

TEST(DaemonJson, OtherMachinesRegistriesAreAdded) {
  EXPECT_NE(merged(std::nullopt, {.registry_listen = "0.0.0.0:5000", .insecure_registries = {"192.0.2.0/24"}})
                .append.find(R"("insecure-registries":["127.0.0.1:5000","192.0.2.0/24"])"),
            std::string::npos);
}

TEST(ImageNames, AreWrittenOut) {
  EXPECT_EQ(full_image_name("nginx"), "docker.io/library/nginx:latest");
  EXPECT_EQ(full_image_name("team/tool:1"), "docker.io/team/tool:1");
  EXPECT_EQ(full_image_name("localhost:5000/x"), "localhost:5000/x:latest");
  EXPECT_EQ(full_image_name("quay.io/a/b@sha256:00"), "quay.io/a/b@sha256:00");
}

}  // namespace
}  // namespace rootcellar
