#!/usr/bin/env bash
# Real chrony on two machines of one network, as namespaces, with the settings that the installer writes (the golden files): the second one
# follows the first, and says so to the command that the install waits by. Nobody's clock is set (-x). Root; package chrony.
#   two_clocks.sh
set -euo pipefail
golden=$(cd "$(dirname "$0")/../golden/plan/lan" && pwd)
first=rc-first-$$ other=rc-other-$$
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rootcellar-clocks.XXXXXX")
pids=()
cleanup() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2> /dev/null || true
  wait 2> /dev/null || true
  ip netns delete "$first" 2> /dev/null || true
  ip netns delete "$other" 2> /dev/null || true
  rm -rf -- "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

ip netns add "$first"
ip netns add "$other"
ip link add lan0 netns "$first" type veth peer name lan0 netns "$other"
ip -n "$first" address add 192.0.2.10/24 dev lan0
ip -n "$other" address add 192.0.2.11/24 dev lan0
for machine in "$first" "$other"; do ip -n "$machine" link set lo up; ip -n "$machine" link set lan0 up; done

# Its own folders, where the settings look for them.
on() {
  local machine=$1
  shift
  mkdir -p "$scratch/$machine/run" "$scratch/$machine/lib"
  ip netns exec "$machine" unshare --mount sh -c 'mkdir -p /run/chrony /var/lib/chrony
    mount --bind "$1/run" /run/chrony; mount --bind "$1/lib" /var/lib/chrony; shift; exec "$@"' sh "$scratch/$machine" "$@"
}

chown _chrony:_chrony "$scratch"
chmod 755 "$scratch"
served=
for machine in "$first" "$other"; do
  settings=$golden/chrony-first.conf
  [ "$machine" = "$first" ] || settings=$golden/chrony-other.conf
  mkdir -p "$scratch/$machine/run" "$scratch/$machine/lib"
  chown _chrony:_chrony "$scratch/$machine/run" "$scratch/$machine/lib"
  chmod 750 "$scratch/$machine/run" "$scratch/$machine/lib"
  on "$machine" /usr/sbin/chronyd -x -l "$scratch/$machine.log" -f "$settings"  # answers when this returns
  pids+=("$(cat "$scratch/$machine/run/chronyd.pid")")
  [ "$machine" != "$first" ] || served=$(on "$machine" chronyc -n tracking)
done

fail() { echo "two_clocks.sh: $*" >&2; cat "$scratch"/*.log >&2; exit 1; }
on "$other" chronyc -n waitsync 60 0 0 1 || fail "expected the other machine to have a time"
followed=$(on "$other" chronyc -n tracking)
sources=$(on "$other" chronyc -n sources)
printf '%s\n\n%s\n\n%s\n' "$served" "$followed" "$sources"
grep -q '^Reference ID *: 7F7F0101' <<< "$served" || fail "expected the first machine's own clock to be its reference"
grep -q '^Stratum *: 10$' <<< "$served" || fail "expected stratum 10"
grep -q '^Reference ID *: C000020A (192.0.2.10)$' <<< "$followed" || fail "expected the other machine to follow 192.0.2.10"
grep -q '^Stratum *: 11$' <<< "$followed" || fail "expected stratum 11"
grep -q '^\^\* 192.0.2.10 ' <<< "$sources" || fail "expected 192.0.2.10 to be selected"
on "$other" ss --no-header --listening --udp --numeric | grep -q ':123 ' && fail "expected no port 123 on a machine that follows"
echo "the other machine follows the first"
