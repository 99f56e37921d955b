#!/usr/bin/env bash
# End to end in a virtual machine: its own kernel, no network card, the FAT32 stick on a USB port, mounted by the kernel's vfat with noexec
# and with showexec; install, boot again, status, uninstall. Root; Debian 12.
#   vm.sh BIN_FOLDER [WORK_FOLDER]    takes the stick that tests/e2e/lab.sh left in WORK_FOLDER; makes one when there is none
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:?usage: vm.sh BIN_FOLDER [WORK_FOLDER]}
keep=${2-}
work=${keep:-$(mktemp -d "${TMPDIR:-/tmp}/rootcellar-lab.XXXXXX")}
trap '[ -n "$keep" ] || rm -rf -- "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$work"
[ -e "$work/stick.img" ] || bash "$here/stick.sh" "$bin" "$work"

printf '\n--- %s\n    %s\n' "virtual machine" "A Debian machine that has no network card installs from the stick, boots again, and gives everything back."
bash "$here/../target/vm/run.sh" "$bin" "$work/stick.img" "$work/elsewhere/lab-team.pub"
