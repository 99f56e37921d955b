// Secrets in memory: kept out of swap and core files, wiped when they go, never part of a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rootcellar {

/// From the kernel's generator (getrandom(2)). Throws SystemError when it cannot.
void random_bytes(std::span<std::uint8_t> into);

/// Overwrites with zeros; the compiler cannot leave it out.
void wipe(std::span<std::uint8_t> bytes) noexcept;

/// No core files and no ptrace by other processes of this user (RLIMIT_CORE 0, PR_SET_DUMPABLE 0). Called by main, before any secret.
void keep_secrets_out_of_cores();

/// A passphrase or other secret text: wiped on destruction, not copyable.
class SecretText {
 public:
  /// Takes the text over and wipes the argument.
  explicit SecretText(std::string text);
  SecretText(SecretText&&) noexcept = default;  // a short string stays behind in `other`, whose destructor wipes it
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText();
  std::string_view view() const { return text_; }

 private:
  std::string text_;
};

/// Pages of their own for secret bytes: locked (where RLIMIT_MEMLOCK allows), left out of cores, wiped and unmapped on destruction.
class SecretMemory {
 public:
  explicit SecretMemory(std::size_t size);
  SecretMemory(const SecretMemory&) = delete;
  SecretMemory& operator=(const SecretMemory&) = delete;
  ~SecretMemory();
  std::span<std::uint8_t> bytes() { return {address_, size_}; }
  std::span<const std::uint8_t> bytes() const { return {address_, size_}; }

 private:
  std::uint8_t* address_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace rootcellar
