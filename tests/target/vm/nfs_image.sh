#!/bin/bash
# Runs inside the virtual machine, at each boot, as root: an appliance that gives folders away by NFSv3 from a container, from the USB stick.
# The machine has no network card; what stands in for its network is a link to nowhere with an address of its own.
set -euo pipefail
. /elsewhere/machine.sh
address=192.0.2.10
network=192.0.2.0/24
client=/mnt/client
share=/srv/share

link() {
  modprobe dummy numdummies=0
  ip link add lan0 type dummy
  ip address add "$address/24" dev lan0
  ip link set lan0 up
  prove "$(ip -brief address show lan0 | tr -s ' ')"
}

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

install_it() {
  sh "$mounted/START.sh" install --trust "$key" --yes
  umount "$mounted"
  prove "exit code 0"
}

status() {
  rootcellar-install status | tee "$state/status"
  prove "exit code 0: $(grep -c 'nfs-mount-.*passed' "$state/status") mounts proven"
}

exported() {
  ! systemctl is-active rpcbind.socket rpcbind.service || fail "expected the machine's own rpcbind to be down"
  docker ps --filter name=rootcellar-nfs --format '{{.Names}} {{.Image}} {{.Status}}' | tee "$state/running"
  grep -q '^rootcellar-nfs 127.0.0.1:5000/' "$state/running" || fail "expected the container"
  showmount --exports --no-headers "$address" | tee "$state/exports"
  grep -qx "$share/scratch $network" <(tr -s ' ' < "$state/exports") || fail "expected $share/scratch for $network"
  rpcinfo -p "$address" | awk '{print $5, $3, $4}' | sort -u | tee "$state/ports"
  for wanted in 'mountd tcp 32767' 'status tcp 32765' 'nlockmgr tcp 32768' 'nfs tcp 2049'; do
    grep -qx "$wanted" "$state/ports" || fail "expected '$wanted' among the ports"
  done
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

uninstall() {
  rootcellar-install uninstall --yes
  [ ! -e /usr/local/sbin/rootcellar-install ] || fail "expected the installer itself to be gone"
  prove "exit code 0"
}

kept() {
  [ -s "$share/scratch/by-3" ] || fail "expected what clients wrote"
  [ ! -e /etc/rootcellar ] && [ ! -e /etc/systemd/system/rootcellar-nfs.service ] || fail "expected the table and the unit to be gone"
  ! ss --no-header --listening --tcp --numeric | grep -E ':(2049|111|32767) ' || fail "expected nobody to serve NFS"
  prove "what clients wrote; the table, the unit and the server are gone"
}

look_but_for_data() { look | grep -v -e '^content [^ ]*  /srv/' -e '^file /srv/' -e '^file /var/lib/nfs' | sort; }

taken_back() {
  look_but_for_data > "$state/after"
  diff "$state/before" "$state/after" || fail "expected the machine as it was before the install, but for /srv"
  prove "packages, users, units, files, ports and mounts as before the install ($(wc -l < "$state/after") facts)"
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
