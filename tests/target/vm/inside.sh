#!/bin/bash
# Runs inside the virtual machine at every boot (rehearsal.service) and says on the serial console what it sees. First boot: the stick is
# mounted from USB as desktops do it, checked, installed from. Second boot: everything still works, then it is taken back.
set -u
phase_file=/var/lib/vm-rehearsal
stick=/dev/disk/by-label/ROOTCELLAR
mount_point=/media/stick
trust=/root/trust.pub

say() { printf 'VM: %s\n' "$*"; }
verdict() {
  say "VERDICT $1"
  sync
  systemctl poweroff
  exit 0
}
# must WORDS... -- COMMAND...
must() {
  local what=
  while [ "$1" != -- ]; do what="$what $1"; shift; done
  shift
  say "step:$what"
  "$@" || verdict "FAILED at$what (exit code $?)"
}

attach() {
  mount -t vfat -o "ro,nosuid,nodev,uid=0,gid=0,umask=022,shortname=mixed,$1" "$stick" "$mount_point"
}
find_stick() {
  for _ in $(seq 120); do
    [ -e "$stick" ] && return
    sleep 1
  done
  return 1
}
no_network() { [ "$(ls /sys/class/net)" = lo ]; }
cannot_run_directly() { ! "$mount_point/rootcellar-install" --version > /dev/null 2>&1; }

install_phase() {
  must no network device but lo -- no_network
  must the USB stick appears -- find_stick
  mkdir -p "$mount_point"
  must mounted with noexec -- attach noexec
  must nothing on it can be run directly -- cannot_run_directly
  must START.sh verifies the bundle under noexec -- sh "$mount_point/START.sh" verify --trust "$trust"
  must unmounted -- umount "$mount_point"
  must mounted with showexec -- attach showexec
  must nothing on it can be run directly, again -- cannot_run_directly
  must START.sh plans -- sh "$mount_point/START.sh" plan --trust "$trust"
  must START.sh installs -- sh "$mount_point/START.sh" install --trust "$trust" --yes
  must unmounted -- umount "$mount_point"
  must status without the stick -- /usr/local/sbin/rootcellar-install status
  echo booted > "$phase_file"
  sync
  say "reboot"
  systemctl reboot
}

booted_phase() {
  must status after the boot -- /usr/local/sbin/rootcellar-install status
  must uninstall -- /usr/local/sbin/rootcellar-install uninstall --yes
  must docker is gone -- test ! -e /usr/bin/docker
  must the installer is gone -- test ! -e /usr/local/sbin/rootcellar-install
  verdict PASSED
}

exec > /dev/ttyS0 2>&1 < /dev/null
if [ -e "$phase_file" ]; then booted_phase; else install_phase; fi
