#include "builder/commands/keys.h"

#include <set>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_key_file = 4096;
constexpr std::size_t k_max_passphrase = 4096;

const std::string* passphrase_file_of(std::size_t key, const std::vector<std::string>& files) {
  if (files.empty()) return nullptr;
  return files.size() == 1 ? &files.front() : &files[key];
}

SecretKey open_secret_key(const std::string& path, const std::string* passphrase_file, cli::Console& console) {
  const SecretText text(read_file(path, k_max_key_file));
  const std::string what = cat("'", path, "'");
  if (!SecretKey::is_protected(text.view(), what)) return SecretKey::parse(text.view(), {}, what);
  if (passphrase_file != nullptr) return SecretKey::parse(text.view(), read_passphrase_file(*passphrase_file).view(), what);
  const SecretText passphrase = console.ask_secret(cat("passphrase of ", path, ": "), cat("the passphrase of '", path, "'"));
  return SecretKey::parse(text.view(), passphrase.view(), what);
}

void refuse_twins(const std::vector<SecretKey>& keys) {
  std::set<std::string> seen;
  for (const SecretKey& key : keys) {
    if (!seen.insert(key.public_key().base64()).second) throw UsageError(cat("key ", key.public_key().id_text(), " was given twice"));
  }
}

}  // namespace

SecretText read_passphrase_file(const std::string& path) {
  std::string text = read_file(path, k_max_passphrase);
  const std::size_t end = text.find_first_of("\r\n");
  if (end != std::string::npos) {
    wipe({reinterpret_cast<std::uint8_t*>(text.data()) + end, text.size() - end});
    text.resize(end);
  }
  if (text.empty()) throw InputError(cat("the first line of '", path, "' is empty: expected a passphrase"));
  return SecretText(std::move(text));
}

std::vector<SecretKey> open_secret_keys(const std::vector<std::string>& paths, const std::vector<std::string>& passphrase_files,
                                        cli::Console& console) {
  if (paths.size() > limits::k_signatures)
    throw UsageError(cat("too many keys: a bundle has at most ", limits::k_signatures, " signatures, found ", paths.size()));
  if (passphrase_files.size() > 1 && passphrase_files.size() != paths.size())
    throw UsageError(
        cat("expected one passphrase file for all keys or one for each of ", paths.size(), ", found ", passphrase_files.size()));
  std::vector<SecretKey> keys;
  for (std::size_t at = 0; at < paths.size(); ++at)
    keys.push_back(open_secret_key(paths[at], passphrase_file_of(at, passphrase_files), console));
  refuse_twins(keys);
  return keys;
}

std::string fingerprint_line(const PublicKey& key) { return cat("key ", key.id_text(), ": ", key.fingerprint_words()); }

}  // namespace rootcellar
