#!/usr/bin/env bash
# End to end in the virtual machine of vm.sh, whose kernel has NFS where a sealed host's may have none: folders given away, mounted in versions
# 3 and 4, data unpacked into them, all of it kept by uninstall.
#   vm_nfs.sh BIN_FOLDER WORK_FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
usage="usage: vm_nfs.sh BIN_FOLDER WORK_FOLDER"
bin=$(cd "${1:?$usage}" && pwd)
work=${2:?$usage}
mkdir -p "$work"
work=$(cd "$work" && pwd)
bash "$here/../target/profiles/storage.sh" "$work/profiles"
STICK_PROFILES=$work/profiles bash "$here/stick.sh" "$bin" "$work" storage
bash "$here/vm.sh" "$work" nfs
