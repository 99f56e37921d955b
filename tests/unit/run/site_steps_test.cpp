// What the site has already is used and left: its registry, its cluster.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/site_file.h"
#include "tests/unit/run/cluster_machine.h"
#include "tests/unit/run/fake_state.h"
#include "tests/unit/run/site_machine.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_page = "/fake/site-registry/registry.lab:5000/docker.io/lab/page:1";

class SiteSteps : public ::testing::Test {
 protected:
  SiteSteps() { set_up_site_machine(host_); }

  std::string failure() {
    try {
      install(host_, bundle_, site_plan());
    } catch (const Error& error) {
      return render_error(error);
    }
    return "no error\n";
  }
  std::string text(const std::string& path) { return host_.read_file(path, 1u << 20).value_or("none"); }

  TemporaryDirectory directory_{"rc-site"};
  Bundle bundle_ = site_bundle(directory_.path());
  MemoryHost host_;
};

TEST_F(SiteSteps, ImagesAreInTheRegistryUnderEveryNameAndTheAccountIsNowhere) {
  ASSERT_EQ(failure(), "no error\n");
  const std::string digest = bundle_.index().images.front().digest.named();
  for (const char* name : {"docker.io/lab/page:1", "docker.io/lab/page:latest", "lab/page:1", "lab/page:latest"})
    EXPECT_EQ(sha256(as_bytes(text(cat("/fake/site-registry/registry.lab:5000/", name)))).named(), digest) << name;
  EXPECT_NE(text(cat("/fake/site-registry/registry.lab:5000/quay.io/lab/tool@", bundle_.index().images.back().digest.named())), "none");
  EXPECT_EQ(text("/etc/containerd/certs.d/docker.io/hosts.toml"), "first Basic bGFiOnNlY3JldA==\n");
  EXPECT_EQ(host_.status("/etc/containerd/certs.d/docker.io/hosts.toml")->mode, 0600u);
  EXPECT_EQ(text("/run/rootcellar-tools/registry-auth.json"), "none");
  EXPECT_FALSE(host_.exists("/var/lib/rootcellar/image-spool"));
  EXPECT_FALSE(host_.exists("/var/lib/containers"));
  for (const std::vector<std::string>& argv : host_.calls()) EXPECT_EQ(join(argv, " ").find("secret"), std::string::npos);
  const std::string journal = text("/var/lib/rootcellar/journal");
  for (const char* secret : {"lab:secret", "bGFiOnNlY3JldA"}) EXPECT_EQ(journal.find(secret), std::string::npos);
}

TEST_F(SiteSteps, WhatIsThereIsLeftAndUninstallTakesNothingOut) {
  ASSERT_EQ(failure(), "no error\n");
  uninstall(host_, true);
  EXPECT_NE(text(k_page), "none");
  EXPECT_EQ(text("/fake/site-registry/registry.lab:5000/theirs/image:1"), "their manifest");
  EXPECT_EQ(read_lines(host_, k_objects), (Lines{"- namespace/theirs", "theirs configmap/web"}));
  EXPECT_FALSE(host_.exists(k_site_kubeconfig));
  const std::size_t calls = host_.calls().size();
  set_up_site_machine(host_);
  ASSERT_EQ(failure(), "no error\n");
  for (std::size_t i = calls; i < host_.calls().size(); ++i)
    EXPECT_EQ(std::count(host_.calls()[i].begin(), host_.calls()[i].end(), "copy"), 0);
}

TEST_F(SiteSteps, AnotherImageUnderTheNameIsRefusedBeforeTheFirstPush) {
  host_.add_file(k_page, "another manifest");
  const std::string ours = bundle_.index().images.front().digest.named(),
                    theirs = sha256(as_bytes(std::string_view("another manifest"))).named();
  EXPECT_EQ(failure(), cat("error: cannot put the images into the site's registry registry.lab:5000: it has another image under "
                           "registry.lab:5000/docker.io/lab/page:1 (",
                           theirs, "; the bundle's is ", ours,
                           ")\n  while push images\nhint: nothing was pushed; take that name away there, if nobody needs it\n"
                           "2 of 7 steps are done and stay; run 'rootcellar-install resume' to go on\n"));
  EXPECT_EQ(text("/fake/site-registry/registry.lab:5000/docker.io/lab/page:latest"), "none");
  EXPECT_EQ(text("/run/rootcellar-tools/registry-auth.json"), "none");
}

