// The kinds of step that give folders away by NFS, unpack data and try storage out.
#pragma once

#include <string>
#include <vector>

#include "bundle/base/digest.h"
#include "installer/host/host_system.h"
#include "installer/run/cluster_step.h"

namespace rootcellar {

/// A data artifact unpacked into a folder: below a hidden folder beside its place first, then by renames. What people changed since is left
/// as it is. Undo takes back nothing but a beginning: it is user data.
struct UnpackData {
  std::string name;
  std::string bundle_path;  ///< FileEntry, a tar as bundle/tree_tar.h writes it
  Digest digest;            ///< of that
  std::string path;         ///< the folder
  Owner owner;              ///< of everything in it
};

/// Our own table of exports(5), and what the kernel has of it. Undo takes the table away and tells the kernel.
struct ExportFolders {
  std::string table;    ///< "/etc/exports.d/rootcellar.exports"
  std::string content;  ///< its text
};

/// Mounts a folder of an NFS server read-only for a moment, as a client would. A proof: never already so, nothing to undo.
struct TryMount {
  std::string server;                ///< numeric address
  std::string path;                  ///< there
  std::vector<std::string> options;  ///< of nfs(5): "vers=3"
};

/// A manifest that is applied, waited for, and deleted again: a proof, given once. When it fails, what was applied stays to be looked at.
struct TryManifest {
  ApplyManifest manifest;
  std::vector<ClusterWait> waits;
};

}  // namespace rootcellar
