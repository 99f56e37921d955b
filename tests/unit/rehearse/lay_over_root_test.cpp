#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/rehearse/sealed_host.h"
#include "bundle/base/file.h"

namespace rootcellar {
namespace {

class LayOverRoot : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return path_join(work_.path(), name); }
  void write(const std::string& name, const std::string& text) const {
    make_directories(path_parent(path(name)));
    write_file_atomically(path(name), text);
  }
  std::string read(const std::string& name) const { return read_file(path(name), 100); }
  unsigned mode(const std::string& name) const {
    struct stat found {};
    return ::lstat(path(name).c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }

  TemporaryDirectory work_{"rc-lay-over"};
};

TEST_F(LayOverRoot, FilesComeAndFoldersStayAsTheyAre) {
  write("site/etc/docker/daemon.json", "{}\n");
  write("site/root/tool", "#!/bin/sh\n");
  ::chmod(path("site/root/tool").c_str(), 0755);
  write("root/etc/passwd", "root\n");
  make_directories(path("root/root"));
  ::chmod(path("root/root").c_str(), 0700);
  lay_over_root(path("site"), path("root"));
  EXPECT_EQ(read("root/etc/docker/daemon.json"), "{}\n");
  EXPECT_EQ(read("root/etc/passwd"), "root\n");
  EXPECT_EQ(mode("root/root"), 0700U);
  EXPECT_EQ(mode("root/root/tool") & 0111, 0111U);
}

TEST_F(LayOverRoot, NothingIsWrittenThroughALink) {
  write("outside", "mine\n");
  write("site/etc/resolv.conf", "site\n");
  make_directories(path("root/etc"));
  ASSERT_EQ(::symlink(path("outside").c_str(), path("root/etc/resolv.conf").c_str()), 0);
  lay_over_root(path("site"), path("root"));
  EXPECT_EQ(read("outside"), "mine\n");
  EXPECT_EQ(read("root/etc/resolv.conf"), "site\n");
}

}  // namespace
}  // namespace rootcellar
