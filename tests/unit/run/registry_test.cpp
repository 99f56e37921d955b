// The registry's storage written directly, and then served by a real registry to a real client.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/host/real_host.h"
#include "installer/run/registry_removal.h"
#include "installer/run/registry_storage.h"
#include "tests/support/failing_host.h"
#include "tests/support/memory_host.h"
#include "tests/unit/bundle/bundle_fixture.h"
#include "tests/unit/run/registry_server.h"
#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {
namespace {

const Owner k_nobody_else{"", ""};

/// Adds up what it is told.
class Sums final : public Progress {
 public:
  void begin(std::string_view task, std::uint64_t total, bool) noexcept override { said += cat(task, " ", total, ": "); }
  void advance(std::uint64_t amount) noexcept override { sum += amount; }
  void end() noexcept override { said += cat(sum, "\n"); }
  void note(std::string_view) noexcept override {}
  void warn(std::string_view) noexcept override {}
  void event(std::string_view, const JsonValue&) noexcept override {}

  std::string said;
  std::uint64_t sum = 0;
};

class RealRegistry : public ::testing::Test {
 protected:
  std::uint64_t fill(HostSystem& host) { return fill_registry(bundle_, {}, storage_, k_nobody_else, host, 2, silent_progress()); }
  std::string folder(const std::string& name) const { return path_join(directory_.path(), name); }
  Digest pulled_digest(const RegistryServer& server, const std::string& name, const std::string& to) {
    EXPECT_EQ(skopeo_copy(server.image(name), "dir:" + folder(to)), 0) << name;
    return sha256(as_bytes(slurp(folder(to) + "/manifest.json")));
  }

