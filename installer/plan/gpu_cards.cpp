// Which generation a card of NVIDIA's is of, by its PCI device id, and which branches of the driver know that generation. Ids as in pci.ids
// (pciutils); branches as in NVIDIA's UNIX driver archive and its list of legacy GPUs.
#include <array>

#include "installer/plan/gpu_facts.h"

namespace rootcellar {
namespace {

constexpr GpuGeneration k_tesla{"Tesla (2006)", 0, 340}, k_fermi{"Fermi", 0, 390}, k_kepler{"Kepler", 0, 470}, k_maxwell{"Maxwell", 0, 580},
    k_pascal{"Pascal", 0, 580}, k_volta{"Volta", 0, 580}, k_turing{"Turing", 410, 0}, k_ampere_compute{"Ampere", 450, 0},
    k_ampere{"Ampere", 455, 0}, k_hopper{"Hopper", 520, 0}, k_ada{"Ada Lovelace", 520, 0}, k_blackwell{"Blackwell", 570, 0};

struct IdRange {
  std::uint32_t first, last;
  const GpuGeneration* generation;
};

constexpr std::array<IdRange, 30> k_ranges = {{
    {0x0190, 0x06bf, &k_tesla},     {0x06c0, 0x06df, &k_fermi},     {0x06e0, 0x0cff, &k_tesla},     {0x0dc0, 0x0f7f, &k_fermi},
    {0x0fc0, 0x103f, &k_kepler},    {0x1040, 0x109f, &k_fermi},     {0x10c0, 0x10df, &k_tesla},     {0x1140, 0x117f, &k_fermi},
    {0x1180, 0x11ff, &k_kepler},    {0x1200, 0x125f, &k_fermi},     {0x1280, 0x12bf, &k_kepler},    {0x1340, 0x143f, &k_maxwell},
    {0x15f0, 0x15ff, &k_pascal},    {0x1600, 0x16ff, &k_maxwell},   {0x1720, 0x172f, &k_pascal},    {0x1740, 0x17ff, &k_maxwell},
    {0x1b00, 0x1d7f, &k_pascal},    {0x1d80, 0x1dff, &k_volta},     {0x1e00, 0x1fff, &k_turing},    {0x2080, 0x20ff, &k_ampere_compute},
    {0x2180, 0x21ff, &k_turing},    {0x2200, 0x227f, &k_ampere},    {0x2300, 0x23ff, &k_hopper},    {0x2400, 0x25ff, &k_ampere},
    {0x2680, 0x28ff, &k_ada},       {0x2900, 0x29ff, &k_blackwell}, {0x2b80, 0x2bff, &k_blackwell}, {0x2c00, 0x2cff, &k_blackwell},
    {0x2d00, 0x2dff, &k_blackwell}, {0x2f00, 0x2fff, &k_blackwell},
}};

}  // namespace

const GpuGeneration* gpu_generation(std::uint32_t device) {
  for (const IdRange& range : k_ranges) {
    if (device >= range.first && device <= range.last) return range.generation;
  }
  return nullptr;
}

}  // namespace rootcellar
