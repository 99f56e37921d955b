// What an appliance keeps on disks: folders given away by NFS, and data unpacked into folders.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rootcellar {

/// A folder that other machines mount. User data: uninstall keeps it.
struct NfsExport {
  std::string name;  ///< ${site.nfs_path_NAME}
  std::string path;
  std::uint32_t mode = 0755;
  std::string owner = "root";  ///< name or number
  std::string group = "root";
  std::vector<std::string> options;  ///< as in exports(5): "rw", "sync", "no_subtree_check"
};

struct NfsSection {
  bool enabled = false;
  std::string server;                 ///< "package:nfs-kernel-server"
  std::string network;                ///< "192.0.2.0/24"; empty: the answers', else the one the machine's address lies in
  std::vector<std::string> versions;  ///< "3", "4"
  bool fixed_ports = false;           ///< NFSv3's helpers listen at ports that a firewall can be told
  std::vector<NfsExport> exports;     ///< the first is ${site.nfs_path}
};

/// Files unpacked into a folder. They travel as one plain tar (see tree_tar.h), FileEntry `path`. User data: uninstall keeps it.
struct DataArtifact {
  std::string name;
  std::string path;         ///< "data/NAME.tar"
  std::string destination;  ///< the folder
  std::uint32_t mode = 0755;  ///< of that folder, where it is not there yet
  std::string owner = "root";  ///< of all files and folders; name or number
  std::string group = "root";
  std::uint64_t unpacked = 0;  ///< bytes on a disk of 4 KiB blocks
};

}  // namespace rootcellar
