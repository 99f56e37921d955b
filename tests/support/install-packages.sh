#!/usr/bin/env bash
# Installs Debian packages for the given purposes (see packages.txt) where they are missing. Services that packages would start by
# themselves stay down: docker-registry and nginx are run by the tests, on loopback and under their own names.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
policy=/usr/sbin/policy-rc.d

wanted() {
  local purpose
  for purpose in "$@"; do sed -n "s/^$purpose //p" "$here/packages.txt"; done | tr ' ' '\n' | grep -v '^$' | sort -u
}

missing=$(wanted "$@" | while read -r package; do
  dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || echo "$package"
done)
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
  echo "these Debian packages are missing; run as root, or install them yourself:" >&2
  echo "  apt-get install --no-install-recommends" $missing >&2
  exit 2
fi
echo "installing:" $missing
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing > /dev/null
