// The tar in which data travels: what is written is read again, and nothing else is.
#include "bundle/tree_tar.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

using Kind = TreeEntry::Kind;
using Entries = std::vector<std::pair<TreeEntry, std::string>>;

class Collecting final : public TreeReceiver {
 public:
  void begin(const TreeEntry& entry) override { entries.emplace_back(entry, ""); }
  void content(ByteView bytes) override { entries.back().second += as_text(bytes); }
  void end(const TreeEntry& entry) override { ended += entry == entries.back().first; }
  Entries entries;
  std::size_t ended = 0;
};

std::string written(const Entries& entries) {
  std::string tar;
  for (const auto& [entry, content] : entries) tar += cat(tree_header(entry), content, tree_padding(content.size()));
  return tar + tree_end();
}

Entries read(const std::string& tar, std::size_t piece = 1000) {
  Collecting into;
  TreeReader reader(into, "data 'x'");
  for (std::size_t at = 0; at < tar.size(); at += piece) reader.write(as_bytes(tar).subspan(at, std::min(piece, tar.size() - at)));
  reader.finish();
  EXPECT_EQ(into.ended, into.entries.size());
  return into.entries;
}

std::pair<TreeEntry, std::string> file(const std::string& path, const std::string& content) {
  return {{Kind::file, path, 0640, content.size(), {}}, content};
}
std::pair<TreeEntry, std::string> folder(const std::string& path) { return {{Kind::directory, path, 0750, 0, {}}, ""}; }
std::pair<TreeEntry, std::string> link(const std::string& path, const std::string& target) {
  return {{Kind::symlink, path, 0777, 0, target}, ""};
}

std::string refused(const Entries& entries) {
  return error_text([&] { read(written(entries)); });
}

TEST(TreeTar, ReadsWhatItWrites) {
  const std::string deep(90, 'd'), name(200, 'n');
  const Entries entries{folder("a"),
                        file("a/empty", ""),
                        file("a/one", "1"),
                        file("a/block", std::string(512, 'b')),
                        folder(cat("a/", deep)),
                        file(cat("a/", deep, "/", name), std::string(1300, 'c')),
                        link("a/to", "one"),
                        link(cat("a/", deep, "/up"), cat("../", std::string(120, 'x'))),
                        {{Kind::hardlink, "again", 0640, 0, "a/one"}, ""}};
  for (const std::size_t piece : {1u, 511u, 512u, 4096u}) EXPECT_EQ(read(written(entries), piece), entries) << piece;
  EXPECT_EQ(read(written({})), Entries{});
}

// A member of 8 GiB and more has its size beside its header.
TEST(TreeTar, ReadsTheSizeOfALargeFile) {
  const std::uint64_t size = (std::uint64_t{1} << 33) + 7;
  Collecting into;
  TreeReader reader(into, "data 'x'");
  reader.write(as_bytes(tree_header({Kind::file, "large", 0644, size, {}})));
  ASSERT_EQ(into.entries.size(), 1u);
  EXPECT_EQ(into.entries[0].first.size, size);
  EXPECT_EQ(error_text([&] { reader.finish(); }), "error: data 'x': its end is missing\n");
}

TEST(TreeTar, RefusesWhatLeadsOut) {
  EXPECT_EQ(refused({file("../x", "")}), "error: data 'x': '../x' is not a path inside a folder\n");
  EXPECT_EQ(refused({file("/etc/passwd", "")}), "error: data 'x': '/etc/passwd' is not a path inside a folder\n");
  EXPECT_EQ(refused({file("a/x", "")}), "error: data 'x': 'a/x' lies in what is no folder of it\n");
  EXPECT_EQ(refused({link("a", "."), file("a/x", "")}), "error: data 'x': 'a/x' lies in what is no folder of it\n");
  EXPECT_EQ(refused({folder("a"), folder("a")}), "error: data 'x': 'a' is there twice\n");
  EXPECT_EQ(refused({link("a", "b"), file("a", "")}), "error: data 'x': 'a' is there twice\n");
  for (const char* target : {"/etc", "..", "../etc", "b/../../etc", "b/..", ""})
    EXPECT_EQ(refused({link("a", target)}), cat("error: data 'x': 'a' is a link to '", target, "', which lies outside\n"));
  EXPECT_EQ(refused({{{Kind::hardlink, "a", 0644, 0, "b"}, ""}}), "error: data 'x': 'a' is a link to 'b', which is no file before it\n");
  EXPECT_EQ(refused({folder("d"), link("d/a", "../../x")}), "error: data 'x': 'd/a' is a link to '../../x', which lies outside\n");
  EXPECT_EQ(read(written({folder("d"), link("d/a", "../x")})).size(), 2u);
}

TEST(TreeTar, RefusesOtherTars) {
  const std::string tar = written({file("a", "1")});
  EXPECT_EQ(error_text([&] { read(tar + std::string(512, '\0')); }), "error: data 'x': there is something after its end\n");
  EXPECT_EQ(error_text([&] { read(tar + tar); }), "error: data 'x': there is something after its end\n");
  EXPECT_EQ(error_text([&] { read(std::string(512, 'x') + tar); }), "error: data 'x': it is no tar of a bundle\n");
  TreeEntry set_id{Kind::file, "a", 04755, 0, {}};
  EXPECT_EQ(refused({{set_id, ""}}), "error: data 'x': it has something that is no file, folder or link\n");
  TreeEntry deep{Kind::file, std::string(20000, 'a'), 0644, 0, {}};
  EXPECT_EQ(refused({{deep, ""}}), "error: data 'x': a path in it is too long\n");
}

TEST(TreeTar, CutAnywhereItIsRefused) {
  const std::string tar = written({folder("a"), file("a/one", "1"), file(cat("a/", std::string(200, 'n')), "2")});
  for (std::size_t size = 0; size < tar.size(); ++size)
    ASSERT_THROW(read(tar.substr(0, size)), InputError) << size;
}

// A flipped byte is refused, or is in what no checksum guards here: a bundle's own digest does.
TEST(TreeTar, NoFlippedByteLeadsOut) {
  const std::string tar = written({folder("a"), file("a/one", "1"), file(cat("a/", std::string(200, 'n')), "2"), link("l", "a/one")});
  std::size_t refusals = 0;
  for (std::size_t at = 0; at < tar.size(); ++at) {
    std::string other = tar;
    other[at] = static_cast<char>(other[at] ^ 0x20);
    try {
      for (const auto& [entry, content] : read(other)) ASSERT_TRUE(!entry.path.starts_with('/') && !entry.path.starts_with("..")) << at;
    } catch (const InputError&) {
      ++refusals;
    }
  }
  EXPECT_GT(refusals, 2000u);
}

}  // namespace
}  // namespace rootcellar
