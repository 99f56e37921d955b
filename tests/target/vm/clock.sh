#!/bin/bash
# Runs inside the virtual machine, at each boot, as root: an appliance for a network comes to a machine whose clock is years off, and whose
# battery is empty at the next boot, too. vm.sh names the year of the first boot.
set -euo pipefail
. /elsewhere/machine.sh
year=$(cat "$elsewhere/year")
word=$(cat "$elsewhere/now")
answers=/root/answers.yaml
address=192.0.2.10
domain=lab.internal
authority=/usr/local/share/ca-certificates/rootcellar-site.crt

# systemd brings a clock that is before its own making, or fifteen years after, to when it was made; what is ahead by less stays.
ahead=yes
case "$year" in 1970 | 2050) ahead=no ;; esac

now() { date --utc +%Y-%m-%dT%H:%M:%SZ; }

# A network that nobody else is on, there at every boot before what listens on it.
network() {
  cat > /etc/systemd/system/vm-lan.service <<UNIT
[Unit]
DefaultDependencies=no
Before=network-pre.target
Wants=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/ip link add lan0 type dummy
ExecStart=/usr/sbin/ip address add $address/24 dev lan0
ExecStart=/usr/sbin/ip link set lan0 up
[Install]
WantedBy=multi-user.target
UNIT
  systemctl enable --now --quiet vm-lan.service
  prove "$(ip -brief -4 address show dev lan0 | tr -s ' ')"
}

wrong_clock() {
  echo "battery: $(hwclock --show --utc || true); system: $(now)"
  hwclock --show --utc | grep -q "^$year-" || fail "expected the battery's clock to be in $year"
  if [ "$ahead" = yes ]; then
    [ "$(date --utc +%Y)" = "$year" ] || fail "expected the year $year, found $(now)"
  else
    [ "$(date --utc +%Y)" -gt 2020 ] && [ "$(date +%s)" -lt "$(date --date="$word" +%s)" ] || fail "expected the time when systemd was made, found $(now)"
  fi
  prove "the battery's clock is in $year, and the system's says $(now)"
}

mount_stick() {
  mkdir -p "$mounted"
  mount -t vfat -o ro,nosuid,nodev,noexec "$stick" "$mounted"
  install -o "$user" -m 644 "$elsewhere/lab-team.pub" "$key"
  printf 'cluster:\n  address: %s\n' "$address" > "$answers"
  prove "$(findmnt --noheadings --output FSTYPE,OPTIONS "$mounted" | tr -s ' ')"
}

verify() {
  as_visitor sh "$mounted/START.sh" verify --trust "$key"
  prove "the bundle verifies at $(now)"
}

# Without a word about the clock: refused, both times named, nothing touched.
refused() {
  local code=0 expected
  as_visitor sudo sh "$mounted/START.sh" install --trust "$key" --answers "$answers" --yes > "$state/said" 2>&1 || code=$?
  cat "$state/said"
  [ "$code" = 6 ] || fail "expected exit code 6, found $code"
  expected='before the bundle was made, at'
  [ "$ahead" = no ] || expected='more than two years after the bundle was made, at'
  grep -q "this machine's clock says $(date --utc +%Y).*, $expected 20" "$state/said" || fail "expected both times"
  grep -qF "give --time with what time it is in UTC" "$state/said" || fail "expected the option"
  grep -qF "answer 'clock.correct: true'" "$state/said" || fail "expected the key"
  [ ! -e /var/lib/rootcellar ] && [ ! -e /etc/rootcellar ] || fail "expected nothing to be touched"
  prove "exit code 6, with both times, the option and the key; nothing touched"
}

# By the operator's word in one machine, by the answer in the others.
install_it() {
  local words=() first
  if [ "$year" = 2050 ]; then words=(--time "$word"); else printf 'clock:\n  correct: true\n' >> "$answers"; fi
  as_visitor sudo sh "$mounted/START.sh" install --trust "$key" --answers "$answers" --yes "${words[@]}"
  umount "$mounted"
  first=$(grep -a -o '"kind":"begin","time":[0-9]*,"step":"[a-z-]*"' /var/lib/rootcellar/journal | head -n 1)
  [ "${first##*,}" = '"step":"clock"' ] || fail "expected the clock first in the journal, found $first"
  prove "the journal begins with $first, and now it is $(now)"
}

