#!/usr/bin/env bash
# From a profile to a stick: keys, lock and bundle of profiles/PROFILE.yaml, staged, as a FAT32 image. Says what each step proves.
#   stick.sh BIN_FOLDER WORK_FOLDER [PROFILE[:VARIANT] [MIRROR_OPTION...]]    default: lab; leaves WORK/stick.img, and the public key in WORK/elsewhere: it travels another way than the stick
# STICK_PROFILES: the folder that PROFILE.yaml lies in, when it is not this repository's own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
usage="usage: stick.sh BIN_FOLDER WORK_FOLDER [PROFILE[:VARIANT] [MIRROR_OPTION...]]"
bin=$(cd "${1:?$usage}" && pwd)
work=${2:?$usage}
profile=${3:-lab}
variant=()
[ "${profile%:*}" = "$profile" ] || variant=(--variant "${profile#*:}")
lock=$work/$(basename "${profile/:/-}").lock.yaml
profile=${profile%:*}
mirrors=("${@:4}")

step() { printf '\n--- %s\n    %s\n' "$1" "$2"; }

rm -rf -- "$work/keys" "$work/elsewhere" "$work/out" "$work/stick" "$work/stick.img"
mkdir -p "$work/keys" "$work/elsewhere" "$work/stick"

step "keygen" "A signing key. Its six words would go on paper; here the key file itself travels another way than the stick."
"$bin/rootcellar" keygen lab-team --out "$work/keys" --no-passphrase
cp "$work/keys/lab-team.pub" "$work/elsewhere/"

step "lock" "Every input pinned by digest: packages as this machine's own apt sources have them now, images made from packages."
"$bin/rootcellar" lock "${STICK_PROFILES:-$repository/profiles}/$profile.yaml" "${variant[@]}" "${mirrors[@]}" -o "$lock"

step "build" "Signed volumes of 64 MiB from the lock alone."
"$bin/rootcellar" build "$lock" "${mirrors[@]}" --key "$work/keys/lab-team.key" --volume-size 64MiB -o "$work/out"
ls -l "$work/out"

step "stage" "Volumes, installer, START.sh and the page to read; every byte read back."
"$bin/rootcellar" stage "$work/out" --to "$work/stick" --trust "$work/elsewhere/lab-team.pub"

step "stick" "The staged files on a FAT32 image, as a stick is."
bash "$repository/tests/target/fat32.sh" make "$work/stick.img" "$work/stick"
