#!/bin/bash
# Runs inside the virtual machine, at each boot, as root: carries the appliance from the USB stick, the way the stick's page says.
set -euo pipefail
. /elsewhere/machine.sh
desktop=/media/$user/ROOTCELLAR
page_repository=docker.io/rootcellar/lab-page
page_says='This page crossed the gap on a stick'
tools_repository=quay.io/rootcellar/lab-tools

cgroup() {
  local kind
  kind=$(stat --file-system --format=%T /sys/fs/cgroup)
  [ "$kind" = cgroup2fs ] || fail "expected cgroup2fs at /sys/fs/cgroup, found $kind"
  prove "$kind with $(cat /sys/fs/cgroup/cgroup.controllers)"
}

# --- the stick

# What desktops do: for the one who sits there, writable, .exe and .com files alone may run.
desktop() {
  mkdir -p "$desktop"
  mount -t vfat -o "rw,nosuid,nodev,uid=$(id -u $user),gid=$(id -g $user),fmask=0022,dmask=0022,shortname=mixed,utf8,flush,showexec" "$stick" "$desktop"
  list_stick "$desktop" | tee "$state/stick-before"
  [ ! -x "$desktop/rootcellar-install" ] || fail "expected no right to run on the stick's files"
  install -o "$user" -m 644 "$elsewhere/lab-team.pub" "$key"
  prove "$(findmnt --noheadings --output FSTYPE,OPTIONS "$desktop" | tr -s ' ')"
}

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

go_on