status() {
  as_visitor sudo rootcellar-install status | tee "$state/status"
  prove "exit code 0: $(grep -c passed "$state/status") checks passed"
}

# What a browser does, by curl with the machine's own trust and by openssl.
page() {
  local at="--resolve $domain:443:$address"
  # shellcheck disable=SC2086
  curl --silent --show-error --fail $at "https://$domain/" > "$state/page"
  grep -q '<title>' "$state/page" || fail "expected the page"
  openssl s_client -connect "$address:443" -servername "$domain" -CAfile "$authority" -verify_hostname "$domain" -verify_return_error \
    < /dev/null > "$state/tls" 2>&1 || { cat "$state/tls"; fail "expected openssl to verify the certificate"; }
  grep 'Verif' "$state/tls"
  # shellcheck disable=SC2086
  ! curl --silent --capath /nonexistent --cacert /etc/ssl/certs/ISRG_Root_X1.pem $at "https://$domain/" || fail "expected nobody else to vouch for it"
  prove "$(sed -n 's:.*<title>\(.*\)</title>.*:\1:p' "$state/page" | head -n 1), over https: $(openssl x509 -in /etc/rootcellar/site.crt -noout -dates | paste -sd ' ')"
}

time_served() {
  chronyc -n tracking | tee "$state/tracking"
  grep -q '7F7F0101' "$state/tracking" || fail "expected this machine's own clock to be the reference"
  grep -Eq '^Stratum *: 10$' "$state/tracking" || fail "expected stratum 10"
  ss --no-header --listening --udp --numeric | grep -q '0\.0\.0\.0:123' || fail "expected chrony at port 123"
  systemctl is-active rootcellar-clock.service rootcellar-clock-note.timer
  prove "stratum 10 at port 123, $(now)"
}

# As an empty battery does.
empty_battery() {
  hwclock --set --noadjfile --utc --date '1970-01-01 00:10:00'
  date +%s > "$state/left"
  prove "the battery's clock says $(hwclock --show --utc), the system's $(now)"
}

clock_held() {
  local left
  left=$(cat "$state/left")
  journalctl --boot --no-pager --output=short-iso-precise --unit=rootcellar-clock.service
  journalctl --boot --no-pager --output=short-iso-precise --grep='System time|clock' --lines=20 || true
  [ "$(date +%s)" -ge "$left" ] || fail "expected a time after $(date --utc --date="@$left"), found $(now)"
  [ "$(date +%s)" -lt $((left + 3600)) ] || fail "expected about $(date --utc --date="@$left"), found $(now)"
  prove "the battery began in 1970 (it says $(hwclock --show --utc)), and it is $(now), $(($(date +%s) - left)) s after the last boot ended"
}

uninstall() {
  as_visitor sudo rootcellar-install uninstall --yes
  [ ! -e /usr/local/sbin/rootcellar-install ] || fail "expected the installer itself to be gone"
  [ ! -e /var/lib/rootcellar-time ] || fail "expected the time's folder to be gone"
  [ "$(date --utc +%Y)" -lt 2040 ] && [ "$(date +%s)" -ge "$(cat "$state/left")" ] || fail "expected the clock to stay, found $(now)"
  prove "exit code 0, and the clock stays: $(now)"
}

taken_back() {
  look | grep -v -e "^content [0-9a-f]*  $answers\$" | sort > "$state/after"
  grep -v -e "^content [0-9a-f]*  $answers\$" -e "^mount $mounted\$" "$state/before" | diff - "$state/after" || fail "expected the machine as it was before the install"
  prove "packages, users, units, files and ports as before the install ($(wc -l < "$state/after") facts)"
}

first_boot() {
  step boot
  step sealed
  step network
  step stick
  step wrong_clock
  step mount_stick
  look | sort > "$state/before"
  step verify
  step refused
  step install_it
  step status
  step page
  step time_served
  step empty_battery
}

second_boot() {
  step boot
  step clock_held
  step status
  step page
  step time_served
  step uninstall
}

third_boot() {
  step boot
  step taken_back
}

go_on
