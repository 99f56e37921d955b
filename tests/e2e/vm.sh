#!/usr/bin/env bash
# End to end in a virtual machine, in software emulation: the stick that tests/e2e/stick.sh made, on USB, in a Debian 12 without a network card.
# The stick's own commands check it, it is planned, installed, used, used again after a reboot, and taken back. Root; the machine's own package
# sources (once: the machine's disk is kept in ~/.cache/rootcellar/vm).
#   vm.sh WORK_FOLDER [SCRIPT]     the folder stick.sh (or lab.sh) was given; the console is kept there as vm-SCRIPT.log
# SCRIPT is one of tests/target/vm: carry, the default, nfs, nfs_image or nfs_cluster, which vm_nfs.sh makes the sticks for; or clock_YEAR,
# clock.sh on a machine whose battery-backed clock begins in that year, which vm_clock.sh makes the stick for.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
work=$(cd "${1:?usage: vm.sh WORK_FOLDER [SCRIPT]}" && pwd)
script=${2:-carry}
parts=$repository/tests/target/vm
memory=2048
[ "$script" != nfs_cluster ] || memory=4096
limit=2700  # seconds; a stop, not an aim: it took 379 s alone on two cores, 663 s beside other work
console=$work/vm-$script.log
clock=()
part=$script
case "$script" in clock_*) part=clock clock=(-rtc "base=${script#clock_}-01-01T00:00:00,clock=vm") ;; esac
# The steps that the script takes, in the order of its boots.
expected=$(sed -nE 's/^  step ([a-z_0-9]+)$/\1/p' "$parts/$part.sh" | paste -sd ' ')

for needed in stick.img elsewhere/lab-team.pub; do
  [ -f "$work/$needed" ] || { echo "vm.sh: expected '$work/$needed'; run tests/e2e/stick.sh BIN_FOLDER '$work' first" >&2; exit 3; }
done

: > "$console"
scratch=$(mktemp -d "$work/vm.XXXXXX")
machine=
cleanup() {
  [ -z "$machine" ] || { kill "$machine" && wait "$machine"; } 2> /dev/null || true
  rm -rf -- "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

bash "$repository/tests/support/install-packages.sh" vm
started=$SECONDS
disk=$(bash "$parts/root.sh")
echo "the machine's disk: $((SECONDS - started)) s"

# What did not come with the stick: the key, and what the machine is booted for.
mkdir "$scratch/elsewhere"
cp "$work/elsewhere/lab-team.pub" "$parts/machine.sh" "$parts/nfs_server.sh" "$scratch/elsewhere/"
cp "$parts/$part.sh" "$scratch/elsewhere/carry.sh"
echo "${script#clock_}" > "$scratch/elsewhere/year"
date --utc +%Y-%m-%dT%H:%MZ > "$scratch/elsewhere/now"
truncate --size=4M "$scratch/elsewhere.img"
mke2fs -q -t ext4 -L ELSEWHERE -d "$scratch/elsewhere" "$scratch/elsewhere.img"

# A processor without AVX and fast strings: emulated, both are slow, and a quarter of the time is saved without them.
# Writes to the disks go to files that are gone already (snapshot=on), in the work folder rather than in a small /tmp.
TMPDIR=$scratch qemu-system-x86_64 -accel tcg,thread=multi -cpu Nehalem -smp 2 -m "$memory" "${clock[@]}" -nodefaults -no-user-config -nic none -display none \
  -monitor none -serial "file:$console" \
  -kernel "$disk/vmlinuz" -initrd "$disk/initrd" \
  -append "root=LABEL=ROOT rw console=ttyS0 quiet loglevel=3 systemd.show_status=0" \
  -drive "if=virtio,format=raw,file=$disk/root.img,snapshot=on,cache=unsafe" \
  -drive "if=virtio,format=raw,file=$scratch/elsewhere.img,readonly=on" \
  -device qemu-xhci -drive "if=none,id=stick,format=raw,file=$work/stick.img,snapshot=on" \
  -device usb-storage,drive=stick,removable=on > "$scratch/qemu.log" 2>&1 < /dev/null &
machine=$!

# Shows each proof as it comes; ends with the machine, or at the limit.
started=$SECONDS
shown=0
lines() { tr -d '\r' < "$console" | grep -a '^VM: ' || true; }
show_new() {
  lines | tail -n +$((shown + 1))
  shown=$(lines | wc -l)
}
while kill -0 "$machine" 2> /dev/null && [ $((SECONDS - started)) -lt $limit ]; do
  show_new
  sleep 1
done
show_new
took=$((SECONDS - started))

seen=$(lines | sed -nE 's/^VM: ([a-z_0-9]+) ok .*/\1/p' | paste -sd ' ')
if [ "$seen" = "$expected" ] && lines | grep -qx 'VM: done'; then
  echo "all $(wc -w <<< "$expected") steps proven in the virtual machine, in $took s"
  exit 0
fi
{
  [ $took -lt $limit ] || echo "vm.sh: the machine was ended after $limit s"
  echo "vm.sh: the last lines of '$console':"
  cat "$scratch/qemu.log"
  tail -n 80 "$console" || true
  echo "vm.sh: expected: $expected"
  echo "vm.sh: found:    $seen"
} >&2
exit 1
