// A medium with bad sectors: pread(2) of this test program fails with EIO where a test says so.
#pragma once

#include <cstdint>
#include <string>

namespace rootcellar::test {

/// As long as it lives, whoever reads any of the bytes `offset` to `offset + size` of the file gets EIO.
class BadSectors {
 public:
  BadSectors(const std::string& path, std::uint64_t offset, std::uint64_t size);
  ~BadSectors();
  BadSectors(const BadSectors&) = delete;
  BadSectors& operator=(const BadSectors&) = delete;
};

}  // namespace rootcellar::test
