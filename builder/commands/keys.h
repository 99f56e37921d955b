// Secret keys on the command line: found, opened with a passphrase, shown to people as six words.
#pragma once

#include <string>
#include <vector>

#include "bundle/base/cli.h"
#include "bundle/base/signing.h"

namespace rootcellar {

/// The first line of a passphrase file. An empty one is an InputError.
SecretText read_passphrase_file(const std::string& path);

/// Opens every key; asks for a passphrase where one is needed and no file gives it. One passphrase file serves all keys, or there is one
/// for each key, in the same order.
std::vector<SecretKey> open_secret_keys(const std::vector<std::string>& paths, const std::vector<std::string>& passphrase_files,
                                        cli::Console& console);

/// "key 0123456789ABCDEF: six words on one line"
std::string fingerprint_line(const PublicKey& key);

}  // namespace rootcellar
