#include "bundle/volumes.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "bundle/base/error.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "bundle/header_export.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

using test::Blob;

class Places : public ::testing::Test {
 protected:
  Places() {
    make_directories(stick_);
    test::build(stick_, {{test::noise(1000, 1), BlobMode::asis}});
  }
  std::vector<BundleCandidate> find(const std::vector<std::string>& places) {
    problems_.clear();
    return find_bundles(
        places, [&](const std::string& path, const std::string& reason) { problems_.push_back(cat(path_name(path), ": ", reason)); });
  }
  std::string in_stick(std::string_view name) const { return path_join(stick_, name); }

  TemporaryDirectory folder_{"rc-bundle"};
  std::string stick_ = path_join(folder_.path(), "stick");
  std::vector<std::string> problems_;
};

TEST_F(Places, WhatOtherSystemsLeaveOnSticksDoesNotDisturb) {
  test::spill(in_stick("._lab-cpu-3-amd64.v01.cellar"), "resource fork");
  test::spill(in_stick(".DS_Store"), "x");
  make_directories(in_stick("System Volume Information"));
  make_directories(in_stick("folder.cellar"));
  test::spill(in_stick("README.txt"), "x");
  auto found = find({stick_});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].claimed_name, "lab-cpu-3-amd64");
  EXPECT_EQ(found[0].volumes.size(), 1u);
  EXPECT_TRUE(problems_.empty());
}

TEST_F(Places, AFileThatIsNoVolumeIsReportedAndPassedOver) {
  test::spill(in_stick("x.cellar"), std::string(9000, 'x'));
  EXPECT_EQ(find({stick_}).size(), 1u);
  EXPECT_EQ(problems_, (std::vector<std::string>{cat("x.cellar: cannot use '", in_stick("x.cellar"), "': it is not a rootcellar volume")}));
  EXPECT_EQ(test::error_of([&] { find({in_stick("x.cellar")}); }),
            cat("error: cannot use '", in_stick("x.cellar"), "': it is not a rootcellar volume\n"));
}

TEST_F(Places, WhatAStickPulledOutTooEarlyHoldsIsTold) {
  const std::string whole = test::slurp(in_stick("lab-cpu-3-amd64.v01.cellar"));
  test::spill(in_stick("empty.cellar"), "");
  test::spill(in_stick("short.cellar"), whole.substr(0, 8191));
  test::spill(in_stick("zero"), "");
  test::spill(in_stick("readme"), "short");
  EXPECT_EQ(find({stick_}).size(), 1u);
  const auto told = [&](std::string_view name, std::string_view fault) { return cat("cannot use '", in_stick(name), "': ", fault); };
  const std::string empty = told("empty.cellar", "it is empty: copy it again from where the bundle was built");
  const std::string cut = told("short.cellar", "it is cut short (8191 bytes): copy it again from where the bundle was built");
  EXPECT_EQ(problems_, (std::vector<std::string>{cat("empty.cellar: ", empty), cat("short.cellar: ", cut)}));
  const auto failure = [&](const char* name) { return test::error_of([&] { find({in_stick(name)}); }); };
  EXPECT_EQ(failure("empty.cellar"), cat("error: ", empty, "\n"));
  EXPECT_EQ(failure("short.cellar"), cat("error: ", cut, "\n"));
  EXPECT_EQ(failure("zero"), cat("error: ", told("zero", "it is not a rootcellar volume"), "\n"));
  EXPECT_EQ(failure("readme"), cat("error: ", told("readme", "it is not a rootcellar volume"), "\n"));
}

TEST_F(Places, AnotherFormatIsNamed) {
  std::string path = in_stick("lab-cpu-3-amd64.v01.cellar");
  std::string content = test::slurp(path);
  for (std::size_t page : {std::size_t{0}, content.size() - 4096}) {
    content[page + 8] = 2;
    std::uint32_t crc = crc32c(as_bytes(content).subspan(page, 4092));
    for (std::size_t i = 0; i < 4; ++i) content[page + 4092 + i] = static_cast<char>(crc >> (8 * i));
  }
  test::spill(path, content);
  EXPECT_EQ(test::error_of([&] { find({path}); }), cat("error: cannot use '", path, "': it is of format 2, expected format 1\n"));
}

TEST_F(Places, APlaceNamedTwiceIsSearchedOnce) {
  EXPECT_EQ(find({stick_, stick_, in_stick("lab-cpu-3-amd64.v01.cellar")}).at(0).volumes.size(), 1u);
}

TEST_F(Places, AVolumeStandsForItsBundle) {
  TemporaryDirectory folder("rc-bundle");
  auto paths = test::build(folder.path(), {{test::noise(3000000, 1), BlobMode::asis}}, {.volume_size = limits::k_min_volume_size});
  test::build(folder.path(), {}, {.header = [] {
                Header header = test::facts();
                header.product = "other";
                return header;
              }()});
  auto found = find({paths[2]});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].volumes.size(), paths.size());
  EXPECT_EQ(found[0].volumes[0].claimed_volume, 1u);
}

