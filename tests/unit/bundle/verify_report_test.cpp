// What verify says: of a medium with bad sectors, of damage in a row, of volumes that are brought while it waits.
#include "bundle/verify_report.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "bundle/volume_layout.h"
#include "tests/unit/bundle/bad_sectors.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

using test::BadSectors;
using test::Blob;

constexpr const char* k_label = "lab-cpu-3-amd64.v01.cellar";

/// One volume of three frames: 8, 8 and 4 MiB.
class BadMedium : public ::testing::Test {
 protected:
  BadMedium() : path_(test::build(folder_.path(), {{test::noise(std::size_t{20} << 20, 1), BlobMode::asis}}).at(0)) {}

  std::string said(const std::vector<std::string>& places) const {
    Bundle bundle = test::open(places);
    std::string text = verify_text(bundle.header(), bundle.verify_frames(2, silent_progress()));
    for (std::size_t at = text.find(folder_.path()); at != std::string::npos; at = text.find(folder_.path()))
      text.replace(at, folder_.path().size(), "DIR");
    return text;
  }
  std::string said() const { return said({folder_.path()}); }
  std::uint64_t size() const { return file_status(path_)->size; }

  TemporaryDirectory folder_{"rc-bundle"};
  std::string path_;
};

TEST_F(BadMedium, ASectorInAFrameIsListedAndTheRestIsLookedAt) {
  const BadSectors bad(path_, (9 << 20) + 4096, 512);
  EXPECT_EQ(said(),
            "damaged: 'DIR/lab-cpu-3-amd64.v01.cellar': frame 1 (bytes 8392704 to 16781312) cannot be read: Input/output error\n"
            "3 frames, 21.0 MB looked at\n");
}

TEST_F(BadMedium, OneFaultInARowIsOneLineAndAnotherFaultIsAnother) {
  const BadSectors bad(path_, 4096, 9 << 20);
  test::flip(path_, 17 << 20);
  EXPECT_EQ(said(),
            "damaged: 'DIR/lab-cpu-3-amd64.v01.cellar': frames 0 to 1 (bytes 4096 to 16781312) cannot be read: Input/output error\n"
            "damaged: 'DIR/lab-cpu-3-amd64.v01.cellar': frame 2 (bytes 16781312 to 20975616) is not what was signed\n"
            "3 frames, 21.0 MB looked at\n");
}

TEST_F(BadMedium, TheFirstPageIsReadFromItsCopy) {
  const BadSectors bad(path_, 0, 512);
  EXPECT_EQ(said(),
            "damaged: 'DIR/lab-cpu-3-amd64.v01.cellar': its first page (bytes 0 to 4096) cannot be read: Input/output error\n"
            "3 frames, 21.0 MB looked at\n");
}

TEST_F(BadMedium, TheIndexIsReadFromAnotherCopy) {
  TemporaryDirectory other("rc-bundle");
  test::spill(path_join(other.path(), k_label), test::slurp(path_));
  const std::uint64_t index = decode_volume_header(as_bytes(test::slurp(path_)).first(4096)).header.index_offset;
  const BadSectors bad(path_, index, size() - index);
  EXPECT_EQ(said({folder_.path(), other.path()}),
            cat("damaged: 'DIR/lab-cpu-3-amd64.v01.cellar': the index (bytes ", index, " to ", size() - 4096,
                ") cannot be read: Input/output error\n"
                "damaged: 'DIR/lab-cpu-3-amd64.v01.cellar': its last page (bytes ",
                size() - 4096, " to ", size(), ") cannot be read: Input/output error\n6 frames, 41.9 MB looked at\n"));
}

TEST_F(BadMedium, WithBothPagesGoneItIsNoVolume) {
  const BadSectors bad(path_, 0, size());
  std::string told;
  EXPECT_TRUE(find_bundles({folder_.path()}, [&](const std::string& path, const std::string& reason) {
                told += cat(path == path_ ? "PATH" : path, " ", reason, "\n");
              }).empty());
  EXPECT_EQ(told, cat("PATH cannot read '", path_, "': Input/output error\n"));
}

TEST_F(BadMedium, ForProgramsEachFrameIsItsOwn) {
  const BadSectors bad(path_, 4096, 9 << 20);
  Bundle bundle = test::open({folder_.path()});
  EXPECT_EQ(
      verify_json(bundle.verify_frames(2, silent_progress())).dump(),
      cat(R"({"frames":3,"bytes":20971520,"damage":[)", R"({"frame":0,"volume":1,"path":")", path_,
          R"(","offset":4096,"size":8388608,"reason":"frame 0 cannot be read: Input/output error"},)", R"({"frame":1,"volume":1,"path":")",
          path_, R"(","offset":8392704,"size":8388608,"reason":"frame 1 cannot be read: Input/output error"}],"missing_volumes":[]})"));
}

TEST_F(BadMedium, APageThatIsNotAFrameHasNoNumber) {
  test::flip(path_, 50);
  Bundle bundle = test::open({folder_.path()});
  EXPECT_EQ(verify_json(bundle.verify_frames(2, silent_progress())).dump(),
            cat(R"({"frames":3,"bytes":20971520,"damage":[{"volume":1,"path":")", path_,
                R"(","offset":0,"size":4096,"reason":"its first page is damaged"}],"missing_volumes":[]})"));
}

/// Four volumes, of which the second and the third lie elsewhere.
class AwayVolumes : public ::testing::Test {
 protected:
  AwayVolumes() {
    std::vector<Blob> all;
    for (std::uint64_t i = 0; i < 5; ++i) all.push_back({test::noise(700000, i), BlobMode::asis});
    const auto paths = test::build(folder_.path(), all, {.volume_size = limits::k_min_volume_size});
    for (std::size_t number : {1u, 2u}) {
      test::spill(path_join(away_.path(), path_name(paths.at(number))), test::slurp(paths[number]));
      remove_file(paths[number]);
    }
  }
  TemporaryDirectory folder_{"rc-bundle"}, away_{"rc-bundle"};
};

TEST_F(AwayVolumes, AreAskedForWhileVerifyGoesOn) {
  Bundle bundle = test::open({folder_.path()});
  std::string asked;
  bundle.set_asker([&](std::uint32_t volume, const std::string& label) {
    asked += cat(volume, ' ', label, '\n');
    return std::vector<std::string>{"/no/such/place", away_.path()};
  });
  const VerifyReport report = bundle.verify_frames(2, silent_progress());
  EXPECT_EQ(asked, "2 lab-cpu-3-amd64.v02.cellar\n");  // the third lay beside it
  EXPECT_EQ(verify_text(bundle.header(), report), "4 frames, 3.5 MB: all as signed\n");
}

TEST_F(AwayVolumes, AreMissingWhenNobodyBringsThem) {
  Bundle bundle = test::open({folder_.path()});
  std::string asked;
  bundle.set_asker([&](std::uint32_t volume, const std::string&) {
    asked += cat(volume, '\n');
    return std::vector<std::string>();
  });
  const VerifyReport report = bundle.verify_frames(2, silent_progress());
  EXPECT_EQ(asked, "2\n");
  EXPECT_EQ(verify_text(bundle.header(), report),
            "missing: volume 2 of 4 ('lab-cpu-3-amd64.v02.cellar')\n"
            "missing: volume 3 of 4 ('lab-cpu-3-amd64.v03.cellar')\n"
            "2 frames, 1.4 MB looked at\n");
}

}  // namespace
}  // namespace rootcellar
