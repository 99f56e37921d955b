#!/bin/bash
# Runs inside the virtual machine, at each boot, as root: carries the appliance from the USB stick, the way the stick's page says.
# One line for each step on the console, `VM: NAME ok|FAILED PROOF (SECONDS)`; what the step printed stands above it, four columns in.
# A step is a function; the last line it writes to descriptor 3 is its proof.
set -euo pipefail
elsewhere=/elsewhere
user=visitor
key=/home/$user/lab-team.pub
desktop=/media/$user/ROOTCELLAR
mounted=/mnt/stick
state=/var/lib/vm
stick=/dev/disk/by-label/ROOTCELLAR
page_repository=docker.io/rootcellar/lab-page
page_says='This page crossed the gap on a stick'
tools_repository=quay.io/rootcellar/lab-tools

step() {
  local name=$1 started=$SECONDS code
  : > "$state/proof"
  set +e
  ( set -e; "$@" ) 3> "$state/proof" 2>&1 | tee "$state/output" | sed --unbuffered 's/^/    /'
  code=${PIPESTATUS[0]}
  set -e
  if [ "$code" = 0 ]; then
    printf '\nVM: %s ok %s (%s)\n' "$name" "$(tail -n 1 "$state/proof")" $((SECONDS - started))
  else
    printf '\nVM: %s FAILED exit code %s: %s (%s)\n' "$name" "$code" "$(reason)" $((SECONDS - started))
    give_up
  fi
}

# The first error it printed, else its last line.
reason() { grep --max-count=1 '^error: ' "$state/output" || tail -n 1 "$state/output"; }

give_up() {
  tail -n 60 /var/log/rootcellar/*.log 2>/dev/null | sed 's/^/    log: /' || true
  journalctl --no-pager --boot --lines=40 | sed 's/^/    journal: /' || true
  systemctl poweroff --force
  exit 1
}

fail() { echo "$*"; exit 1; }
prove() { printf '%s\n' "$*" >&3; }
as_visitor() { (cd "/home/$user" && runuser -u "$user" -- "$@") < /dev/null; }

# --- what kind of machine this is

boot() {
  local said
  said=$(systemctl is-system-running --wait || true)
  [ "$said" = running ] || { systemctl --failed --no-pager; fail "expected the system to be running, found $said"; }
  prove "$(. /etc/os-release; echo "$PRETTY_NAME"), Linux $(uname -r), boot $(cut -c1-8 /proc/sys/kernel/random/boot_id), up $(cut -d. -f1 /proc/uptime) s"
}

sealed() {
  ls /sys/class/net
  ip route show table all
  [ "$(ls /sys/class/net)" = lo ] || fail "expected no network card but the loopback"
  [ -z "$(ip -4 route show default)$(ip -6 route show default)" ] || fail "expected no default route"
  if pci_has_class 0x02; then fail "expected no network card on the PCI bus"; fi
  prove "no network card on the bus, no link but lo, no default route"
}

# Whether the PCI bus has a device of this class (0x02: network controller).
pci_has_class() { grep -q "^$1" /sys/bus/pci/devices/*/class; }

cgroup() {
  local kind
  kind=$(stat --file-system --format=%T /sys/fs/cgroup)
  [ "$kind" = cgroup2fs ] || fail "expected cgroup2fs at /sys/fs/cgroup, found $kind"
  prove "$kind with $(cat /sys/fs/cgroup/cgroup.controllers)"
}

# --- the stick

stick() {
  local device path
  udevadm wait --timeout=120 "$stick"
  device=$(readlink -f "$stick")
  path=$(readlink -f "/sys/class/block/${device##*/}")
  udevadm info --query=property "$device" | grep -E '^ID_(BUS|FS_TYPE|FS_VERSION|MODEL)='
  udevadm info --query=property "$device" | grep -qx ID_BUS=usb || fail "expected the stick on the USB bus"
  udevadm info --query=property "$device" | grep -qx ID_FS_VERSION=FAT32 || fail "expected FAT32 on the stick"
  prove "$device, FAT32, ${path#/sys/devices/}"
}

