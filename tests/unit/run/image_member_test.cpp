#include "installer/run/image_member.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/layer_search.h"
#include "tests/unit/bundle/bundle_fixture.h"
#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {
namespace {

using Layers = std::vector<std::string>;

// What comes out of an image with these layers, or the error's message without the part that names the layer.
std::string extract(const Layers& layers, const std::string& member, bool compressed = false) {
  const TemporaryDirectory directory("rc-member");
  BundleMaker maker;
  maker.add_image("quay.io/a/b", {"1"}, layers, compressed);
  Bundle bundle = maker.build(directory.path());
  MemorySink sink("a member", 1u << 20);
  try {
    extract_image_member(bundle, "quay.io/a/b:1", member, sink);
    return std::string(as_text(sink.bytes()));
  } catch (const InputError& error) {
    return error.message().substr(error.message().find(": ") + 2);
  }
}

TEST(ImageMember, ComesFromTheTopmostLayerThatHasIt) {
  EXPECT_EQ(extract({tar({{"bin/registry", "old"}}), tar({{"bin/registry", "new"}}), tar({{"etc/x", ""}})}, "bin/registry"), "new");
  EXPECT_EQ(extract({tar({{"./bin/registry", "dotted"}})}, "bin/registry"), "dotted");
  EXPECT_EQ(extract({tar({{"bin/registry", "packed"}})}, "bin/registry", true), "packed");
}

TEST(ImageMember, IsGoneWhenWhitedOut) {
  const std::string none = "expected the file 'bin/registry', found none";
  const std::string below = tar({{"bin/registry", "old"}});
  EXPECT_EQ(extract({tar({{"bin/other", "x"}})}, "bin/registry"), none);
  EXPECT_EQ(extract({below, tar({{"bin/.wh.registry", ""}})}, "bin/registry"), none);
  EXPECT_EQ(extract({below, tar({{".wh.bin", ""}})}, "bin/registry"), none);
  EXPECT_EQ(extract({below, tar({{"bin/.wh..wh..opq", ""}})}, "bin/registry"), none);
  EXPECT_EQ(extract({below, tar({{"bin/.wh.reg", ""}})}, "bin/registry"), "old");
  EXPECT_EQ(extract({below, tar({{"bin/.wh..wh..opq", ""}, {"bin/registry", "again"}})}, "bin/registry"), "again");
}

TEST(ImageMember, IsARegularFile) {
  const Bytes link = make_tar({{"bin/registry", {}, '2'}});
  EXPECT_EQ(extract({std::string(as_text(link))}, "bin/registry"),
            "expected the regular file 'bin/registry', found a link, a directory or a device");
  const Bytes directory = make_tar({{"bin/registry/", {}, '5'}});
  EXPECT_EQ(extract({std::string(as_text(directory))}, "bin/registry"),
            "expected the regular file 'bin/registry', found a link, a directory or a device");
}

TEST(ImageMember, TheImageIsInTheBundle) {
  const TemporaryDirectory directory("rc-member");
  Bundle bundle = small_bundle(directory.path());
  NullSink sink;
  try {
    extract_image_member(bundle, "docker.io/library/registry:3", "bin/registry", sink);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.message(), "bundle: expected the image 'docker.io/library/registry:3', found none");
  }
}

std::string search(const std::string& layer) {
  NullSink sink;
  try {
    search_layer([&](Sink& pieces) { pieces.write(as_bytes(layer)); }, "bin/registry", sink, "layer");
    return "read";
  } catch (const Error& error) {
    return "refused";
  }
}

// Cut anywhere, it is refused or read as a shorter tar, never more; the blob's digest is what finds a cut.
TEST(ImageMember, CutLayersEndWell) {
  const std::string packed = gzip(tar({{"bin/registry", std::string(3000, 'r')}}));
  for (std::size_t cut = 0; cut < packed.size(); ++cut) {
    EXPECT_NO_FATAL_FAILURE(search(packed.substr(0, cut)));
  }
  EXPECT_EQ(search(packed), "read");
  EXPECT_EQ(search("this is no tar"), "refused");
}

TEST(ImageMember, AnErrorOfTheWriterComesThrough) {
  NullSink sink;
  EXPECT_THROW(search_layer([](Sink&) { throw SystemError("read", "/mnt/stick", 5); }, "bin/registry", sink, "layer"), SystemError);
}

}  // namespace
}  // namespace rootcellar::test
