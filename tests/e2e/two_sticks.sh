#!/usr/bin/env bash
# End to end: a bundle that one stick cannot hold, staged on two FAT32 sticks and rehearsed from both. Root.
#   two_sticks.sh BIN_FOLDER WORK_FOLDER    WORK_FOLDER: what tests/e2e/lab.sh left there
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fat32=$here/../target/fat32.sh
usage="usage: two_sticks.sh BIN_FOLDER WORK_FOLDER"
bin=$(cd "${1:?$usage}" && pwd)
work=$(cd "${2:?$usage}" && pwd)
trust=$work/elsewhere/lab-team.pub
[ -e "$work/out" ] || { echo "two_sticks.sh: expected '$work/out'; run tests/e2e/lab.sh BIN_FOLDER '$work' first" >&2; exit 3; }

scratch=$(mktemp -d "$work/two.XXXXXX")
cleanup() {
  for one in a b; do
    bash "$fat32" detach "$scratch/stick-$one" 2> /dev/null || true
    umount "$scratch/$one" 2> /dev/null || true
  done
  rm -rf -- "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# Room for one volume of 64 MiB and the installer, not for two.
for one in a b; do
  mkdir "$scratch/$one" "$scratch/stick-$one"
  mount -t tmpfs -o size=90m rootcellar-stick "$scratch/$one"
done
printf '\n--- %s\n    %s\n' "stage" "On two sticks, neither of which has room for all volumes."
"$bin/rootcellar" stage "$work/out" --to "$scratch/a" --to "$scratch/b" --trust "$trust"
for one in a b; do
  bash "$fat32" make "$scratch/$one.img" "$scratch/$one"
  bash "$fat32" attach "$scratch/$one.img" "$scratch/stick-$one"
  volumes=$(find "$scratch/stick-$one" -name '*.cellar' | wc -l)
  [ "$volumes" = 1 ] || { echo "two_sticks.sh: expected 1 volume on stick $one, found $volumes" >&2; exit 1; }
done

printf '\n--- %s\n    %s\n' "rehearse" "One stick alone is refused before a host is made; both carry the appliance."
code=0
said=$("$bin/rootcellar" rehearse "$scratch/stick-a" --trust "$trust" 2>&1) || code=$?
echo "$said"
[ "$code" = 3 ] && grep -q 'expected all 2 volumes, missing ' <<< "$said" || { echo "two_sticks.sh: expected exit code 3, found $code" >&2; exit 1; }
"$bin/rootcellar" rehearse "$scratch/stick-a" --from "$scratch/stick-b" --trust "$trust"
