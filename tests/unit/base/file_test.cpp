#include "bundle/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle/base/text.h"
#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

class FileTest : public testing::Test {
 protected:
  std::string path(std::string_view name) const { return path_join(directory_.path(), name); }
  std::vector<std::string> names() const { return list_directory(directory_.path()); }

 private:
  TemporaryDirectory directory_{"rc-file-test"};
};

TEST_F(FileTest, AtomicFileAppearsWholeAtCommit) {
  AtomicFile file(path("a"), 0640);
  file.write(as_bytes("one "));
  EXPECT_EQ(file_status(path("a")), std::nullopt);
  file.write(as_bytes("two"));
  file.commit();
  EXPECT_EQ(read_file(path("a"), 100), "one two");
  EXPECT_EQ(file_status(path("a"))->mode, 0640u);
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(FileTest, AtomicFileAbandonedLeavesNothing) {
  write_file_atomically(path("a"), "before");
  {
    AtomicFile file(path("a"));
    file.write(as_bytes("half"));
    EXPECT_EQ(names().size(), 2u);
  }
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
  EXPECT_EQ(read_file(path("a"), 100), "before");
}

TEST_F(FileTest, ModeIsExactWhateverTheUmask) {
  const mode_t before = umask(077);
  write_file_atomically(path("a"), "x", 0644);
  umask(before);
  EXPECT_EQ(file_status(path("a"))->mode, 0644u);
}

TEST_F(FileTest, LongNamesStillHaveATemporaryName) {
  const std::string name(255, 'n');
  write_file_atomically(path(name), "x");
  EXPECT_EQ(names(), std::vector<std::string>{name});
}

TEST_F(FileTest, ReadLimits) {
  write_file_atomically(path("a"), "12345");
  EXPECT_EQ(read_file(path("a"), 5), "12345");
  EXPECT_EQ(error_text([&] { read_file(path("a"), 4); }), cat("error: '", path("a"), "' is larger than the limit of 4 B\n"));
  write_file_atomically(path("empty"), "");
  EXPECT_EQ(read_file(path("empty"), 0), "");
}

TEST_F(FileTest, AbsenceAndItsMessages) {
  EXPECT_EQ(read_file_if_exists(path("no"), 5), std::nullopt);
  EXPECT_EQ(error_text([&] { read_file(path("no"), 5); }), cat("error: cannot open '", path("no"), "': No such file or directory\n"));
  EXPECT_EQ(error_text([&] { AtomicFile file(path("no/a")); }),
            cat("error: cannot create '", path("no/a"), "': No such file or directory\n"));
  EXPECT_EQ(error_text([&] { list_directory(path("no")); }), cat("error: cannot list '", path("no"), "': No such file or directory\n"));
}

TEST_F(FileTest, PositionedReadsAndWrites) {
  const Fd fd = open_file(path("a"), O_RDWR | O_CREAT);
  pwrite_full(fd.get(), as_bytes("world"), 6, "a");
  pwrite_full(fd.get(), as_bytes("hello "), 0, "a");
  std::uint8_t all[11];
  pread_full(fd.get(), all, 0, "a");
  EXPECT_EQ(as_text(all), "hello world");
  EXPECT_EQ(error_text([&] { pread_full(fd.get(), all, 1, "a"); }), "error: cannot read 'a': it ended too early\n");
}

TEST_F(FileTest, FullDiskIsToldWithItsPath) {
  const Fd fd = open_file("/dev/full", O_WRONLY);
  EXPECT_EQ(error_text([&] { write_full(fd.get(), as_bytes("x"), "/dev/full"); }),
            "error: cannot write '/dev/full': No space left on device\n");
}

TEST_F(FileTest, DirectoriesAreMadeAndRemoved) {
  make_directories(path("a/b/c"));
  make_directories(path("a/b/c"));
  write_file_atomically(path("a/b/f"), "x");
  ASSERT_EQ(symlink("/etc", path("a/link").c_str()), 0);
  ASSERT_EQ(chmod(path("a/b").c_str(), 0500), 0);
  EXPECT_EQ(error_text([&] { remove_directory(path("a")); }), cat("error: cannot remove '", path("a"), "': Directory not empty\n"));
  remove_tree(path("a"));
  remove_tree(path("a"));
  remove_file(path("a"));
  EXPECT_TRUE(names().empty());
  EXPECT_TRUE(file_status("/etc"));
}

TEST_F(FileTest, WhatIsInTheWayOfADirectoryIsNamed) {
  write_file_atomically(path("f"), "x");
  ASSERT_EQ(symlink("nowhere", path("l").c_str()), 0);
  ASSERT_EQ(mkfifo(path("p").c_str(), 0600), 0);
  const auto refused = [&](const std::string& name) {
    const std::string text = error_text([&] { make_directories(path(name)); });
    const std::string head = cat("error: cannot create directory '", path(name), "': ");
    EXPECT_TRUE(text.starts_with(head)) << text;
    return text.substr(head.size());
  };
  const std::string hint = "\nhint: move it away, or name another folder\n";
  EXPECT_EQ(refused("f"), cat("it is a file", hint));
  EXPECT_EQ(refused("f/d"), cat("'", path("f"), "' is a file", hint));
  EXPECT_EQ(refused("l"), cat("it is a link that leads nowhere", hint));
  EXPECT_EQ(refused("p"), cat("it is something that is no directory", hint));
  EXPECT_EQ(error_text([] { make_directories("/proc/self/d"); }),
            "error: cannot create directory '/proc/self/d': No such file or directory\n");
}

TEST_F(FileTest, StatusOfLinksAndWhatTheyPointTo) {
  write_file_atomically(path("a"), "12", 0600);
  ASSERT_EQ(symlink("a", path("l").c_str()), 0);
  EXPECT_EQ(file_status(path("l"))->type, FileStatus::Type::symlink);
  const auto followed = file_status_followed(path("l"));
  EXPECT_EQ(followed->type, FileStatus::Type::file);
  EXPECT_EQ(followed->size, 2u);
  EXPECT_EQ(followed->inode, file_status(path("a"))->inode);
  EXPECT_EQ(file_status(path("a/b")), std::nullopt);
}

TEST_F(FileTest, SpaceOfTheNearestAncestor) {
  const SpaceFacts facts = filesystem_space(path("not/yet/there"));
  EXPECT_GT(facts.total, 0u);
  EXPECT_LE(facts.available, facts.total);
  EXPECT_EQ(facts.device, file_status(path(""))->device);
  EXPECT_FALSE(facts.read_only);
  EXPECT_EQ(filesystem_space("/proc").filesystem, "0x00009fa0");
}

TEST_F(FileTest, LockNamesItsHolder) {
  const FileLock first(path("lock"));
  EXPECT_EQ(
      error_text([&] { const FileLock second(path("lock")); }),
      cat("error: cannot lock '", path("lock"), "': it is in use by process ", getpid(), "\nhint: wait until that process has finished\n"));
}

TEST_F(FileTest, LockIsFreeAgainAfterwards) {
  { const FileLock first(path("lock")); }
  const FileLock second(path("lock"));
  EXPECT_EQ(read_file(path("lock"), 100), cat(getpid(), "\n"));
}

TEST(Path, JoinNameParent) {
  EXPECT_EQ(path_join("a", "b"), "a/b");
  EXPECT_EQ(path_join("a/", "b"), "a/b");
  EXPECT_EQ(path_join("/", "b"), "/b");
  EXPECT_EQ(path_join("", "b"), "b");
  const std::tuple<std::string, std::string, std::string> k_paths[] = {{"a", "a", "."}, {"a/b", "b", "a"},  {"/a", "a", "/"},
                                                                       {"/", "/", "/"}, {"a/b/", "b", "a"}, {"/a/b", "b", "/a"}};
  for (const auto& [path, name, parent] : k_paths) {
    EXPECT_EQ(path_name(path), name) << path;
    EXPECT_EQ(path_parent(path), parent) << path;
  }
}

}  // namespace
}  // namespace rootcellar
