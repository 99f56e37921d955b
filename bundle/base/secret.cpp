#include "bundle/base/secret.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

#include "bundle/base/error.h"

namespace rootcellar {
namespace {

/// The characters and what lies behind them up to the capacity, where an earlier, longer content may still stand.
void wipe_text(std::string& text) noexcept { explicit_bzero(text.data(), text.capacity()); }

}  // namespace

void random_bytes(std::span<std::uint8_t> into) {
  while (!into.empty()) {
    const ssize_t length = getrandom(into.data(), into.size(), 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) throw SystemError("read", "the kernel's random numbers", errno);
    into = into.subspan(static_cast<std::size_t>(length));
  }
}

void wipe(std::span<std::uint8_t> bytes) noexcept { explicit_bzero(bytes.data(), bytes.size()); }

void keep_secrets_out_of_cores() {
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) throw SystemError("switch off", "core files", errno);
}

SecretText::SecretText(std::string text) : text_(std::move(text)) { wipe_text(text); }

SecretText::~SecretText() { wipe_text(text_); }

SecretMemory::SecretMemory(std::size_t size) : size_(size) {
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) throw SystemError("allocate", "memory for a secret", errno);
  address_ = static_cast<std::uint8_t*>(address);
  // Both only harden: without them the secret is as safe as any program's memory.
  static_cast<void>(mlock(address, size));
  static_cast<void>(madvise(address, size, MADV_DONTDUMP));
}

SecretMemory::~SecretMemory() {
  wipe(bytes());
  munmap(address_, size_);
}

}  // namespace rootcellar
