// What about this machine matters to NVIDIA's cards: which there are, what drives them, and whether a driver could.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "installer/host/host_system.h"

namespace rootcellar {

/// A display or compute controller of NVIDIA's (PCI vendor 10de, class 0300 or 0302).
struct GpuCard {
  std::string slot;          ///< "0000:3b:00.0"
  std::uint32_t device = 0;  ///< PCI device id, 0x1eb8
  std::string driver;        ///< the kernel's module that has it: "nvidia", "nouveau", "vfio-pci"; empty: none
  bool operator==(const GpuCard&) const = default;
};

struct GpuFacts {
  std::vector<GpuCard> cards;
  std::string driver_version;  ///< of NVIDIA's module in the kernel, "535.183.01"; empty: it is not there
  std::string module_file;     ///< NVIDIA's module of this kernel, not loaded: its path in modules.dep; empty: there is none
  bool nouveau = false;        ///< the free driver is in the kernel
  bool secure_boot = false;    ///< the firmware lets signed modules in only
  bool headers = false;        ///< of this kernel are installed: a module can be built
  std::string runtime;         ///< nvidia-container-runtime of this machine, "/usr/bin/nvidia-container-runtime"; empty: none
};

/// `kernel`: the release that runs. From /sys, /proc and /lib/modules, as `lspci -n` would read them.
GpuFacts read_gpu_facts(HostSystem& host, const std::string& kernel);

/// A generation of cards, and the first and last branch of the driver that know it.
struct GpuGeneration {
  std::string_view name;    ///< "Kepler"
  std::uint64_t first = 0;  ///< 0: all that are still met
  std::uint64_t last = 0;   ///< 0: it is still supported
};
/// Of a PCI device id; nullptr when nobody here knows it: newer than this program.
const GpuGeneration* gpu_generation(std::uint32_t device);

}  // namespace rootcellar
