#!/bin/bash
# Runs inside the virtual machine, at each boot, as root: an appliance that gives folders away by NFS and brings data, from the USB stick.
set -euo pipefail
. /elsewhere/machine.sh
. /elsewhere/nfs_server.sh

plan() {
  mkdir -p "$mounted"
  mount -t vfat -o ro,nosuid,nodev,noexec "$stick" "$mounted"
  sh "$mounted/START.sh" plan --trust "$key" | tee "$state/plan"
  grep -q "$share/media $network(rw,sync,no_subtree_check)" "$state/plan" || fail "expected the network in the plan"
  prove "exports for $network, the network of lan0"
}

# What somebody else exports is refused before anything is touched.
refused() {
  local code=0
  printf '/srv *(ro)\n' > /etc/exports
  sh "$mounted/START.sh" install --trust "$key" --yes > "$state/said" 2>&1 || code=$?
  cat "$state/said"
  rm /etc/exports
  [ "$code" = 6 ] || fail "expected exit code 6, found $code"
  grep -q "/etc/exports gives '/srv' away already" "$state/said" || fail "expected the reason"
  [ ! -e /srv/share ] && [ ! -e /var/lib/rootcellar/journal ] || fail "expected nothing to be touched"
  prove "a folder that /etc/exports gives away already"
}

exported() {
  exports_scratch 'mountd tcp 32767' 'nlockmgr tcp 32768' 'nfs tcp 2049'
  prove "$(wc -l < "$state/exports") folders for $network; mountd at 32767, locks at 32768"
}

# What a client does with it, through the machine's own address.
mounted_by() {
  local version=$1 said
  mkdir -p "$client"
  mount -t nfs -o "vers=$version,$2" "$address:$share/scratch" "$client"
  said=$(findmnt --noheadings --output FSTYPE,OPTIONS "$client" | tr -s ' ')
  echo "written by $version" > "$client/by-$version"
  umount "$client"
  grep -qx "written by $version" "$share/scratch/by-$version" || fail "expected the client's file on the server"
  mount -t nfs -o "vers=$version,$2" "$address:$share/media" "$client"
  as_visitor grep -qx 'M31 0.68' "$client/sky/catalogue/near.txt" || fail "expected the data through NFS, for the one who owns it"
  ! cat "$client/sky/catalogue/near.txt" || fail "expected a client's root to be nobody here"
  umount "$client"
  prove "$said"
}

mounted_3() { mounted_by 3 nolock; }
mounted_4() { mounted_by 4.2 soft; }

data() {
  find "$share/media/sky" /srv/notes -printf '%P %y %m %U:%G %s %l\n' | sort | tee "$state/data"
  grep -qx 'catalogue/near.txt f 640 1000:1000 9 ' "$state/data" || fail "expected the file with its owner and mode"
  grep -qx 'catalogue d 750 1000:1000 .* ' "$state/data" || fail "expected the folder with its owner and mode"
  grep -qx 'nearest l 777 0:0 .* catalogue/near.txt' "$state/data" || fail "expected the link"
  [ "$(stat --format=%a /srv/notes)" = 700 ] || fail "expected the mode of the folder itself"
  prove "$(wc -l < "$state/data") files and folders of an xz tar and a zip, by owner and mode"
}

kept() {
  find "$share/media/sky" /srv/notes -printf '%P %y %m %U:%G %s %l\n' | sort | diff "$state/data" - || fail "expected the data as it was"
  ls "$share/scratch"
  [ -e "$share/scratch/by-3" ] && [ -e "$share/scratch/by-4.2" ] || fail "expected what clients wrote"
  [ ! -e /etc/exports.d ] && [ ! -e /etc/nfs.conf.d/rootcellar.conf ] || fail "expected the table and the settings to be gone"
  nobody_serves
  prove "data, and what clients wrote; the table, the settings and the server are gone"
}

first_boot() {
  step boot
  step sealed
  step stick
  step link
  install -m 644 "$elsewhere/lab-team.pub" "$key"
  look_but_for_data > "$state/before"
  step plan
  step refused
  step install_it
  step status
  step exported
  step mounted_3
  step mounted_4
  step data
}

second_boot() {
  step boot
  step link
  step status
  step mounted_3
  step uninstall
  step kept
}

third_boot() {
  step boot
  step link
  step taken_back
}

go_on
