#include "builder/source/layer_tar.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// A small root as mmdebstrap would give it, packed by tar itself.
class LayerTarTest : public testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) {
    const std::string full = path_join(root_, path);
    make_directories(path_parent(full));
    write_file_atomically(full, text);
  }
  void run(std::vector<std::string> argv) {
    argv[0] = find_program(argv[0]).value();
    const ProcessResult result = run_process({.argv = std::move(argv)});
    ASSERT_EQ(result.exit_code, 0) << result.error_output;
    output_ = result.output;
  }
  void pack() {
    run({"tar", "--sort=name", "--format=pax", "--owner=0", "--group=0", "--mtime=@1000", "-C", root_, "-cf",
         path_join(work_.path(), "in.tar"), "."});
  }
  std::string change(LayerChanges changes, std::size_t step = 65536) {
    FileSource in(path_join(work_.path(), "in.tar"));
    changes.time = 2000;
    LayerTar layer(in, std::move(changes));
    std::string out;
    Bytes buffer(step);
    while (const std::size_t count = layer.read(buffer)) out += as_text(ByteView(buffer).first(count));
    status_ = layer.dpkg_status();
    return out;
  }
  std::string listing(const std::string& tar) {
    write_file_atomically(path_join(work_.path(), "out.tar"), tar);
    run({"tar", "--utc", "--full-time", "--numeric-owner", "-tvf", path_join(work_.path(), "out.tar")});
    std::string out;
    for (const std::string_view line : split(output_, '\n')) {
      if (!line.empty() && line.front() == '-') out += cat(line.substr(line.find("1970")), "\n");
    }
    return out;
  }

  TemporaryDirectory work_{"layer"};
  std::string root_ = path_join(work_.path(), "root");
  std::string output_, status_;
};

TEST_F(LayerTarTest, LeavesTracesOutAndPassesTheRest) {
  put("etc/hostname", "builder\n");
  put("etc/os-release", "ID=debian\n");
  put("var/log/dpkg.log", "long\n");
  put("var/cache/apt/pkgcache.bin", "x");
  put("var/lib/dpkg/status", "Package: a\n");
  put("var/lib/dpkg/status-old", "Package: b\n");
  const std::string deep = cat("usr/", std::string(90, 'd'), "/", std::string(90, 'e'), "/", std::string(90, 'f'));
  put(deep, "deep\n");
  pack();
  const std::string tar = change({});
  EXPECT_EQ(listing(tar), cat("1970-01-01 00:16:40 ./etc/os-release\n1970-01-01 00:16:40 ./usr/", deep.substr(4),
                              "\n1970-01-01 00:16:40 ./var/lib/dpkg/status\n"));
  EXPECT_EQ(status_, "Package: a\n");
  EXPECT_EQ(change({}, 1), tar);
  EXPECT_EQ(change({}, 513), tar);
}

TEST_F(LayerTarTest, AddsReplacesAndRemoves) {
  put("usr/lib/old", "old\n");
  put("usr/share/doc/a/copyright", "text\n");
  run({"ln", "-s", "usr/lib", path_join(root_, "lib")});
  pack();
  LayerChanges changes;
  changes.files["lib/old"] = {.text = "new content\n", .size = 12, .mode = 0755};
  changes.files["srv/www/index.html"] = {.text = "page\n", .size = 5};
  changes.remove = {"usr/share/doc"};
  const std::string tar = change(changes);
  EXPECT_EQ(listing(tar), "1970-01-01 00:33:20 ./srv/www/index.html\n1970-01-01 00:33:20 ./usr/lib/old\n");
  run({"tar", "-xOf", path_join(work_.path(), "out.tar"), "./usr/lib/old"});
  EXPECT_EQ(output_, "new content\n");
}

TEST_F(LayerTarTest, SaysWhatCannotBeRemoved) {
  put("a/one", "x\n");
  run({"ln", path_join(root_, "a/one"), path_join(root_, "a/two")});
  pack();
  const auto message = [&](const char* path) {
    LayerChanges changes;
    changes.remove = {path};
    try {
      change(changes);
    } catch (const InputError& error) {
      return error.message();
    }
    return std::string("no error");
  };
  EXPECT_EQ(message("usr/share/none"), "cannot remove '/usr/share/none' from the image: it is not there");
  EXPECT_EQ(message("a/one"), "cannot remove '/a/one' from the image: '/a/two' is a hard link to it");
}

TEST_F(LayerTarTest, ACutTarIsAnError) {
  put("a", std::string(3000, 'x'));
  pack();
  const std::string whole = read_file(path_join(work_.path(), "in.tar"), 1 << 20);
  const std::size_t content = whole.find("xxxx");
  write_file_atomically(path_join(work_.path(), "in.tar"), whole.substr(0, content + 100));
  EXPECT_THROW(change({}), InputError);
}

}  // namespace
}  // namespace rootcellar
