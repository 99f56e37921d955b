#include <gtest/gtest.h>
#include <unistd.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/volume_layout.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

using test::Blob;

std::vector<Blob> blobs() { return {{test::noise(5000, 1), BlobMode::asis}, {test::prose(9000, 2), BlobMode::file}}; }

/// What a program that reads everything says of the bundle.
ExitCode use(const std::string& place) {
  return test::code_of([&] {
    auto found = find_bundles({place}, [](const std::string&, const std::string&) {});
    Bundle bundle = Bundle::open(choose_bundle(found, {place}, std::nullopt), test::trusting({&test::first_key()}, 1));
    test::Collector collector;
    bundle.deliver(collector, 2, silent_progress());
    if (collector.blobs.size() != 2) throw InputError("blobs are missing");
  });
}

class OneVolume : public ::testing::Test {
 protected:
  OneVolume()
      : path_(test::build(folder_.path(), blobs()).at(0)),
        content_(test::slurp(path_)),
        header_(decode_volume_header(as_bytes(content_).first(4096)).header) {}

  void write(const std::string& content) { test::spill(path_, content); }
  std::string with_byte(std::uint64_t offset, int change) const {
    std::string changed = content_;
    changed[offset] = static_cast<char>(changed[offset] ^ change);
    return changed;
  }
  /// Both pages replaced by what `change` makes of them, with a CRC that fits: as an attacker would.
  void write_with_header(const std::function<void(VolumeHeader&)>& change) {
    VolumeHeader header = header_;
    change(header);
    Bytes page = encode_volume_header(header);
    std::string changed = content_;
    changed.replace(0, page.size(), as_text(page));
    changed.replace(changed.size() - page.size(), page.size(), as_text(page));
    write(changed);
  }

  TemporaryDirectory folder_{"rc-bundle"};
  std::string path_;
  std::string content_;
  VolumeHeader header_;
};

TEST_F(OneVolume, EveryByteOfTheFirstPageMayBeDamaged) {
  for (std::uint64_t offset = 0; offset < 4096; offset += offset < 300 ? 1 : 7) {
    write(with_byte(offset, 0x10));
    ASSERT_EQ(use(path_), ExitCode::ok) << offset;
    EXPECT_NE(read_volume_header(path_).header_damage, "") << offset;
  }
}

TEST_F(OneVolume, EveryByteOfTheIndexIsCovered) {
  for (std::uint64_t offset = header_.index_offset; offset < header_.index_offset + header_.index_size; ++offset) {
    write(with_byte(offset, 0x01));
    ASSERT_EQ(use(path_), ExitCode::trust) << offset;
  }
}

TEST_F(OneVolume, EveryByteOfTheFramesIsCoveredAndLocated) {
  for (std::uint64_t offset = 4096; offset < header_.index_offset; offset += 97) {
    write(with_byte(offset, 0x80));
    ASSERT_EQ(use(path_), ExitCode::trust) << offset;
    VerifyReport report = test::open({path_}).verify_frames(2, silent_progress());
    ASSERT_EQ(report.damage.size(), 1u);
    EXPECT_LE(report.damage[0].offset, offset);
    EXPECT_GT(report.damage[0].offset + report.damage[0].size, offset);
    EXPECT_EQ(report.damage[0].path, path_);
  }
}

TEST_F(OneVolume, CutAnywhereItIsNotUsed) {
  for (std::size_t size = 0; size < content_.size(); size += size < 8300 ? 61 : 613) {
    write(content_.substr(0, size));
    EXPECT_TRUE(use(path_) == ExitCode::input || use(path_) == ExitCode::trust) << size;
  }
  write(content_.substr(0, content_.size() - 1));
  EXPECT_EQ(test::error_of([&] { test::open({path_}); }),
            cat("error: cannot use '", path_, "': expected ", content_.size(), " bytes, found ", content_.size() - 1,
                "\nhint: it is cut or was changed: copy 'lab-cpu-3-amd64.v01.cellar' again from where the bundle was built\n"));
}

TEST_F(OneVolume, AnAlteredTextIsNotTrusted) {
  write_with_header([](VolumeHeader& header) {
    header.header_text.replace(header.header_text.find("serial: 3"), 9, "serial: 4");
    header.id = bundle_id(header.header_text);
  });
  EXPECT_EQ(use(path_), ExitCode::trust);
}

