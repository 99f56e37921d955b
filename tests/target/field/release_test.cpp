// A bundle on a release it was not made for: refused, naming what was expected and what was found.
#include <gtest/gtest.h>

#include "builder/rehearse/tool.h"
#include "builder/source/apt_sources.h"
#include "builder/source/cache.h"
#include "bundle/base/text.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

constexpr const char* k_keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
constexpr std::uint64_t k_time_limit = 1800;

/// A root of Debian 11, from the archive that this machine has its own release from.
std::string bullseye_root() {
  const std::string roots = path_join(Cache::default_root(), "roots"), root = path_join(roots, "field-bullseye-amd64");
  make_directories(roots);
  const FileLock lock(root + ".lock");
  if (file_status(root)) return root;
  const std::string uri = select_archives(read_apt_sources("/etc/apt"), {"bookworm"}, k_keyring).at(0).uri;
  const TemporaryDirectory workshop("bullseye", roots);
  const std::string folder = path_join(workshop.path(), "root");
  run_tool({"mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=directory", cat("--keyring=", k_keyring),
            cat("--include=", join(minimal_root_packages(), ",")), "bullseye", folder, uri},
           "mmdebstrap", k_time_limit);
  run_tool({"mv", "--no-target-directory", folder, root}, "coreutils");
  return root;
}

TEST(Release, OfAnotherDebianIsRefused) {
  MachineSetup setup = setup_of("release", workshop().stick({"notes"}));
  setup.root = bullseye_root();
  Machine machine(setup);
  const HostSnapshot before = machine.snapshot();
  EXPECT_EQ(
      machine.install().text,
      "exit 6\n"
      "error: cannot install 'field-default-5-amd64': the bundle is for debian 12 (bookworm), and this machine runs debian 11 (bullseye)\n"
      "nothing was installed\n");
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

}  // namespace
}  // namespace rootcellar::field