# What desktops do: for the one who sits there, writable, .exe and .com files alone may run.
desktop() {
  mkdir -p "$desktop"
  mount -t vfat -o "rw,nosuid,nodev,uid=$(id -u $user),gid=$(id -g $user),fmask=0022,dmask=0022,shortname=mixed,utf8,flush,showexec" "$stick" "$desktop"
  list_stick "$desktop" | tee "$state/stick-before"
  [ ! -x "$desktop/rootcellar-install" ] || fail "expected no right to run on the stick's files"
  install -o "$user" -m 644 "$elsewhere/lab-team.pub" "$key"
  prove "$(findmnt --noheadings --output FSTYPE,OPTIONS "$desktop" | tr -s ' ')"
}

list_stick() { find "$1" -type f -printf '%P %s %TY-%Tm-%Td %TH:%TM\n' | sort; }

# The commands of README.txt, as they stand there; only the two paths are filled in.
readme_commands() {
  printf 'KEY=%s\ncd %s\n' "$key" "$1"
  tr -d '\r' < "$1/README.txt" | sed -n '/^    T=\$(mktemp/,/^    check START\.sh$/p'
}

checked() {
  readme_commands "$desktop" | tee "$state/commands"
  as_visitor sh "$state/commands" > "$state/said" 2>&1 || true
  cat "$state/said"
  [ "$(grep -cx 'Signature Verified Successfully' "$state/said")" = 2 ] || fail "expected both signatures to verify"
  prove "rootcellar-install and START.sh, by openssl, with the commands of README.txt and the key from elsewhere"
}

