// Archives made here by the tools that people use, written anew as data travels.
#include "builder/source/archive_tree.h"

#include <gtest/gtest.h>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/tree_tar.h"
#include "tests/unit/base/error_text.h"
#include "tests/unit/source/archive_folder.h"

namespace rootcellar {
namespace {

class Listing final : public TreeReceiver {
 public:
  void begin(const TreeEntry& entry) override {
    constexpr const char* k_kinds[] = {"file", "folder", "link", "twin"};
    text += cat(k_kinds[static_cast<std::size_t>(entry.kind)], " ", octal(entry.mode), " ", entry.path);
    if (!entry.target.empty()) text += cat(" -> ", entry.target);
    text += entry.kind == TreeEntry::Kind::file ? cat(" ", entry.size, "\n") : "\n";
  }
  void content(ByteView) override {}
  void end(const TreeEntry&) override {}
  std::string text;

 private:
  static std::string octal(std::uint32_t mode) { return cat(mode >> 6, mode >> 3 & 7, mode & 7); }
};

class ArchiveTree : public test::ArchiveFolder {
 protected:
  ArchiveTree() {
    make_directories(in("sky/deep"));
    write_file_atomically(in("sky/deep/near.txt"), "M31\n", 0600);
    write_file_atomically(in("sky/far.txt"), std::string(5000, 'f'), 0644);
    run({"/bin/ln", "-s", "deep/near.txt", in("sky/nearest")});
    run({"/bin/chmod", "0755", in("sky"), in("sky/deep")});
  }

  std::string tar(const std::string& name, std::vector<std::string> what) {
    std::vector<std::string> argv{"/bin/tar", "--auto-compress", "--sort=name", "-P", "-cf", in(name)};
    argv.insert(argv.end(), what.begin(), what.end());
    run(argv);
    return in(name);
  }

  static std::string tree(const std::string& path, const LockedArchive::Tree& how = {}, std::uint64_t* disk = nullptr) {
    Listing listing;
    TreeReader reader(listing, "its own reader");
    const std::uint64_t bytes = write_archive_tree(path, how, "data 'x'", reader);
    reader.finish();
    if (disk != nullptr) *disk = bytes;
    return listing.text;
  }
  static std::string refused(const std::string& path, const LockedArchive::Tree& how = {}) {
    return error_text([&] { tree(path, how); });
  }
};

TEST_F(ArchiveTree, IsTheSameWhateverWrappedIt) {
  const std::string expected =
      "folder 755 sky\nfolder 755 sky/deep\nfile 600 sky/deep/near.txt 4\nfile 644 sky/far.txt 5000\nlink 777 sky/nearest -> deep/near.txt\n";
  for (const char* name : {"x.tar", "x.tgz", "x.tar.xz", "x.tar.bz2"}) {
    std::uint64_t disk = 0;
    EXPECT_EQ(tree(tar(name, {"sky"}), {}, &disk), expected) << name;
    EXPECT_EQ(disk, 6u * 4096) << name;
  }
  run({"/usr/bin/python3", "-c",
       "import zipfile\nz = zipfile.ZipFile('x.zip', 'w')\nfor name in 'sky/far.txt', 'sky/deep/', 'sky/deep/near.txt': z.write(name)\nz.close()"});
  EXPECT_EQ(tree(in("x.zip"), {.strip = 1, .file_mode = 0640, .directory_mode = 0750}),
            "file 640 far.txt 5000\nfolder 750 deep\nfile 640 deep/near.txt 4\n");
}

TEST_F(ArchiveTree, TakesComponentsAndModesAsTold) {
  EXPECT_EQ(tree(tar("x.tar", {"./sky/deep/near.txt", "./sky/nearest"}), {.strip = 1, .file_mode = 0640, .directory_mode = 0750}),
            "folder 750 deep\nfile 640 deep/near.txt 4\nlink 777 nearest -> deep/near.txt\n");
  run({"/bin/ln", in("sky/far.txt"), in("sky/twin")});
  EXPECT_EQ(tree(tar("y.tar", {"sky/far.txt", "sky/twin"})), "folder 755 sky\nfile 644 sky/far.txt 5000\ntwin 644 sky/twin -> sky/far.txt\n");
}

TEST_F(ArchiveTree, RefusesWhatLeadsOut) {
  EXPECT_EQ(refused(tar("up.tar", {"--transform=s,^sky,../sky,", "sky/far.txt"})), "error: data 'x': '../sky/far.txt' leads out of the folder\n");
  EXPECT_EQ(refused(tar("abs.tar", {in("sky/far.txt")})), cat("error: data 'x': '", in("sky/far.txt"), "' leads out of the folder\n"));
  run({"/bin/ln", "-s", "/etc", in("sky/etc")});
  EXPECT_EQ(refused(tar("link.tar", {"sky"})), "error: data 'x': 'sky/etc' is a link to '/etc', which lies outside\n");
  run({"/bin/rm", in("sky/etc")});
  run({"/bin/ln", "-s", "../..", in("sky/etc")});
  EXPECT_EQ(refused(tar("dots.tar", {"sky"})), "error: data 'x': 'sky/etc' is a link to '../..', which lies outside\n");
  run({"/bin/rm", in("sky/etc")});
  run({"/usr/bin/mkfifo", in("sky/pipe")});
  EXPECT_EQ(refused(tar("pipe.tar", {"sky"})), "error: data 'x': 'sky/pipe' is neither a file nor a folder nor a link\n");
}

TEST_F(ArchiveTree, RefusesWhatItCannotUnpack) {
  EXPECT_EQ(refused(tar("x.tar", {"sky"}), {.strip = 2}), "error: data 'x': 'sky/far.txt' has no name left when 'strip' takes 2\n");
  EXPECT_EQ(refused(tar("twice.tar", {"sky/far.txt", "sky/far.txt", "--hard-dereference"})), "error: data 'x': 'sky/far.txt' is there twice\n");
  write_file_atomically(in("plain"), "text\n");
  EXPECT_EQ(refused(in("plain")), "error: cannot read data 'x' as an archive: it is neither an archive nor compressed\n");
  run({"/bin/gzip", in("plain")});
  EXPECT_EQ(refused(in("plain.gz")), "error: data 'x': it is one compressed file and no archive\n");
  make_directories(in("none"));
  EXPECT_EQ(refused(tar("none.tar", {"-C", in("none"), "."})), "error: data 'x': there is nothing in it\n");
  const std::string cut = tar("cut.tar", {"sky"});
  run({"/usr/bin/truncate", "--size=3000", cut});
  EXPECT_EQ(refused(cut).substr(0, 53), "error: cannot read data 'x' as an archive: Truncated ");
}

}  // namespace
}  // namespace rootcellar