TEST_F(OneVolume, LocatorsThatLieLeadNowhere) {
  const std::pair<std::function<void(VolumeHeader&)>, ExitCode> cases[] = {
      {[](VolumeHeader& h) { h.payload -= 8, h.index_offset -= 8; }, ExitCode::trust},
      {[](VolumeHeader& h) { h.index_size += 1; }, ExitCode::ok},
      {[](VolumeHeader& h) { h.first_frame = 9; }, ExitCode::ok},
      {[](VolumeHeader& h) { h.volumes = 5, h.volume = 5; }, ExitCode::input},
      {[](VolumeHeader& h) { h.volume = 0; }, ExitCode::input},
      {[](VolumeHeader& h) { h.volumes = 1000; }, ExitCode::input},
      {[](VolumeHeader& h) { h.index_offset += 1; }, ExitCode::input},
      {[](VolumeHeader& h) { h.payload = h.index_offset = UINT64_MAX - 4096; }, ExitCode::input},
      {[](VolumeHeader& h) { h.signatures.clear(); }, ExitCode::trust},
      {[](VolumeHeader& h) { h.id[0] = h.id[0] == '0' ? '1' : '0'; }, ExitCode::input},
  };
  int number = 0;
  for (const auto& [change, expected] : cases) {
    write_with_header(change);
    EXPECT_EQ(use(path_), expected) << number++;
  }
}

TEST_F(OneVolume, ErrorsNameTheFileAndTheBytes) {
  write(with_byte(4096 + 100, 1));
  EXPECT_EQ(test::error_of([&] { test::open({path_}).read_small_blob(sha256(blobs()[0].bytes), 10000); }),
            cat("error: cannot use '", path_, "': frame 0 (bytes 4096 to 9096) is not what was signed\n",
                "hint: copy 'lab-cpu-3-amd64.v01.cellar' again from where the bundle was built; if that does not help, do not use this "
                "bundle\n"));
  write(with_byte(header_.index_offset, 1));
  EXPECT_EQ(test::error_of([&] { test::open({path_}); }),
            cat("error: cannot use '", path_, "': the index (bytes ", header_.index_offset, " to ",
                header_.index_offset + header_.index_size, ") is not what was signed\n",
                "hint: copy 'lab-cpu-3-amd64.v01.cellar' again from where the bundle was built; if that does not help, do not use this "
                "bundle\n"));
}

TEST_F(OneVolume, VerifyReportsWhatLiesAroundTheFrames) {
  write(with_byte(50, 1));
  auto damage = test::open({path_}).verify_frames(2, silent_progress()).damage;
  ASSERT_EQ(damage.size(), 1u);
  EXPECT_EQ(damage[0].reason(), "its first page is damaged");
  EXPECT_EQ(damage[0].frame, FrameDamage::k_no_frame);
  write(with_byte(content_.size() - 50, 1));
  damage = test::open({path_}).verify_frames(2, silent_progress()).damage;
  ASSERT_EQ(damage.size(), 1u);
  EXPECT_EQ(damage[0].reason(), "its last page is damaged");
  EXPECT_EQ(damage[0].offset, content_.size() - 4096);
}

TEST_F(OneVolume, AGoodCopyMakesUpForADamagedOne) {
  TemporaryDirectory other("rc-bundle");
  test::spill(path_join(other.path(), path_name(path_)), content_);
  for (std::uint64_t offset : {std::uint64_t{4196}, header_.index_offset}) {
    write(with_byte(offset, 1));
    Bundle bundle = test::open({folder_.path(), other.path()});
    EXPECT_TRUE(bundle.read_small_blob(sha256(blobs()[0].bytes), 10000) == as_text(blobs()[0].bytes));
    EXPECT_EQ(bundle.verify_frames(2, silent_progress()).damage.size(), 1u);
  }
  write(content_.substr(0, content_.size() - 5000));
  EXPECT_EQ(test::code_of([&] { test::open({other.path()}); }), ExitCode::ok);
}

/// Puts something in the place of a file that can be opened, but every read at the places of frames is EIO.
void make_unreadable(const std::string& path) {
  remove_file(path);
  ASSERT_EQ(::symlink("/proc/self/mem", path.c_str()), 0);
}

