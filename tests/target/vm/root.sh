#!/usr/bin/env bash
# A Debian 12 machine as a disk: root filesystem, kernel and initrd, from this machine's own package sources; kept and made once.
#   root.sh      prints the folder that holds root.img (ext4, sparse), vmlinuz and initrd. Root.
# The machine runs, at every boot, /elsewhere/carry.sh of the disk labelled ELSEWHERE: what it does is no part of it.
set -euo pipefail
codename=bookworm
# The cloud kernel has no USB at all, and a stick is USB.
packages=systemd-sysv,dbus,udev,kmod,iproute2,netbase,procps,sudo,openssl,linux-image-amd64,initramfs-tools,zstd
disk_size=6G
user=visitor

# The files among apt's sources that name this release: mmdebstrap takes them as they are, with their keys.
source_files() {
  apt-get indextargets --format '$(CODENAME) $(RELEASE) $(SOURCESENTRY)' 'Created-By: Packages' |
    sed -nE "s/^.*\<$codename(-updates|-security)? (.*):[0-9]+\$/\2/p" | sort -u
}

# An initrd that knows this machine's disk and nothing else: it is unpacked in software emulation at each boot.
write_hooks() {
  cat > "$1/essential" <<'HOOK'
set -eu
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
printf 'MODULES=list\nCOMPRESS=zstd\nRESUME=none\n' > "$1/etc/initramfs-tools/conf.d/vm"
printf 'virtio_pci\nvirtio_blk\next4\n' > "$1/usr/share/initramfs-tools/modules.d/vm"
HOOK
  cat > "$1/customize" <<HOOK
set -eu
printf 'site\n' > "\$1/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 site\n' > "\$1/etc/hosts"
: > "\$1/etc/resolv.conf"
: > "\$1/etc/machine-id"
chroot "\$1" useradd --create-home --shell /bin/bash $user
printf '$user ALL=(ALL) NOPASSWD: ALL\n' > "\$1/etc/sudoers.d/$user"
chmod 440 "\$1/etc/sudoers.d/$user"
for unit in apt-daily.timer apt-daily-upgrade.timer serial-getty@ttyS0.service; do ln -sf /dev/null "\$1/etc/systemd/system/\$unit"; done
mkdir -p "\$1/elsewhere" "\$1/etc/systemd/system/multi-user.target.wants"
cp "$here/carry.service" "\$1/etc/systemd/system/carry.service"
ln -s ../carry.service "\$1/etc/systemd/system/multi-user.target.wants/carry.service"
HOOK
  chmod +x "$1/essential" "$1/customize"
}

make_root() {
  local folder=$1 sources=$2
  write_hooks "$folder"
  # shellcheck disable=SC2086
  mmdebstrap --quiet --mode=root --variant=minbase --format=directory --include="$packages" \
    --essential-hook="$folder/essential" --customize-hook="$folder/customize" "$codename" "$folder/root" $sources >&2
  cp -L "$folder/root/vmlinuz" "$folder/root/initrd.img" "$folder/"
  mv "$folder/initrd.img" "$folder/initrd"
  truncate --size=$disk_size "$folder/root.img"
  mke2fs -q -t ext4 -L ROOT -d "$folder/root" "$folder/root.img"
  rm -rf -- "$folder/root" "$folder/essential" "$folder/customize"
}

here=$(cd "$(dirname "$0")" && pwd)
sources=$(source_files)
[ -n "$sources" ] || { echo "root.sh: expected a package source of '$codename' in /etc/apt, found none" >&2; exit 6; }
# shellcheck disable=SC2086
key=$(cat "$0" "$here/carry.service" $sources | sha256sum | cut -c1-16)
kept=${XDG_CACHE_HOME:-$HOME/.cache}/rootcellar/vm
mkdir -p "$kept"
exec 9> "$kept/lock"
flock 9
if [ ! -d "$kept/$key" ]; then
  making=$(mktemp -d "$kept/making.XXXXXX")
  trap 'rm -rf -- "$making"' EXIT
  make_root "$making" "$sources"
  mv -T "$making" "$kept/$key"
fi
echo "$kept/$key"