TEST_F(SiteSteps, ARegistryThatRefusesTheAccountSaysSo) {
  host_.add_file("/root/password", "wrong\n", 0600);
  EXPECT_EQ(failure().substr(0, failure().find("unauthorized")),
            "error: cannot ask the site's registry registry.lab:5000: exit status 1: time=\"x\" level=fatal msg=\"");
}

TEST_F(SiteSteps, AFileOfTheAnswersThatIsNotThere) {
  host_.remove("/root/password");
  EXPECT_EQ(failure(),
            "error: cannot keep '/root/password': it is not there\n  while keep the password\nhint: the answers name it\n"
            "0 of 7 steps are done and stay; run 'rootcellar-install resume' to go on\n");
}

TEST_F(SiteSteps, ANodeThatCannotPullIsNamedAndNothingOfTheProofStays) {
  host_.add_file(k_bad_node, "");
  EXPECT_EQ(failure(),
            "error: node 'two' of the site's cluster cannot pull 'docker.io/lab/page:1': dial tcp: connection refused\n"
            "  while prove the pulls\nhint: tell its containerd\n"
            "4 of 7 steps are done and stay; run 'rootcellar-install resume' to go on\n");
  EXPECT_EQ(read_lines(host_, k_objects), (Lines{"- namespace/theirs", "theirs configmap/web"}));
}

TEST_F(SiteSteps, NoNodeIsReady) {
  host_.add_file(k_listed_nodes, R"({"items":[]})");
  EXPECT_EQ(failure(),
            "error: cannot prove that the site's cluster gets images: none of its nodes is ready and takes pods\n"
            "  while prove the pulls\n4 of 7 steps are done and stay; run 'rootcellar-install resume' to go on\n");
}

TEST_F(SiteSteps, AnObjectOfTheSiteIsNotChanged) {
  host_.add_file(k_objects, "- namespace/pages\npages configmap/web\n");
  EXPECT_EQ(failure(),
            "error: cannot apply manifest 'web': the site's cluster has 'ConfigMap pages/web' already, and not from here\n"
            "  while apply web\nhint: take it away there, if nobody needs it; nothing of it was changed\n"
            "5 of 7 steps are done and stay; run 'rootcellar-install resume' to go on\n");
  uninstall(host_, true);
  EXPECT_EQ(read_lines(host_, k_objects), (Lines{"- namespace/pages", "pages configmap/web"}));
}

TEST_F(SiteSteps, ANamespaceOfTheSiteStays) {
  host_.add_file(k_objects, "- namespace/pages\n");
  ASSERT_EQ(failure(), "no error\n");
  uninstall(host_, true);
  EXPECT_EQ(read_lines(host_, k_objects), (Lines{"- namespace/pages"}));
}

TEST_F(SiteSteps, AReleaseOfTheSiteIsNotChanged) {
  host_.add_file(k_releases, "apps chart 3 deployed Upgrade complete\n");
  EXPECT_EQ(failure(),
            "error: cannot install chart 'chart': the site's cluster has a release of that name already in namespace 'apps', and "
            "not from here\n  while install the chart\nhint: take it away there, if nobody needs it; nothing of it was changed\n"
            "6 of 7 steps are done and stay; run 'rootcellar-install resume' to go on\n");
  uninstall(host_, true);
  EXPECT_EQ(text(k_releases), "apps chart 3 deployed Upgrade complete\n");
}

TEST_F(SiteSteps, TakingBackWaitsForTheClusterToAnswer) {
  ASSERT_EQ(failure(), "no error\n");
  host_.remove(k_node);
  EXPECT_THROW(uninstall(host_, true), SystemError);
  host_.add_file(k_node, "");
  uninstall(host_, true);
  EXPECT_EQ(read_lines(host_, k_objects), (Lines{"- namespace/theirs", "theirs configmap/web"}));
}

TEST(SiteFile, AContextTakesThePlaceOfTheCurrentOne) {
  EXPECT_EQ(with_context("a: 1\ncurrent-context: x\nb: 2\n", "lab \"7\""), "a: 1\nb: 2\ncurrent-context: \"lab \\\"7\\\"\"\n");
  EXPECT_EQ(with_context("a: 1\n", ""), "a: 1\n");
}

TEST(SiteFile, APasswordIsItsFirstLine) { EXPECT_EQ(login_text("lab", "pass word\r\nmore\n"), "lab:pass word"); }

}  // namespace
}  // namespace rootcellar::test
