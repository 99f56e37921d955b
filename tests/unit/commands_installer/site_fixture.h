// A bundle on disk, a machine in memory, and rootcellar-install between them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bundle/base/cli.h"
#include "bundle/base/file.h"
#include "installer/commands/program.h"
#include "installer/commands/surroundings.h"
#include "tests/support/memory_host.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar::test {

struct SiteBundle {
  std::uint64_t serial = 3;
  const SecretKey* signer = nullptr;  ///< nullptr: first_key()
  std::string folder = "stick";
  std::string product = "lab";
  std::uint64_t volume_size = limits::k_volume_size;
  std::string variant = "cpu";
  std::string motd = "welcome to the lab\n";
  LanSection lan{};
  std::vector<PlacedFile> more_files{};  ///< beside the motd; their bytes are the motd's
};

/// The values of --from, as the unit's command line has them.
std::vector<std::string> places_of(const std::vector<std::string>& argv);

/// The appliance: one file in place and two checks.
class Site {
 public:
  Site();
  /// Writes a bundle to a folder and returns it.
  std::string write_bundle(const SiteBundle& options = {});
  /// Writes a public key outside every bundle and returns its path.
  std::string write_key(const SecretKey& key, const std::string& name = "site.pub");
  cli::Captured run(std::vector<std::string> arguments);
  std::string path(const std::string& name) const { return path_join(directory_.path(), name); }
  /// "bundle-* header.1.minisig header.txt index" for one bundle: what is kept below /var/lib/rootcellar.
  std::string kept_bundles();
  MemoryHost& host() { return host_; }
  Surroundings& surroundings() { return surroundings_; }
  /// What the unit does when systemd starts it; by default it runs to its end.
  std::function<void(const std::vector<std::string>& argv)> unit;
  /// `text` with this test's folder written as DIR.
  std::string stable(std::string text) const;

 private:
  void set_tools();

  TemporaryDirectory directory_{"rootcellar-site"};
  MemoryHost host_;
  Surroundings surroundings_{.host = host_, .paths = {}, .version = "0.1.0", .jobs = 1};
};

}  // namespace rootcellar::test
