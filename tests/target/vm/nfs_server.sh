# What the scripts of NFS that run inside the virtual machine share: sourced by them after machine.sh, runs nothing by itself.
# The machine has no network card; what stands in for its network is a link to nowhere with an address of its own.
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

install_it() {
  sh "$mounted/START.sh" install --trust "$key" --yes
  umount "$mounted"
  prove "exit code 0"
}

status() {
  rootcellar-install status | tee "$state/status"
  prove "exit code 0: $(grep -c 'nfs-mount-.*passed' "$state/status") mounts proven"
}

# The folder for everybody is shown to the network, and each service given, as "NAME PROTOCOL PORT", has its port.
exports_scratch() {
  local wanted
  showmount --exports --no-headers "$address" | tee "$state/exports"
  grep -qx "$share/scratch $network" <(tr -s ' ' < "$state/exports") || fail "expected $share/scratch for $network"
  rpcinfo -p "$address" | awk '{print $5, $3, $4}' | sort -u | tee "$state/ports"
  for wanted in "$@"; do
    grep -qx "$wanted" "$state/ports" || fail "expected '$wanted' among the ports"
  done
}

nobody_serves() {
  ! ss --no-header --listening --tcp --numeric | grep -E ':(2049|111|32767) ' || fail "expected nobody to serve NFS"
}

uninstall() {
  rootcellar-install uninstall --yes
  [ ! -e /usr/local/sbin/rootcellar-install ] || fail "expected the installer itself to be gone"
  prove "exit code 0"
}

# Without data, and without what the server's own package leaves of its state when it is purged.
look_but_for_data() { look | grep -v -e '^content [^ ]*  /srv/' -e '^file /srv/' -e '^file /var/lib/nfs' | sort; }

taken_back() {
  look_but_for_data > "$state/after"
  diff "$state/before" "$state/after" || fail "expected the machine as it was before the install, but for /srv"
  prove "packages, users, units, files, ports and mounts as before the install ($(wc -l < "$state/after") facts)"
}
