#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/text.h"
#include "tests/support/golden.h"
#include "tests/unit/lock/sample_lock.h"

namespace rootcellar {
namespace {

std::string faults_of(const std::string& text) {
  try {
    parse_lock(text, "x.lock.yaml");
  } catch (const InputError& error) {
    return render_error(error);
  }
  return "no error\n";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(LockText, IsAsWritten) { test::expect_golden("lock/sample.lock.yaml", encode_lock(test::sample_lock())); }

TEST(LockText, ReadsBackToTheSameText) {
  const std::string text = encode_lock(test::sample_lock());
  EXPECT_EQ(encode_lock(parse_lock(text, "x.lock.yaml")), text);
  Lock empty;
  empty.product = empty.variant = "x";
  empty.architecture = "amd64";
  empty.installer_min = "0.1.0";
  empty.runtime.kind = "none";
  const std::string least = encode_lock(empty);
  EXPECT_EQ(encode_lock(parse_lock(least, "x.lock.yaml")), least);
}

TEST(LockText, ReadsBackToTheSameFacts) {
  const Lock lock = parse_lock(encode_lock(test::sample_lock()), "x.lock.yaml");
  EXPECT_EQ(lock.created, 1700000000);
  EXPECT_EQ(lock.packages.at(0).package.size, 2200U);
  EXPECT_EQ(lock.packages.at(0).blob.url, "http://deb.debian.org/debian/pool/main/c/curl/curl_7.88_amd64.deb");
  EXPECT_EQ(lock.images.at(1).recipe->files.at(1).second.resolved_path, "lab/page.html");
  EXPECT_EQ(lock.images.at(1).recipe->files.at(0).second.text, "two\nlines\n");
  EXPECT_EQ(lock.images.at(1).recipe->modes.at("/srv/a"), 0755U);
  EXPECT_EQ(lock.files.at(0).blob.path, "../lab/notes.txt");
  EXPECT_EQ(lock.checks.at(1).expect, "true");
  EXPECT_TRUE(lock.runtime.nvidia);
}

TEST(LockText, DoesNotDependOnTheOrderOfTables) {
  Lock turned = test::sample_lock();
  std::reverse(turned.files.begin(), turned.files.end());
  std::reverse(turned.apt_files.begin(), turned.apt_files.end());
  EXPECT_EQ(encode_lock(turned), encode_lock(test::sample_lock()));
}

TEST(LockText, FaultsAreToldTogether) {
  std::string text = encode_lock(test::sample_lock());
  text = replaced(text, "architecture: amd64\nbuilder", "architecture: x86\nbilder");
  text = replaced(text, "created: \"2023-11-14T22:13:20Z\"", "created: yesterday");
  text = replaced(text, cat("digest: sha256:", test::digest_of(30).hex()), "digest: sha256:12");
  text = replaced(text, "path: files/notes.txt", "path: ../notes.txt");
  text = replaced(text, "mode: \"0600\"", "mode: rw");
  text = replaced(text, cat("digest: sha256:", test::digest_of(3).hex()), cat("digest: sha256:", test::digest_of(99).hex()));
  text = replaced(text, "repository: docker.io/library/nginx", "repository: nginx");
  text = replaced(text, "rootcellar-lock: 1", "rootcellar-lock: 2");
  test::expect_golden("lock/faults.txt", faults_of(text));
}

}  // namespace
}  // namespace rootcellar