TEST_F(Places, AVolumeMayHaveAnyName) {
  test::spill(in_stick("renamed.cellar"), test::slurp(in_stick("lab-cpu-3-amd64.v01.cellar")));
  remove_file(in_stick("lab-cpu-3-amd64.v01.cellar"));
  EXPECT_EQ(find({stick_}).at(0).claimed_name, "renamed");
}

TEST_F(Places, NothingFoundNamesThePlaces) {
  TemporaryDirectory empty("rc-bundle");
  EXPECT_EQ(test::error_of([&] {
              choose_bundle(find({empty.path()}), {empty.path(), "/b"}, std::nullopt);
            }),
            cat("error: no bundle in '", empty.path(), "', '/b'\n",
                "hint: a bundle's files end in '.vNN.cellar'; name their folder, the stick, or one of the files\n"));
  EXPECT_EQ(test::error_of([&] { find({"/nowhere/at/all"}); }), "error: cannot search '/nowhere/at/all': it does not exist\n");
}

TEST_F(Places, TwoBundlesNeedAChoice) {
  Header header = test::facts();
  header.serial = 4;
  test::build(stick_, {}, {.header = header});
  auto found = find({stick_});
  ASSERT_EQ(found.size(), 2u);
  std::string all =
      cat("lab-cpu-3-amd64 (id ", found[0].claimed_id, ", ", stick_, "), lab-cpu-4-amd64 (id ", found[1].claimed_id, ", ", stick_, ")\n");
  EXPECT_EQ(test::error_of([&] { choose_bundle(found, {stick_}, std::nullopt); }),
            cat("error: several bundles in '", stick_, "': ", all, "hint: choose one with --bundle NAME or --bundle ID\n"));
  EXPECT_EQ(test::error_of([&] { choose_bundle(found, {stick_}, "lab"); }),
            cat("error: no bundle 'lab' in '", stick_, "'\nhint: found: ", all));
  EXPECT_EQ(choose_bundle(found, {stick_}, "lab-cpu-4-amd64").claimed_id, found[1].claimed_id);
  EXPECT_EQ(choose_bundle(found, {stick_}, found[0].claimed_id.substr(0, 6)).claimed_id, found[0].claimed_id);
  EXPECT_EQ(test::code_of([&] { choose_bundle(found, {stick_}, found[0].claimed_id.substr(0, 5)); }), ExitCode::usage);
}

TEST_F(Places, AReadOnlyFolderIsEnough) {
  ::chmod(stick_.c_str(), 0555);
  ::chmod(in_stick("lab-cpu-3-amd64.v01.cellar").c_str(), 0444);
  EXPECT_TRUE(test::open({stick_}).verify_frames(2, silent_progress()).damage.empty());
  ::chmod(stick_.c_str(), 0755);
}

TEST_F(Places, WithoutTrustOnlyTheTextIsShown) {
  UntrustedView view = inspect_untrusted(find({stick_}).at(0));
  EXPECT_TRUE(view.header_text.starts_with("rootcellar-1\nproduct: lab\n"));
  EXPECT_EQ(view.key_ids, std::vector<std::string>{"AF943452648F3339"});
  EXPECT_EQ(view.volumes.size(), 1u);
}

// ---- stock minisign

TEST_F(Places, StockMinisignAcceptsTheExportedHeader) {
  auto minisign = find_program("minisign");
  ASSERT_TRUE(minisign) << "this test needs Debian's package 'minisign'";
  TemporaryDirectory folder("rc-bundle");
  test::build(folder.path(), {}, {.signers = {&test::first_key(), &test::second_key()}});
  auto written = export_header(find({folder.path()}).at(0), folder.path());
  ASSERT_EQ(written, (std::vector<std::string>{path_join(folder.path(), "lab-cpu-3-amd64.header"),
                                               path_join(folder.path(), "lab-cpu-3-amd64.header.minisig"),
                                               path_join(folder.path(), "lab-cpu-3-amd64.header.A9CE3E743C8C6781.minisig")}));
  auto check = [&](const SecretKey& key, const std::string& signature) {
    return run_process({.argv = {*minisign, "-Vm", written[0], "-x", signature, "-P", key.public_key().base64()}});
  };
  std::string comment = trusted_comment(decode_header(test::slurp(written[0]), "X"));
  EXPECT_EQ(check(test::first_key(), written[1]).output, cat("Signature and comment signature verified\nTrusted comment: ", comment, "\n"));
  EXPECT_EQ(check(test::second_key(), written[2]).exit_code, 0);
  EXPECT_NE(check(test::second_key(), written[1]).exit_code, 0);
  test::flip(written[0], 20);
  EXPECT_NE(check(test::first_key(), written[1]).exit_code, 0);
}

}  // namespace
}  // namespace rootcellar
