// A small appliance for the tests of this room: a real bundle with two images and some debs, the steps that install it, and a machine in
// memory for them.
#pragma once

#include <string>
#include <vector>

#include "bundle/base/file.h"
#include "bundle/bundle.h"
#include "installer/run/journal.h"
#include "installer/run/runner.h"
#include "installer/run/step.h"
#include "tests/support/memory_host.h"

namespace rootcellar::test {

/// Puts a bundle together blob by blob.
class BundleMaker {
 public:
  Digest add_blob(const std::string& bytes, BlobMode mode = BlobMode::asis);
  void add_file(const std::string& path, const std::string& bytes);
  /// An image of one manifest over these layers (tars as they are, or gzip when `compressed`); returns the manifest's digest.
  Digest add_image(const std::string& repository, const std::vector<std::string>& tags, const std::vector<std::string>& layers,
                   bool compressed = false);
  Appliance& appliance() { return tables_.appliance; }
  void add_package(PackageFile package) { tables_.appliance.packages.files.push_back(std::move(package)); }
  /// Writes the bundle below `directory` and opens it with the test key.
  Bundle build(const std::string& directory);

 private:
  std::vector<std::pair<std::string, BlobMode>> blobs_;
  Index tables_;
};

std::string gzip(const std::string& bytes);
/// A tar with these files (name, content) in order.
std::string tar(const std::vector<std::pair<std::string, std::string>>& files);

/// images: docker.io/library/registry:2 (bin/registry) and quay.io/lab/web:1, :latest; files: two debs, apt's files, one program.
Bundle small_bundle(const std::string& directory);
/// Every kind of step, in the order of an installation.
std::vector<Step> small_plan();

/// The next serial of it: the web image is another one under the same tag and loses "latest", docker.io is newer, the registry's program is
/// as it was, kubectl is gone, the motd and docker's settings are others.
Bundle next_bundle(const std::string& directory);
std::vector<Step> next_plan(const Bundle& next);

/// A fresh machine with a user's own daemon.json, motd and policy-rc.d, and tools that keep their state in files below /fake.
void set_up_machine(MemoryHost& host);
/// Says in the journal which plan counts from here on.
void begin_plan(HostSystem& host, const std::string& name);
/// Runs, takes back: with the bundle or without.
RunOutcome install(HostSystem& host, Bundle& bundle, const std::vector<Step>& steps);
void uninstall(HostSystem& host, bool purge_data);

/// What one appliance of these tests is: installed, upgraded, taken back.
struct TestAppliance {
  Bundle (*bundle)(const std::string& directory);
  std::vector<Step> (*plan)();
  Bundle (*next_bundle)(const std::string& directory);
  std::vector<Step> (*next_plan)(const Bundle& next);
  void (*set_up)(MemoryHost& host);
  bool purge = false;  ///< data is purged when it is taken back: what is kept would be a difference
  bool joins = false;  ///< by a ticket's secrets, which are there before and go with the join: the command removes them otherwise
};

/// The tree without what may differ after a detour: the journal, kept former files, apt's working files, kernel modules (until the next
/// boot); secrets say only that they are there.
MemoryTree visible(const MemoryHost& host);
/// "PATH: only in the first" and the like, one line each; empty when equal.
std::string difference(const MemoryTree& expected, const MemoryTree& found);

}  // namespace rootcellar::test
