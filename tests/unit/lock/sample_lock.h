// A lock with one of everything, for the tests of this room.
#pragma once

#include "builder/lock/lock.h"

namespace rootcellar::test {

/// A digest that is easy to see in a table: `byte` 32 times.
Digest digest_of(std::uint8_t byte);
Lock sample_lock();

}  // namespace rootcellar::test
