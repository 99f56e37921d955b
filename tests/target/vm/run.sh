#!/usr/bin/env bash
# A Debian virtual machine in software emulation: own kernel, no network card, the stick on a USB port.
#   run.sh BIN_FOLDER STICK_IMAGE TRUST_FILE    exit code 0: the machine said PASSED
# The console is shown as it comes. VM_ACCEL chooses qemu's accelerator; the default works everywhere.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$1 stick=$2 trust=$3
work=$(mktemp -d "${TMPDIR:-/tmp}/rootcellar-vm.XXXXXX")
qemu=
cleanup() {
  [ -z "$qemu" ] || kill "$qemu" 2>/dev/null || true
  rm -rf -- "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

echo "a Debian root with a kernel"
root=$("$bin/make_root" bookworm 12 amd64 linux-image-amd64 initramfs-tools udev e2fsprogs)

echo "the machine's disk"
cp -a --reflink=auto -- "$root" "$work/root"
install -m 755 "$here/inside.sh" "$work/root/usr/local/sbin/vm-rehearsal"
install -m 644 "$trust" "$work/root/root/trust.pub"
echo '/dev/vda / ext4 defaults 0 1' > "$work/root/etc/fstab"
echo vm > "$work/root/etc/hostname"
cat > "$work/root/etc/systemd/system/rehearsal.service" <<'UNIT'
[Unit]
Description=Rehearsal from the USB stick
After=multi-user.target
[Service]
Type=exec
ExecStart=/usr/local/sbin/vm-rehearsal
TimeoutStopSec=30
[Install]
WantedBy=graphical.target multi-user.target
UNIT
ln -s /etc/systemd/system/rehearsal.service "$work/root/etc/systemd/system/multi-user.target.wants/rehearsal.service"
cp "$work"/root/boot/vmlinuz-* "$work/kernel"
cp "$work"/root/boot/initrd.img-* "$work/initrd"
truncate --size=8G "$work/disk.img"
mke2fs -q -t ext4 -L root -d "$work/root" "$work/disk.img"
rm -rf -- "$work/root"

echo "the machine"
: > "$work/console"
qemu-system-x86_64 -machine q35 -accel "${VM_ACCEL:-tcg,thread=multi}" -cpu max -smp 2 -m 2048 -nic none -display none -no-user-config \
  -kernel "$work/kernel" -initrd "$work/initrd" -append "root=/dev/vda rw console=ttyS0 panic=-1 systemd.show_status=false quiet" \
  -drive "if=virtio,format=raw,file=$work/disk.img,cache=unsafe" \
  -device qemu-xhci -drive "if=none,id=stick,format=raw,readonly=on,file=$stick" -device usb-storage,drive=stick \
  -serial "file:$work/console" -monitor none &
qemu=$!
tail --pid="$qemu" --follow=name --lines=+1 "$work/console" 2>/dev/null | tr -d '\r' &
tail=$!
limit=$(($(date +%s) + ${VM_LIMIT:-5400}))
while kill -0 "$qemu" 2>/dev/null; do
  [ "$(date +%s)" -lt "$limit" ] || { echo "vm: no verdict in time" >&2; exit 1; }
  sleep 1
done
wait "$tail" || true
qemu=
grep -q '^VM: VERDICT PASSED' "$work/console"
