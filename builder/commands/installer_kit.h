// The installer that travels beside a bundle: found, checked to fit, and signed by the keys that sign the bundle.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "builder/lock/lock.h"
#include "bundle/base/signing.h"

namespace rootcellar {

/// Path of the running program.
std::string own_program();

/// `wanted`, else the rootcellar-install beside this program. UsageError when there is none, or it is for another architecture.
std::string find_installer(const std::optional<std::string>& wanted, const std::string& architecture);

/// Names of the kit's files in a bundle's folder. The trust file stays there: it never goes on a stick.
struct KitNames {
  static constexpr const char* installer = "rootcellar-install";
  static constexpr const char* installer_signature = "rootcellar-install.minisig";
  static constexpr const char* start_signature = "START.sh.minisig";
  static constexpr const char* signers = "signers.yaml";
};

/// Signed before the first frame is written, put in place after the last.
struct InstallerKit {
  std::string installer;  ///< its bytes
  std::string installer_signature;
  std::string start_signature;
  std::string signers;
};
/// The stick's page has one public key check both programs, so the first of `keys` signs them.
/// `key_paths` name the keys for people: "keys/lab-team.key" is lab-team.
InstallerKit make_installer_kit(const std::string& installer_path, const Lock& lock, const std::vector<SecretKey>& keys,
                                const std::vector<std::string>& key_paths);
void write_installer_kit(const InstallerKit& kit, const std::string& directory);

}  // namespace rootcellar
