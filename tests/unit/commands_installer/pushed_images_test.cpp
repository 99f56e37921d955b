#include "installer/commands/pushed_images.h"

#include <gtest/gtest.h>

#include "tests/support/memory_host.h"

namespace rootcellar {
namespace {

TEST(PushedImages, AreThoseThatTheBundleDidNotBring) {
  MemoryHost host;
  const std::string repositories = "/srv/docker/registry/v2/repositories/";
  for (const char* tag :
       {"docker.io/library/page/_manifests/tags/1.0", "library/page/_manifests/tags/1.0", "library/page/_manifests/tags/mine",
        "team/tool/_manifests/tags/2", "team/tool/deeper/_manifests/tags/3", "quay.io/x/_layers/sha256"}) {
    host.add_file(repositories + tag + "/current/link", "sha256:00");
  }
  Index index;
  index.images.push_back({"docker.io/library/page", {"1.0"}, {}, {}});
  EXPECT_EQ(pushed_images(host, "/srv", index), (std::vector<std::string>{"library/page:mine", "team/tool/deeper:3", "team/tool:2"}));
  EXPECT_TRUE(pushed_images(host, "/elsewhere", index).empty());
}

}  // namespace
}  // namespace rootcellar
