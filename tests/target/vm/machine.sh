# What the scripts that run inside the virtual machine share: sourced by them, runs nothing by itself.
# One line for each step on the console, `VM: NAME ok|FAILED PROOF (SECONDS)`; what the step printed stands above it, four columns in.
# A step is a function; the last line it writes to descriptor 3 is its proof.
elsewhere=/elsewhere
user=visitor
key=/home/$user/lab-team.pub
mounted=/mnt/stick
state=/var/lib/vm
stick=/dev/disk/by-label/ROOTCELLAR

# The clock may be set by what is measured.
uptime_seconds() { cut -d. -f1 /proc/uptime; }

step() {
  local name=$1 started code
  started=$(uptime_seconds)
  : > "$state/proof"
  set +e
  ( set -e; "$@" ) 3> "$state/proof" 2>&1 | tee "$state/output" | sed --unbuffered 's/^/    /'
  code=${PIPESTATUS[0]}
  set -e
  if [ "$code" = 0 ]; then
    printf '\nVM: %s ok %s (%s)\n' "$name" "$(tail -n 1 "$state/proof")" $(($(uptime_seconds) - started))
  else
    printf '\nVM: %s FAILED exit code %s: %s (%s)\n' "$name" "$code" "$(reason)" $(($(uptime_seconds) - started))
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

list_stick() { find "$1" -type f -printf '%P %s %TY-%Tm-%Td %TH:%TM\n' | sort; }

# --- the machine as it is

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

# Runs first_boot, second_boot and third_boot, one at each boot.
go_on() {
  local number
  mkdir -p "$state"
  number=$(($(cat "$state/boot" 2> /dev/null || echo 0) + 1))
  echo "$number" > "$state/boot"
  case "$number" in
    1) first_boot; systemctl reboot ;;
    2) second_boot; systemctl reboot ;;
    3) third_boot; printf '\nVM: done\n'; systemctl poweroff ;;
  esac
}
