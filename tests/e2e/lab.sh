#!/usr/bin/env bash
# End to end: a bundle of profiles/lab.yaml on a FAT32 stick image, and the rehearsal from it. Root; Debian 12; the machine's own package
# sources.
#   lab.sh BIN_FOLDER [WORK_FOLDER]    with WORK_FOLDER, keys, bundle and stick image stay there for tests/e2e/vm.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fat32=$here/../target/fat32.sh
bin=${1:?usage: lab.sh BIN_FOLDER [WORK_FOLDER]}

keep=${2-}
work=${keep:-$(mktemp -d "${TMPDIR:-/tmp}/rootcellar-lab.XXXXXX")}
attached=
cleanup() {
  [ -z "$attached" ] || bash "$fat32" detach "$attached" || true
  [ -n "$keep" ] || rm -rf -- "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

mkdir -p "$work/attached"
bash "$here/stick.sh" "$bin" "$work"
bash "$fat32" attach "$work/stick.img" "$work/attached"
attached=$work/attached
ls -l "$attached"

printf '\n--- %s\n    %s\n' "rehearse" "The real install in a host with no route out; reboot; uninstall; compared with what the host was."
"$bin/rootcellar" rehearse "$attached" --trust "$work/elsewhere/lab-team.pub"
