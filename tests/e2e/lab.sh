#!/usr/bin/env bash
# End to end: keys, lock and bundle of profiles/lab.yaml, a FAT32 stick image, and the rehearsal from it. Root; Debian 12; the machine's own
# package sources. Says what each step proves.
#   lab.sh BIN_FOLDER [WORK_FOLDER]    with WORK_FOLDER, keys, bundle and stick image stay there for tests/e2e/vm.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
bin=$(cd "${1:?usage: lab.sh BIN_FOLDER [WORK_FOLDER]}" && pwd)
fat32="$repository/tests/target/fat32.sh"

keep=${2-}
work=${keep:-$(mktemp -d "${TMPDIR:-/tmp}/rootcellar-lab.XXXXXX")}
mkdir -p "$work"
attached=
cleanup() {
  [ -z "$attached" ] || bash "$fat32" detach "$attached" || true
  [ -n "$keep" ] || rm -rf -- "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

step() { printf '\n--- %s\n    %s\n' "$1" "$2"; }

step "keygen" "A signing key. Its six words would go on paper; here the key file itself travels another way than the stick."
rm -rf -- "$work/keys" "$work/out" "$work/stick"
mkdir -p "$work/keys" "$work/elsewhere" "$work/stick" "$work/attached"
"$bin/rootcellar" keygen lab-team --out "$work/keys" --no-passphrase
cp "$work/keys/lab-team.pub" "$work/elsewhere/"

step "lock" "Every input pinned by digest: packages as this machine's own apt sources have them now, images made from packages."
"$bin/rootcellar" lock "$repository/profiles/lab.yaml" --variant cpu -o "$work/lab.lock.yaml"

step "build" "Signed volumes of 64 MiB from the lock alone."
"$bin/rootcellar" build "$work/lab.lock.yaml" --key "$work/keys/lab-team.key" --volume-size 64MiB -o "$work/out"
ls -l "$work/out"

step "stage" "Volumes, installer, START.sh and the page to read; every byte read back."
"$bin/rootcellar" stage "$work/out" --to "$work/stick" --trust "$work/elsewhere/lab-team.pub"

step "stick" "The staged files on a FAT32 image, attached read-only, as a stick on site is."
bash "$fat32" make "$work/stick.img" "$work/stick"
bash "$fat32" attach "$work/stick.img" "$work/attached"
attached=$work/attached
ls -l "$attached"

step "rehearse" "The real install in a host with no route out; reboot; uninstall; compared with what the host was."
"$bin/rootcellar" rehearse "$attached" --trust "$work/elsewhere/lab-team.pub"
