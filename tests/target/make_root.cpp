// Prints the folder of a cached Debian root with the given packages: the same make_root() that rehearsals use, for scripts.
//   make_root CODENAME VERSION ARCHITECTURE [PACKAGE...]
#include <cstdio>

#include "builder/rehearse/sealed_host.h"
#include "builder/source/cache.h"
#include "bundle/base/error.h"

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: make_root CODENAME VERSION ARCHITECTURE [PACKAGE...]\n", stderr);
    return 2;
  }
  try {
    const rootcellar::TargetRelease target{"debian", argv[2], argv[1]};
    const std::vector<std::string> packages(argv + 4, argv + argc);
    std::puts(rootcellar::make_root(target, argv[3], packages, rootcellar::Cache::default_root(), rootcellar::silent_progress()).c_str());
  } catch (const rootcellar::Error& error) {
    std::fputs(rootcellar::render_error(error).c_str(), stderr);
    return static_cast<int>(error.code());
  }
}
