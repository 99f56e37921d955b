#!/usr/bin/env bash
# End to end in the virtual machine of vm.sh, whose kernel has NFS where a sealed host's may have none: folders given away, mounted in versions
# 3 and 4, data unpacked into them, all of it kept by uninstall. With "image", the server is a container's.
# With "cluster", instead: profiles/lab-storage.yaml, a cluster whose claims get folders of such a share; that takes a machine on which nothing
# else runs: kubeadm gives an API server four minutes.
#   vm_nfs.sh BIN_FOLDER WORK_FOLDER [image|cluster]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
usage="usage: vm_nfs.sh BIN_FOLDER WORK_FOLDER [image|cluster]"
bin=$(cd "${1:?$usage}" && pwd)
work=${2:?$usage}
mkdir -p "$work"
work=$(cd "$work" && pwd)
if [ "${3-}" = cluster ]; then
  . "$here/../upstream/kubernetes/serve.sh"
  trap 'kubernetes_stop "$work/upstream"' EXIT
  kubernetes_start "$work/upstream"
  . "$work/upstream/env"
  # shellcheck disable=SC2086
  bash "$here/stick.sh" "$bin" "$work" lab-storage $RC_KUBERNETES_MIRRORS
  bash "$here/vm.sh" "$work" nfs_cluster
elif [ "${3-}" = image ]; then
  STICK_PROFILES=$here/../target/profiles bash "$here/stick.sh" "$bin" "$work" storage-image
  bash "$here/vm.sh" "$work" nfs_image
else
  bash "$here/../target/profiles/storage.sh" "$work/profiles"
  STICK_PROFILES=$work/profiles bash "$here/stick.sh" "$bin" "$work" storage
  bash "$here/vm.sh" "$work" nfs
fi
