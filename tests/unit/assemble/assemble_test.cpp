#include "builder/assemble/assemble.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

/// A lock of three local files, one of them twice, large enough for several frames and volumes.
class AssembleTest : public testing::Test {
 protected:
  void SetUp() override {
    lock_.product = "lab";
    lock_.title = "A lab";
    lock_.variant = "cpu";
    lock_.architecture = "amd64";
    lock_.installer_min = "0.1.0";
    lock_.serial = 7;
    lock_.created = 1700000000;
    lock_.expires = 1800000000;
    lock_.target = {"debian", "12", "bookworm"};
    add("small", "hello\n");
    add("large", noise(3u << 20));
    add("again", "hello\n");
  }

  static std::string noise(std::size_t size) {
    std::string out(size, '\0');
    std::uint32_t state = 1;
    for (char& c : out) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return out;
  }

  void add(const std::string& name, const std::string& content) {
    write_file_atomically(path_join(work_.path(), name), content);
    LockedFile file;
    file.placed = {.name = name, .path = cat("files/", name), .destination = cat("/opt/", name)};
    file.blob = {.digest = sha256(as_bytes(content)), .size = content.size(), .path = name};
    lock_.files.push_back(file);
  }

  AssembleResult build(const std::string& cache_name, const std::string& out, unsigned jobs = 2) {
    Cache cache(path_join(work_.path(), cache_name));
    SourceContext context{cache, http_, silent_progress(), jobs, work_.path(), "amd64"};
    const std::string directory = path_join(work_.path(), out);
    make_directories(directory);
    return assemble(lock_, {&key_}, {.directory = directory, .volume_size = 2u << 20, .jobs = jobs}, context);
  }

  static std::vector<std::string> contents(const AssembleResult& result) {
    std::vector<std::string> out;
    for (const std::string& path : result.volumes) out.push_back(read_file(path, 64u << 20));
    return out;
  }

  std::string error_of(const std::string& cache_name) {
    try {
      build(cache_name, "bad");
    } catch (const Error& error) {
      return render_error(error);
    }
    return "no error";
  }

  std::string in_work(std::string text) const {
    for (std::size_t at; (at = text.find(work_.path())) != std::string::npos;) text.replace(at, work_.path().size(), "WORK");
    return text;
  }

  TemporaryDirectory work_{"assemble"};
  HttpClient http_{{}, {}};
  SecretKey key_ = SecretKey::generate();
  Lock lock_;
};

TEST_F(AssembleTest, SameLockSameBytes) {
  const AssembleResult first = build("cache", "one", 1);
  EXPECT_EQ(first.fetched, 6u + (3u << 20));
  EXPECT_GT(first.volumes.size(), 1u);
  EXPECT_EQ(path_name(first.volumes[0]), "lab-cpu-7-amd64.v01.cellar");
  EXPECT_EQ(first.header.product, "lab");
  EXPECT_EQ(first.header.volumes, first.volumes.size());
  EXPECT_EQ(contents(build("other-cache", "two", 4)), contents(first));
}

TEST_F(AssembleTest, AWarmBuildTransfersNothing) {
  const AssembleResult first = build("cache", "one");
  for (const LockedFile& file : lock_.files) remove_file(path_join(work_.path(), file.blob.path));
  const AssembleResult warm = build("cache", "two");
  EXPECT_EQ(warm.fetched, 0u);
  EXPECT_EQ(contents(warm), contents(first));
}

TEST_F(AssembleTest, WhatIsGoneIsNamedWithTheCure) {
  remove_file(path_join(work_.path(), "large"));
  EXPECT_EQ(in_work(error_of("cache")),
            "error: cannot obtain 'file large': 'WORK/large' is not there\n"
            "  while fetching file large\n"
            "hint: put the file back, or lock the profile again\n");
  EXPECT_TRUE(list_directory(path_join(work_.path(), "bad")).empty());
}

TEST_F(AssembleTest, AChangedFileIsRefused) {
  write_file_atomically(path_join(work_.path(), "small"), "jello\n");
  const std::string error = in_work(error_of("cache"));
  EXPECT_NE(error.find(lock_.files[0].blob.digest.hex()), std::string::npos) << error;
  EXPECT_NE(error.find("hint: lock the profile again: the archive or registry no longer has what this lock pins\n"), std::string::npos)
      << error;
}

TEST_F(AssembleTest, APinNobodyHasIsNamed) {
  const Digest digest = sha256(as_bytes("no such keyring"));
  lock_.apt_files.push_back({"keyrings/none.gpg", {.digest = digest, .size = 15}});
  EXPECT_EQ(error_of("cache"), cat("error: cannot obtain 'list keyrings/none.gpg': this machine no longer gives ", digest.named(),
                                   "\n  while fetching list keyrings/none.gpg\n"
                                   "hint: lock the profile again: the archive or registry no longer has what this lock pins\n"));
}

