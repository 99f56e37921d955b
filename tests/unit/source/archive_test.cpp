// Members of archives, made here by the tools that upstreams use.
#include "builder/source/archive.h"

#include <gtest/gtest.h>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/unit/base/error_text.h"
#include "tests/unit/source/archive_folder.h"

namespace rootcellar {
namespace {

class Archive : public test::ArchiveFolder {
 protected:
  Archive() {
    make_directories(in("linux"));
    write_file_atomically(in("linux/helm"), "a program\n");
    write_file_atomically(in("linux/bridge"), "");
    run({"/bin/ln", "-s", "helm", in("linux/link")});
    run({"/bin/ln", in("linux/helm"), in("linux/twin")});
  }

  std::string tar(const char* flag, const char* name) {
    run({"/bin/tar", flag, in(name), "./linux/helm", "linux/bridge", "linux/link", "linux/twin"});
    return in(name);
  }

  static std::string member(const std::string& path, const std::string& name) {
    MemorySink into("test", 1000);
    read_archive_member(path, name, "archive 'x'", into);
    return std::string(as_text(into.bytes()));
  }
  static std::string refused(const std::string& path, const std::string& name) {
    return error_text([&] { member(path, name); });
  }
};

TEST_F(Archive, GivesTheFilesOfADebianPackage) {
  write_file_atomically(in("debian-binary"), "2.0\n");
  tar("-czf", "control.tar.gz");
  run({"/bin/tar", "-cJf", in("data.tar.xz"), "./linux/helm", "./linux/link"});
  run({"/usr/bin/ar", "-q", in("x.deb"), "debian-binary", "control.tar.gz", "data.tar.xz"});
  EXPECT_EQ(member(in("x.deb"), "linux/helm"), "a program\n");
  EXPECT_EQ(refused(in("x.deb"), "linux/bridge"), "error: archive 'x' has no file 'linux/bridge'\nhint: did you mean 'linux/link'?\n");
  run({"/usr/bin/ar", "-q", in("x.ar"), "debian-binary", "control.tar.gz"});
  EXPECT_EQ(refused(in("x.ar"), "linux/helm"),
            "error: cannot read archive 'x' as an archive: it has no data.tar, as a Debian package would\n");
}

TEST_F(Archive, GivesMembersOfTars) {
  for (const auto& [flag, name] : {std::pair("-cf", "x.tar"), {"-czf", "x.tgz"}, {"-cJf", "x.tar.xz"}, {"-cjf", "x.tar.bz2"}}) {
    const std::string path = tar(flag, name);
    EXPECT_EQ(member(path, "linux/helm"), "a program\n") << name;
    EXPECT_EQ(member(path, "./linux/helm"), "a program\n") << name;
    EXPECT_EQ(member(path, "linux/bridge"), "") << name;
  }
}

// Of a folder that does not change while it is packed, as the one does in which the archive lies.
TEST_F(Archive, TakesAFolderThatComesFirstForNoFile) {
  make_directories(in("tree/linux"));
  write_file_atomically(in("tree/linux/helm"), "a program\n");
  for (const auto& [flag, name] : {std::pair("-cf", "x.tar"), {"-czf", "x.tgz"}}) {
    run({"/bin/tar", flag, in(name), "--no-recursion", "--transform=s,^tree,.,", "tree/", "tree/linux/", "tree/linux/helm"});
    EXPECT_EQ(member(in(name), "linux/helm"), "a program\n") << name;
    EXPECT_EQ(refused(in(name), "other"), "error: archive 'x' has no file 'other'\nhint: it has linux/, linux/helm\n") << name;
  }
}

TEST_F(Archive, GivesACompressedFileByAnyName) {
  run({"/bin/gzip", "-nf", in("linux/helm")});
  EXPECT_EQ(member(in("linux/helm.gz"), "helm"), "a program\n");
  Cache cache(in("cache"));
  const auto [digest, size] = store_archive_member(in("linux/helm.gz"), "argo", "x", cache);
  EXPECT_EQ(size, 10U);
  EXPECT_EQ(digest, sha256(as_bytes("a program\n")));
  EXPECT_EQ(read_file(cache.blob_path(digest), 100), "a program\n");
}

TEST_F(Archive, RefusesWhatIsNoPlainFile) {
  const std::string path = tar("-czf", "x.tgz");
  EXPECT_EQ(refused(path, "linux/link"), "error: 'linux/link' of archive 'x' is not a plain file\n");
  EXPECT_EQ(refused(path, "linux/twin"), "error: 'linux/twin' of archive 'x' is not a plain file\n");
  EXPECT_EQ(refused(path, "linux/hlem"), "error: archive 'x' has no file 'linux/hlem'\nhint: did you mean 'linux/helm'?\n");
  EXPECT_EQ(refused(path, "other"),
            "error: archive 'x' has no file 'other'\nhint: it has linux/helm, linux/bridge, linux/link, linux/twin\n");
}

TEST_F(Archive, RefusesWhatIsNoArchive) {
  EXPECT_EQ(refused(in("linux/helm"), "helm"), "error: cannot read archive 'x' as an archive: it is neither an archive nor compressed\n");
  const std::string whole = read_file(tar("-czf", "x.tgz"), 10000);
  write_file_atomically(in("cut.tgz"), whole.substr(0, whole.size() / 2));
  EXPECT_NE(refused(in("cut.tgz"), "linux/nothing").find("error: cannot read archive 'x' as an archive: "), std::string::npos);
}

}  // namespace
}  // namespace rootcellar
