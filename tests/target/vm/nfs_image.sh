#!/bin/bash
# Runs inside the virtual machine, at each boot, as root: an appliance that gives folders away by NFSv3 from a container, from the USB stick.
set -euo pipefail
. /elsewhere/machine.sh
. /elsewhere/nfs_server.sh

# What else listens there is refused before anything is touched.
refused() {
  local code=0 other
  mkdir -p "$mounted"
  mount -t vfat -o ro,nosuid,nodev,noexec "$stick" "$mounted"
  perl -MIO::Socket::INET -e 'my $held = IO::Socket::INET->new(LocalPort => 2049, Listen => 1) or die; sleep' &
  other=$!
  sleep 2
  sh "$mounted/START.sh" install --trust "$key" --yes > "$state/said" 2>&1 || code=$?
  kill "$other"
  cat "$state/said"
  [ "$code" = 6 ] || fail "expected exit code 6, found $code"
  grep -q "port 2049 is taken by a program of user 'root', and NFS needs it" "$state/said" || fail "expected the reason"
  [ ! -e "$share" ] && [ ! -e /var/lib/rootcellar/journal ] || fail "expected nothing to be touched"
  prove "a program that has port 2049"
}

exported() {
  ! systemctl is-active rpcbind.socket rpcbind.service || fail "expected the machine's own rpcbind to be down"
  docker ps --filter name=rootcellar-nfs --format '{{.Names}} {{.Image}} {{.Status}}' | tee "$state/running"
  grep -q '^rootcellar-nfs 127.0.0.1:5000/' "$state/running" || fail "expected the container"
  exports_scratch 'mountd tcp 32767' 'status tcp 32765' 'nlockmgr tcp 32768' 'nfs tcp 2049'
  prove "$(wc -l < "$state/exports") folders for $network, by $(cut -d' ' -f2 "$state/running")"
}

# What a client does with it, through the machine's own address.
mounted_3() {
  local said
  mkdir -p "$client"
  mount -t nfs -o vers=3,nolock "$address:$share/scratch" "$client"
  said=$(findmnt --noheadings --output FSTYPE,OPTIONS "$client" | tr -s ' ')
  date > "$client/by-3"
  umount "$client"
  [ -s "$share/scratch/by-3" ] || fail "expected the client's file on the server"
  ! mount -t nfs -o vers=4.2,soft,retry=0 "$address:$share/scratch" "$client" || fail "expected version 4 not to be served"
  prove "$said; not by version 4"
}

# A server that ends is started again; what clients hold goes on.
again() {
  local before after
  before=$(docker inspect --format '{{.Id}}' rootcellar-nfs)
  mount -t nfs -o vers=3,nolock "$address:$share/scratch" "$client"
  docker kill rootcellar-nfs
  timeout 120 bash -c "until docker inspect rootcellar-nfs && systemctl is-active --quiet rootcellar-nfs; do sleep 1; done" > "$state/waited" 2>&1 ||
    { cat "$state/waited"; fail "expected the container again"; }
  after=$(docker inspect --format '{{.Id}}' rootcellar-nfs)
  [ "$before" != "$after" ] || fail "expected another container"
  timeout 120 touch "$client/after-the-kill" || fail "expected the client to go on"
  umount "$client"
  prove "another container after a kill; the client's mount went on"
}

kept() {
  [ -s "$share/scratch/by-3" ] || fail "expected what clients wrote"
  [ ! -e /etc/rootcellar ] && [ ! -e /etc/systemd/system/rootcellar-nfs.service ] || fail "expected the table and the unit to be gone"
  nobody_serves
  prove "what clients wrote; the table, the unit and the server are gone"
}

first_boot() {
  step boot
  step sealed
  step stick
  step link
  install -m 644 "$elsewhere/lab-team.pub" "$key"
  look_but_for_data > "$state/before"
  step refused
  step install_it
  step status
  step exported
  step mounted_3
  step again
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