TEST_F(OneVolume, AGoodCopyMakesUpForOneThatCannotBeRead) {
  TemporaryDirectory other("rc-bundle");
  const std::string copy = path_join(other.path(), path_name(path_));
  const auto read = [](Bundle& bundle) { return bundle.read_small_blob(sha256(blobs()[0].bytes), 10000); };
  const auto fails = [&](std::string_view path, std::string_view reason) {
    return cat(
        "error: cannot read '", path, "': ", reason, '\n',
        "hint: the medium went away or is failing: plug it in again and run 'rootcellar-install resume', or the same command again\n");
  };
  for (bool first : {true, false}) {
    test::spill(path_, content_);
    test::spill(copy, content_);
    Bundle failing = test::open({folder_.path(), other.path()});
    make_unreadable(first ? path_ : copy);
    EXPECT_TRUE(read(failing) == as_text(blobs()[0].bytes));
    Bundle gone = test::open({first ? copy : path_});
    Bundle both = test::open({first ? copy : path_});
    remove_file(path_), remove_file(copy);
    EXPECT_EQ(test::error_of([&] { read(gone); }), fails(first ? copy : path_, "No such file or directory"));
    make_unreadable(first ? copy : path_);
    EXPECT_EQ(test::error_of([&] { read(both); }), fails(first ? copy : path_, "Input/output error"));
    remove_file(first ? copy : path_);
  }
}

TEST_F(OneVolume, ACopyThatIsGoneIsPassedOver) {
  TemporaryDirectory other("rc-bundle");
  test::spill(path_join(other.path(), path_name(path_)), content_);
  Bundle bundle = test::open({folder_.path(), other.path()});
  remove_file(path_);
  EXPECT_TRUE(bundle.read_small_blob(sha256(blobs()[0].bytes), 10000) == as_text(blobs()[0].bytes));
}

TEST_F(OneVolume, AnIndexThatCannotBeReadIsTakenFromTheCopy) {
  TemporaryDirectory other("rc-bundle");
  test::spill(path_join(other.path(), path_name(path_)), content_);
  auto found = find_bundles({folder_.path(), other.path()}, [](const std::string&, const std::string&) {});
  make_unreadable(path_);
  Bundle bundle = Bundle::open(found.at(0), test::trusting({&test::first_key()}, 1));
  EXPECT_TRUE(bundle.read_small_blob(sha256(blobs()[0].bytes), 10000) == as_text(blobs()[0].bytes));
}

// ---- several volumes

TEST(Volumes, AMissingOneIsAskedFor) {
  TemporaryDirectory folder("rc-bundle"), away("rc-bundle");
  std::vector<Blob> all;
  for (std::uint64_t i = 0; i < 5; ++i) all.push_back({test::noise(700000, i), BlobMode::asis});
  auto paths = test::build(folder.path(), all, {.volume_size = limits::k_min_volume_size});
  ASSERT_EQ(paths.size(), 4u);
  std::string hidden = path_join(away.path(), path_name(paths[1]));
  test::spill(hidden, test::slurp(paths[1]));
  remove_file(paths[1]);
  Bundle bundle = test::open({folder.path()});
  EXPECT_EQ(bundle.missing_volumes(), std::vector<std::uint32_t>{2});
  EXPECT_EQ(bundle.verify_frames(1, silent_progress()).missing_volumes, std::vector<std::uint32_t>{2});
  test::Collector collector;
  EXPECT_EQ(test::error_of([&] { bundle.deliver(collector, 2, silent_progress()); }),
            "error: volume 2 of 4 ('lab-cpu-3-amd64.v02.cellar') is in none of the places searched\n"
            "hint: plug in the medium that holds it and name it with --from\n");
  EXPECT_EQ(collector.blobs.size(), 1u);
  std::vector<std::string> asked;
  bundle.set_asker([&](std::uint32_t volume, const std::string& label) {
    asked.push_back(cat(volume, ' ', label));
    return asked.size() < 3 ? std::vector<std::string>{"/no/such/place", folder.path()} : std::vector<std::string>{away.path()};
  });
  bundle.deliver(collector, 2, silent_progress());
  EXPECT_EQ(asked, std::vector<std::string>(3, "2 lab-cpu-3-amd64.v02.cellar"));
  EXPECT_EQ(collector.blobs.size(), 5u);
}

TEST(Volumes, AVanishedMediumIsASystemErrorWithTheCure) {
  TemporaryDirectory folder("rc-bundle");
  auto paths = test::build(folder.path(), blobs());
  Bundle bundle = test::open({folder.path()});
  remove_file(paths[0]);
  EXPECT_EQ(
      test::error_of([&] { bundle.read_small_blob(sha256(blobs()[0].bytes), 10000); }),
      cat("error: cannot read '", paths[0], "': No such file or directory\n",
          "hint: the medium went away or is failing: plug it in again and run 'rootcellar-install resume', or the same command again\n"));
}

}  // namespace
}  // namespace rootcellar
