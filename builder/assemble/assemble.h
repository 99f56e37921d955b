// From a lock to signed volumes: fetch in parallel, write in storage order, one pass.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "builder/lock/lock.h"
#include "builder/source/sources.h"
#include "bundle/base/signing.h"
#include "bundle/bundle_writer.h"

namespace rootcellar {

struct AssembleOptions {
  std::string directory = ".";
  std::uint64_t volume_size = limits::k_volume_size;
  unsigned jobs = 2;
  int level = 9;
};

struct AssembleResult {
  std::vector<std::string> volumes;
  Header header;
  std::uint64_t fetched = 0;  ///< bytes transferred; a warm build has 0
};

AssembleResult assemble(const Lock& lock, const std::vector<const SecretKey*>& signers, const AssembleOptions& options,
                        SourceContext& context);

}  // namespace rootcellar
