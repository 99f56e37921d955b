#include "builder/commands/installer_kit.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "builder/assemble/stage.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/trust.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_installer = std::size_t{64} << 20;

std::string own_folder() { return path_parent(own_program()); }

/// e_machine of an ELF header (System V ABI, "ELF Header"), by Debian's name; nothing for what is no ELF file.
std::optional<std::string> architecture_of(const std::string& program) {
  constexpr std::size_t k_machine_at = 18;
  if (program.size() < 20 || !program.starts_with("\x7f"
                                                  "ELF"))
    return std::nullopt;
  const unsigned machine = static_cast<std::uint8_t>(program[k_machine_at]) + 256U * static_cast<std::uint8_t>(program[k_machine_at + 1]);
  switch (machine) {
    case 62:
      return "amd64";
    case 183:
      return "arm64";
    default:
      return cat("ELF machine ", machine);
  }
}

void refuse_misfit(const std::string& path, const std::string& architecture) {
  const auto found = architecture_of(read_file(path, k_max_installer));
  if (found && *found == architecture) return;
  throw UsageError(cat("cannot use '", path, "' as the installer: expected a program for ", architecture, ", found ",
                       found ? cat("one for ", *found) : "no program"),
                   "name the right one with --installer FILE");
}

std::string signature_text(const SecretKey& key, std::string_view bytes, std::string_view name) {
  return key.sign(as_bytes(bytes), cat("rootcellar ", name)).file_text("signature from rootcellar secret key");
}

/// "keys/lab-team.key" is lab-team, unless another key is called so already.
std::string signer_name(const std::string& path, const SecretKey& key, const TrustPolicy& policy) {
  std::string name = path_name(path);
  if (name.ends_with(".key")) name.resize(name.size() - 4);
  const auto is_taken = [&](const TrustedKey& other) { return other.name == name; };
  const bool is_usable = is_product_name(name) && std::none_of(policy.keys.begin(), policy.keys.end(), is_taken);
  return is_usable ? name : cat("key-", lower_ascii(key.public_key().id_text()));
}

std::string signers_text(const std::vector<SecretKey>& keys, const std::vector<std::string>& paths) {
  TrustPolicy policy;
  policy.threshold = keys.size();
  for (std::size_t at = 0; at < keys.size(); ++at) policy.keys.push_back({signer_name(paths[at], keys[at], policy), keys[at].public_key()});
  return encode_trust(policy);
}

}  // namespace

std::string own_program() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length < 0) throw SystemError("read", "/proc/self/exe", errno);
  return std::string(path.data(), static_cast<std::size_t>(length));
}

std::string find_installer(const std::optional<std::string>& wanted, const std::string& architecture) {
  const std::string path = wanted.value_or(path_join(own_folder(), KitNames::installer));
  if (!file_status_followed(path))
    throw UsageError(cat("cannot find '", path, "', which must travel with the bundle"), "name it with --installer FILE");
  refuse_misfit(path, architecture);
  return path;
}

InstallerKit make_installer_kit(const std::string& installer_path, const Lock& lock, const std::vector<SecretKey>& keys,
                                const std::vector<std::string>& key_paths) {
  InstallerKit kit;
  kit.installer = read_file(installer_path, k_max_installer);
  kit.installer_signature = signature_text(keys.front(), kit.installer, KitNames::installer);
  Header header;
  header.architecture = lock.architecture;
  kit.start_signature = signature_text(keys.front(), stick_start_script(header), "START.sh");
  kit.signers = signers_text(keys, key_paths);
  return kit;
}

void write_installer_kit(const InstallerKit& kit, const std::string& directory) {
  write_file_atomically(path_join(directory, KitNames::installer), kit.installer, 0755);
  write_file_atomically(path_join(directory, KitNames::installer_signature), kit.installer_signature);
  write_file_atomically(path_join(directory, KitNames::start_signature), kit.start_signature);
  write_file_atomically(path_join(directory, KitNames::signers), kit.signers);
}

}  // namespace rootcellar
