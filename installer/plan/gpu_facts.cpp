#include "installer/plan/gpu_facts.h"

#include <charconv>
#include <optional>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_devices = "/sys/bus/pci/devices";
constexpr std::uint64_t k_nvidia = 0x10de, k_display = 0x0300, k_compute = 0x0302;  // pci.ids: VGA compatible and 3D controllers
constexpr std::size_t k_limit = std::size_t{8} << 20;
/// UEFI's global variable: four bytes of attributes, then 1 where it is on (UEFI specification 3.3).
constexpr std::string_view k_secure_boot = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

/// Empty where it is not there or may not be read: of a machine's hardware there is nothing else to go by.
std::string text_of(HostSystem& host, const std::string& path) {
  try {
    return host.read_file(path, k_limit).value_or("");
  } catch (const SystemError&) {
    return {};
  }
}

/// "0x10de\n", as sysfs writes ids.
std::optional<std::uint64_t> sysfs_number(HostSystem& host, const std::string& path) {
  const std::string text = text_of(host, path);
  std::string_view digits = trim(text);
  if (digits.starts_with("0x")) digits.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<GpuCard> read_card(HostSystem& host, const std::string& slot) {
  const std::string folder = cat(k_devices, "/", slot);
  const auto vendor = sysfs_number(host, cat(folder, "/vendor")), device = sysfs_number(host, cat(folder, "/device")),
             kind = sysfs_number(host, cat(folder, "/class"));
  if (vendor != k_nvidia || !device || !kind || (*kind >> 8 != k_display && *kind >> 8 != k_compute)) return std::nullopt;
  const std::string driver = host.read_link(cat(folder, "/driver")).value_or("");
  return GpuCard{slot, static_cast<std::uint32_t>(*device), driver.empty() ? std::string() : path_name(driver)};
}

/// "updates/dkms/nvidia.ko.xz: ..." of modules.dep: the file "nvidia.ko" is called nvidia-current.ko in Debian's packages.
std::string module_file(HostSystem& host, const std::string& kernel) {
  const std::string text = text_of(host, cat("/lib/modules/", kernel, "/modules.dep"));
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view file = line.substr(0, line.find(':'));
    const std::string_view name = file.substr(file.rfind('/') + 1);
    const std::string_view module = name.substr(0, name.find(".ko"));
    if (module == "nvidia" || module == "nvidia-current" || module == "nvidia-current-open" || module.starts_with("nvidia-tesla"))
      if (!module.ends_with("-modeset") && !module.ends_with("-drm") && !module.ends_with("-uvm") && !module.ends_with("-peermem"))
        return std::string(file);
  }
  return {};
}

}  // namespace

GpuFacts read_gpu_facts(HostSystem& host, const std::string& kernel) {
  GpuFacts facts;
  for (const std::string& slot : host.list(std::string(k_devices))) {
    if (std::optional<GpuCard> card = read_card(host, slot)) facts.cards.push_back(std::move(*card));
  }
  facts.driver_version = std::string(trim(text_of(host, "/sys/module/nvidia/version")));
  facts.module_file = module_file(host, kernel);
  facts.nouveau = host.exists("/sys/module/nouveau");
  const std::string secure = text_of(host, std::string(k_secure_boot));
  facts.secure_boot = secure.size() == 5 && secure.back() == '\1';
  facts.headers = host.exists(cat("/lib/modules/", kernel, "/build/Makefile"));
  for (const char* path : {"/usr/bin/nvidia-container-runtime", "/usr/local/bin/nvidia-container-runtime"}) {
    if (facts.runtime.empty() && host.exists(path)) facts.runtime = path;
  }
  return facts;
}

}  // namespace rootcellar