TEST_F(AssembleTest, ImagesTravelWithTheirBlobs) {
  const std::string config = "{}";
  const std::string manifest = "{\"schemaVersion\":2}";
  const auto blob = [](const std::string& text, const char* type) {
    return LockedBlob{.digest = sha256(as_bytes(text)),
                      .size = text.size(),
                      .media_type = type,
                      .url = cat("data:application/octet-stream;base64,", base64_encode(as_bytes(text)))};
  };
  LockedImage image{.repository = "docker.io/library/x", .tags = {"1"}, .digest = sha256(as_bytes(manifest))};
  image.blobs = {blob(manifest, "application/vnd.oci.image.manifest.v1+json"), blob(config, "application/vnd.oci.image.config.v1+json")};
  image.manifests.push_back({image.digest, "application/vnd.oci.image.manifest.v1+json", {image.blobs[1].digest}});
  lock_.images.push_back(image);
  EXPECT_EQ(build("cache", "one").fetched, 6u + (3u << 20) + config.size() + manifest.size());
  EXPECT_EQ(build("cache", "two").fetched, 0u);
}

/// Of an archive only the members travel, each under its own digest.
TEST_F(AssembleTest, MembersTravelWithoutTheirArchive) {
  const std::string archive = path_join(work_.path(), "tools.tgz"), tools = path_join(work_.path(), "tools");
  make_directories(tools);
  write_file_atomically(path_join(tools, "bridge"), "a bridge\n");
  write_file_atomically(path_join(tools, "loopback"), noise(100000));
  ProcessSpec tar;
  tar.argv = {"/bin/tar", "-czf", archive, "-C", tools, "--no-recursion", "./", "./bridge", "./loopback"};
  tar.environment = {"PATH=/usr/bin:/bin"};
  ASSERT_EQ(run_process(tar).exit_code, 0);
  const std::string packed = read_file(archive, 1u << 20);
  for (const char* name : {"bridge", "loopback"}) {
    const std::string content = read_file(path_join(tools, name), 1u << 20);
    LockedFile file;
    file.placed = {.name = name, .path = cat("files/", name), .destination = cat("/opt/cni/bin/", name)};
    file.blob = {.digest = sha256(as_bytes(content)), .size = content.size(), .path = "tools.tgz"};
    file.blob.archive = LockedArchive{sha256(as_bytes(packed)), packed.size(), name};
    lock_.files.push_back(file);
  }
  const AssembleResult built = build("cache", "one");
  EXPECT_EQ(built.fetched, 6u + (3u << 20) + packed.size());
  Bundle bundle =
      Bundle::open(choose_bundle(find_bundles(built.volumes, [](auto&&...) {}), built.volumes, std::nullopt), test::trusting({&key_}, 1));
  test::Collector all;
  bundle.deliver(all, 2, silent_progress());
  EXPECT_EQ(as_text(all.blobs.at(sha256(as_bytes("a bridge\n")))), "a bridge\n");
  EXPECT_EQ(as_text(all.blobs.at(sha256(as_bytes(noise(100000))))), noise(100000));
  EXPECT_FALSE(all.blobs.contains(sha256(as_bytes(packed))));
  EXPECT_EQ(build("cache", "two").fetched, 0u);
  EXPECT_EQ(contents(build("other-cache", "three")), contents(built));
}

TEST_F(AssembleTest, AMemberThatIsNotWhatWasLockedIsRefused) {
  ProcessSpec tar;
  tar.argv = {"/bin/tar", "-cf", path_join(work_.path(), "x.tar"), "-C", work_.path(), "small"};
  tar.environment = {"PATH=/usr/bin:/bin"};
  ASSERT_EQ(run_process(tar).exit_code, 0);
  const std::string packed = read_file(path_join(work_.path(), "x.tar"), 1u << 20);
  LockedFile file;
  file.placed = {.name = "tool", .path = "files/tool", .destination = "/opt/tool"};
  file.blob = {.digest = sha256(as_bytes("jello\n")), .size = 6, .path = "x.tar"};
  file.blob.archive = LockedArchive{sha256(as_bytes(packed)), packed.size(), "small"};
  lock_.files.push_back(file);
  EXPECT_EQ(error_of("cache"), cat("error: file tool has other content: expected ", file.blob.digest.named(), ", found ",
                                   lock_.files[0].blob.digest.named(), "\n  while fetching file tool\n",
                                   "hint: lock the profile again: the archive or registry no longer has what this lock pins\n"));
  lock_.files.back().blob.archive->member = "smal";
  EXPECT_EQ(error_of("cache"), "error: archive of file tool has no file 'smal'\n  while fetching file tool\nhint: did you mean 'small'?\n");
}

}  // namespace
}  // namespace rootcellar