# The same commands on a stick whose installer and START.sh were altered in one byte.
forged() {
  local forged=/home/$user/forged name
  mkdir -p "$forged"
  cp "$desktop"/README.txt "$desktop"/START.sh "$desktop"/rootcellar-install "$desktop"/*.minisig "$forged/"
  for name in rootcellar-install START.sh; do printf '#' | dd of="$forged/$name" bs=1 seek=1000 conv=notrunc status=none; done
  chown -R "$user" "$forged"
  readme_commands "$forged" > "$state/commands"
  as_visitor sh "$state/commands" > "$state/said" 2>&1 || true
  cat "$state/said"
  rm -r "$forged"
  [ "$(grep -cx 'Signature Verification Failure' "$state/said")" = 2 ] || fail "expected both signatures to be refused"
  prove "one byte changed in each: refused by the same commands"
}

verify() {
  as_visitor sh "$desktop/START.sh" verify --trust "$key"
  prove "as an ordinary user, from the showexec mount"
}

plan() {
  as_visitor sudo sh "$desktop/START.sh" plan --trust "$key" | tee "$state/plan"
  [ ! -e /var/lib/rootcellar ] && [ ! -e /etc/rootcellar ] || fail "expected plan to touch nothing"
  prove "$(wc -l < "$state/plan") lines printed from the showexec mount, nothing touched"
}

# --- the appliance

install_it() {
  umount "$desktop"
  mkdir -p "$mounted"
  mount -t vfat -o ro,nosuid,nodev,noexec "$stick" "$mounted"
  as_visitor sudo sh "$mounted/START.sh" install --trust "$key" --yes
  list_stick "$mounted" | diff "$state/stick-before" - || fail "expected the stick as it was"
  umount "$mounted"
  prove "from the stick mounted ro,noexec; the stick is as it was"
}

status() {
  as_visitor sudo rootcellar-install status | tee "$state/status"
  prove "exit code 0, without the stick: $(grep -c passed "$state/status") checks passed"
}

# The page is taken away from docker first: what runs then was pulled from this machine's own registry.
run() {
  local page tools
  page=$page_repository:$(tag_of "$page_repository") tools=$tools_repository:$(tag_of "$tools_repository")
  docker image rm "$page" "127.0.0.1:5000/$page"
  docker pull "$page"
  docker pull "127.0.0.1:5000/$page"
  docker run --detach --rm --name vm-page --publish 127.0.0.1:8080:8080 "$page"
  for _ in $(seq 60); do
    get 8080 / > "$state/page" 2> /dev/null || true  # the port is open before the container serves
    ! grep -q "$page_says" "$state/page" || break
    sleep 0.5
  done
  docker kill vm-page
  grep "$page_says" "$state/page" || fail "expected the page from the container"
  docker run --rm "$tools" /usr/bin/jq -n '6 * 7' | tee "$state/answer"
  grep -qx 42 "$state/answer" || fail "expected 42 from the container"
  prove "the page pulled from the machine's own registry and served through a published port; 6 * 7 by jq"
}

tag_of() { get 5000 "/v2/$1/tags/list" | sed -n 's/.*"tags":\["\([^"]*\)".*/\1/p'; }

# One HTTP GET with what a minimal Debian has.
get() {
  exec 4<> "/dev/tcp/127.0.0.1/$1"
  printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&4
  cat <&4
  exec 4>&-
}

uninstall() {
  as_visitor sudo rootcellar-install uninstall --yes
  [ ! -e /usr/local/sbin/rootcellar-install ] || fail "expected the installer itself to be gone"
  prove "exit code 0"
}

# --- the machine as it was

look() {
  dpkg-query --show --showformat='package ${binary:Package} ${db:Status-Abbrev} ${Version}\n'
  apt-mark showhold | sed 's/^/hold /'
  sed 's/^/user /' /etc/passwd
  sed 's/^/group /' /etc/group
  systemctl list-unit-files --no-legend --no-pager | awk '{print "unit " $1 " " $2}'
  find /etc /usr/local /opt /srv /root -type f ! -name '*-' ! -path /etc/ld.so.cache ! -path /etc/docker/key.json -print0 |
    xargs --null --no-run-if-empty sha256sum | sed 's/^/content /'
  list_files | sed 's/^/file /'
  ss --no-header --listening --tcp --udp --numeric | awk '{print "listening " $1 " " $5}'
  sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding | sed 's/^/sysctl /'
  ls /sys/class/net | sed 's/^/link /'
  findmnt --noheadings --raw --output TARGET | grep -v -e '^/\(dev\|media\|proc\|run\|sys\)\>' | sed 's/^/mount /'
}

# Type, mode, owner and link of all there is, but for what a rehearsal tolerates too (docs/rehearsal.md) and what this test itself leaves.
list_files() {
  local path passed=(-false)
  for path in /dev /elsewhere /lost+found /media /mnt /proc /run /sys /tmp /var/tmp "$state" /var/backups /var/cache /var/log \
    /var/lib/apt /var/lib/containerd /var/lib/docker /var/lib/dpkg /var/lib/rootcellar /var/lib/systemd /etc/cni /etc/docker '/etc/*-'; do
    passed+=(-o -path "$path")
  done
  find / -xdev \( "${passed[@]}" \) -prune -o -printf '%p %y %m %u:%g %l\n'
}

taken_back() {
  look | sort > "$state/after"
  diff "$state/before" "$state/after" || fail "expected the machine as it was before the install"
  prove "packages, holds, users, groups, units, files, ports, links and mounts as before the install ($(wc -l < "$state/after") facts)"
}

first_boot() {
  step boot
  step sealed
  step cgroup
  step stick
  step desktop
  step checked
  step forged
  look | sort > "$state/before"
  step verify
  step plan
  step install_it
  step status
  step run
}

second_boot() {
  step boot
  step status
  step run
  step uninstall
}

third_boot() {
  step boot
  step taken_back
  step sealed
}

mkdir -p "$state"
number=$(($(cat "$state/boot" 2> /dev/null || echo 0) + 1))
echo "$number" > "$state/boot"
case "$number" in
  1) first_boot; systemctl reboot ;;
  2) second_boot; systemctl reboot ;;
  3) third_boot; printf '\nVM: done\n'; systemctl poweroff ;;
esac
