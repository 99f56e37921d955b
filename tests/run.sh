#!/usr/bin/env bash
# All tests, on a fresh Debian 12 machine as root: installs what it needs, builds, and runs every test there is. Takes about an hour on two cores.
#   bash tests/run.sh           everything
#   bash tests/run.sh quick     without sanitizers, rehearsal and virtual machine
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-all}
case "$what" in all | quick) ;; *) echo "usage: bash tests/run.sh [quick]" >&2; exit 2 ;; esac

title() { printf '\n=== %s (%s)\n' "$1" "$(date -u +%H:%M:%S)"; }

title "packages"
purposes="build run stick test"
[ "$what" = all ] && purposes="$purposes vm"
# shellcheck disable=SC2086
bash tests/support/install-packages.sh $purposes

title "build"
configured=$(cmake --preset dev 2>&1) || { echo "$configured"; exit 1; }
cmake --build --preset dev -j "$(nproc)" | tail -n 3

title "unit, golden, cli, house, fuzz seeds, real servers"
ctest --preset dev -LE sealed --no-tests=error

if [ "$what" = all ]; then
  title "sealed hosts"
  ctest --preset dev -L sealed --no-tests=error

  title "unit tests under AddressSanitizer and UndefinedBehaviorSanitizer"
  cmake --preset asan > /dev/null
  cmake --build --preset asan -j "$(nproc)" | tail -n 3
  ctest --preset asan -LE 'sealed|network' --no-tests=error

  title "end to end: lab, from profile to a rehearsed stick"
  rm -rf build/e2e
  bash tests/e2e/lab.sh build/dev/bin build/e2e

  title "end to end: the same bundle from a USB stick in a virtual machine"
  bash tests/e2e/vm.sh build/e2e
fi
title "all passed"