  TemporaryDirectory directory_{"rc-registry"};
  Bundle bundle_ = small_bundle(directory_.path());
  std::string storage_ = folder("storage");
  std::unique_ptr<HostSystem> host_ = make_real_host();
};

const ImageEntry& image_named(const Index& index, const std::string& repository) {
  return *std::find_if(index.images.begin(), index.images.end(), [&](const ImageEntry& image) { return image.repository == repository; });
}

TEST_F(RealRegistry, ServesEveryImageUnderEveryName) {
  EXPECT_GT(fill(*host_), 0u);
  const RegistryServer server(storage_, directory_.path());
  const Digest web = image_named(bundle_.index(), "quay.io/lab/web").digest;
  const Digest registry = image_named(bundle_.index(), "docker.io/library/registry").digest;
  EXPECT_EQ(pulled_digest(server, "quay.io/lab/web:1", "a"), web);
  EXPECT_EQ(pulled_digest(server, "quay.io/lab/web:latest", "b"), web);
  EXPECT_EQ(pulled_digest(server, cat("quay.io/lab/web@", web.named()), "c"), web);
  EXPECT_EQ(pulled_digest(server, "docker.io/library/registry:2", "d"), registry);
  EXPECT_EQ(pulled_digest(server, "library/registry:2", "e"), registry);
  for (const Digest& blob : image_named(bundle_.index(), "quay.io/lab/web").manifests.front().blobs) {
    EXPECT_EQ(sha256(as_bytes(slurp(path_join(folder("a"), blob.hex())))), blob);
  }
}

TEST_F(RealRegistry, TakesWhatIsPushedIntoItOnce) {
  const RegistryServer server(storage_, directory_.path());
  const std::string address = server.url("").substr(std::string_view("http://").size());
  const Step step{"push", "push", "", PushImages{address, "", "", true, folder("spool")}};
  RunContext context{.host = *host_, .bundle = &bundle_, .progress = silent_progress(), .paths = {.state = folder("state"), .logs = folder("logs")}};
  EXPECT_EQ(probe_step(step, context), ProbeResult::needed);
  const JsonValue undo = prepare_undo(step, context);
  context.undo_data = &undo;
  do_step(step, context);
  EXPECT_EQ(probe_step(step, context), ProbeResult::already);
  const Digest web = image_named(bundle_.index(), "quay.io/lab/web").digest;
  EXPECT_EQ(pulled_digest(server, "quay.io/lab/web:1", "a"), web);
  EXPECT_EQ(pulled_digest(server, "library/registry:2", "b"), image_named(bundle_.index(), "docker.io/library/registry").digest);
  EXPECT_FALSE(host_->exists(folder("spool")));

  ASSERT_EQ(skopeo_copy(server.image("library/registry:2"), server.image("quay.io/lab/web:1")), 0);
  EXPECT_THROW(do_step(step, context), HostError);
  undo_step(step, undo, context, true);
  EXPECT_EQ(pulled_digest(server, "quay.io/lab/web:latest", "c"), web);
}

TEST_F(RealRegistry, TellsHowMuchThereIsToWrite) {
  Sums first, second;
  const std::uint64_t bytes = fill_registry(bundle_, {}, storage_, k_nobody_else, *host_, 2, first);
  EXPECT_EQ(first.said, cat("writing images ", bytes, ": ", bytes, "\n"));
  fill_registry(bundle_, {}, storage_, k_nobody_else, *host_, 2, second);
  EXPECT_EQ(second.said, "");
}

TEST_F(RealRegistry, WritesNothingTwice) {
  const std::uint64_t bytes = fill(*host_);
  EXPECT_EQ(fill(*host_), 0u);
  const RegistryPaths paths(storage_);
  const Digest layer = image_named(bundle_.index(), "quay.io/lab/web").manifests.front().blobs.back();
  spill(paths.blob(layer), "cut");
  const std::uint64_t again = fill(*host_);
  EXPECT_GT(again, 0u);
  EXPECT_LT(again, bytes);
  EXPECT_EQ(*host_->digest(paths.blob(layer)), layer);
}

TEST_F(RealRegistry, ReadsNothingOfWhatIsFinished) {
  fill(*host_);
  for (const VolumeCandidate& volume : bundle_.volume_files()) spill(volume.path, "");
  EXPECT_EQ(fill(*host_), 0u);
}

// Power is cut at every call: what a tag names is on disk, whole.
TEST_F(RealRegistry, NeverShowsHalfAnImage) {
  const RegistryPaths paths("/srv/registry");
  std::uint64_t call = 1;
  for (bool stopped = true; stopped; ++call) {
    MemoryHost machine;
    FailingHost failing(machine, call, FailingHost::Failure::kill_after);
    try {
      fill_registry(bundle_, {}, "/srv/registry", {}, failing, 1, silent_progress());
      stopped = false;
    } catch (const Killed&) {
      machine.cut_power();
    }
    for (const RegistryImage& image : registry_images(bundle_.index(), {})) {
      for (const std::string& tag : image.tags) {
        if (!machine.exists(paths.tag_link(image.repository, tag))) continue;
        for (const auto* digests : {&image.layers, &image.manifests}) {
          for (const Digest& digest : *digests) ASSERT_EQ(machine.digest(paths.blob(digest)), digest) << call;
        }
      }
    }
  }
  EXPECT_GT(call, 100u);
}

TEST_F(RealRegistry, KeepsWhatPeoplePushedAndTakesBackTheRest) {
  const JsonValue undo = registry_undo_data(registry_images(bundle_.index(), {}), storage_, *host_);
  fill(*host_);
  const Digest web = image_named(bundle_.index(), "quay.io/lab/web").digest;
  {
    BundleMaker maker;
    host_->make_directories(folder("other"));
    maker.add_image("example.org/app", {"9"}, {tar({{"index.html", "hello"}}), tar({{"own", std::string(5000, 'x')}})});
    Bundle other = maker.build(folder("other"));
    fill_registry(other, {}, folder("other/storage"), k_nobody_else, *host_, 1, silent_progress());
    const RegistryServer theirs(folder("other/storage"), folder("other"));
    const RegistryServer server(storage_, directory_.path());
    ASSERT_EQ(skopeo_copy(theirs.image("example.org/app:9"), server.image("people/app:mine")), 0);
    ASSERT_EQ(skopeo_copy(theirs.image("example.org/app:9"), server.image("quay.io/lab/web:theirs")), 0);
    ASSERT_EQ(skopeo_copy(server.image("quay.io/lab/web:1"), server.image("quay.io/lab/web:kept")), 0);
  }
  const auto foreign = list_foreign_images(storage_, bundle_.index(), *host_);
  ASSERT_EQ(foreign.size(), 3u);
  EXPECT_EQ(cat(foreign[0].repository, ":", foreign[0].tag), "people/app:mine");
  EXPECT_GT(foreign[0].bytes, 500u);
  EXPECT_EQ(cat(foreign[1].repository, ":", foreign[1].tag), "quay.io/lab/web:kept");
  EXPECT_EQ(foreign[1].bytes, 0u);
  EXPECT_EQ(cat(foreign[2].repository, ":", foreign[2].tag), "quay.io/lab/web:theirs");

  remove_filled(undo, storage_, *host_);
  const RegistryServer server(storage_, directory_.path());
  EXPECT_NE(skopeo_copy(server.image("library/registry:2"), "dir:" + folder("x")), 0);
  EXPECT_NE(skopeo_copy(server.image("quay.io/lab/web:1"), "dir:" + folder("x")), 0);
  EXPECT_EQ(pulled_digest(server, "quay.io/lab/web:kept", "kept"), web);
  EXPECT_EQ(pulled_digest(server, "people/app:mine", "mine"), foreign[0].digest);
  EXPECT_EQ(pulled_digest(server, "quay.io/lab/web:theirs", "theirs"), foreign[2].digest);
  const Digest gone = image_named(bundle_.index(), "docker.io/library/registry").manifests.front().blobs.back();
  EXPECT_FALSE(host_->exists(RegistryPaths(storage_).blob(gone)));
}

TEST_F(RealRegistry, LeavesNothingWhenNobodyPushed) {
  const JsonValue undo = registry_undo_data(registry_images(bundle_.index(), {}), storage_, *host_);
  fill(*host_);
  remove_filled(undo, storage_, *host_);
  EXPECT_TRUE(host_->list(storage_).empty());
}

TEST(RegistryNames, AreSafePaths) {
  EXPECT_EQ(registry_names("docker.io/library/nginx"), (std::vector<std::string>{"docker.io/library/nginx", "library/nginx"}));
  EXPECT_EQ(registry_names("quay.io/a/b"), (std::vector<std::string>{"quay.io/a/b"}));
  EXPECT_THROW(registry_names("../../etc"), InputError);
  EXPECT_THROW(registry_names("quay.io/_manifests/x"), InputError);
}

}  // namespace
}  // namespace rootcellar::test
