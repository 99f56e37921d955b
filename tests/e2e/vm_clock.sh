#!/usr/bin/env bash
# End to end in virtual machines whose clocks begin in 1970, 2035 and 2050: refused with the right words, corrected first, then names, time and
# the page over https, a reboot with an empty battery, and everything taken back.
#   vm_clock.sh BIN_FOLDER WORK_FOLDER [YEAR...]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:?usage: vm_clock.sh BIN_FOLDER WORK_FOLDER [YEAR...]}
work=${2:?usage: vm_clock.sh BIN_FOLDER WORK_FOLDER [YEAR...]}
years=("${@:3}")
[ ${#years[@]} -gt 0 ] || years=(1970 2035 2050)
mkdir -p "$work"
STICK_PROFILES=$here/../target/profiles bash "$here/stick.sh" "$bin" "$work" lan-time
for year in "${years[@]}"; do
  printf '\n--- %s\n    %s\n' "clock $year" "A machine whose battery-backed clock begins in $year."
  bash "$here/vm.sh" "$work" "clock_$year"
done
