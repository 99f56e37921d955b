#include "bundle/header_export.h"

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {

std::vector<std::string> export_header(const BundleCandidate& candidate, const std::string& directory) {
  if (candidate.volumes.empty()) throw InputError(cat("bundle '", candidate.claimed_name, "' has no volumes"));
  const VolumeCandidate& volume = candidate.volumes.front();
  make_directories(directory);
  std::vector<std::string> paths{path_join(directory, cat(candidate.claimed_name, ".header"))};
  write_file_atomically(paths[0], volume.header_text);
  for (const Signature& signature : volume.signatures) {
    std::string key_id = PublicKey{signature.key_id, {}}.id_text();
    std::string path = paths.size() == 1 ? cat(paths[0], ".minisig") : cat(paths[0], '.', key_id, ".minisig");
    write_file_atomically(path, signature.file_text(cat("signature of a rootcellar bundle's header by key ", key_id)));
    paths.push_back(path);
  }
  return paths;
}

}  // namespace rootcellar
