// Runs a harness without a fuzzer: every seed of the folder given, every seed cut short at many places, every seed with single bytes
// changed.
#include <cstdio>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/fuzz/fuzz.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_variants = 300;

void run(const std::string& input) { LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size()); }

void run_with_damage(const std::string& seed) {
  run(seed);
  std::size_t step = seed.size() / k_variants + 1;
  for (std::size_t at = 0; at < seed.size(); at += step) {
    run(seed.substr(0, at));
    for (int change : {0x01, 0x80, 0xff}) {
      std::string damaged = seed;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      run(damaged);
    }
  }
}

int replay(const std::string& folder) {
  auto names = list_directory(folder);
  for (const std::string& name : names) run_with_damage(read_file(path_join(folder, name), std::size_t{64} << 20));
  std::fputs(cat("replayed ", names.size(), " seeds of ", folder, '\n').c_str(), stdout);
  return names.empty() ? 1 : 0;
}

}  // namespace
}  // namespace rootcellar

int main(int argc, char** argv) { return argc == 2 ? rootcellar::replay(argv[1]) : 2; }
