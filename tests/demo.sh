#!/usr/bin/env bash
# The main job, end to end, on a fresh Debian 12 machine as root: installs what it needs, builds the two programs, then carries the sample
# appliance across the gap: keys, lock, bundle, FAT32 stick, rehearsal in a host with no route out.
#   bash tests/demo.sh
set -euo pipefail
cd "$(dirname "$0")/.."

echo "=== packages"
bash tests/support/install-packages.sh build run stick

echo "=== build"
bash tests/support/build.sh static

echo "=== the appliance 'lab' across the gap"
bash tests/e2e/lab.sh build/static/bin
echo
echo "Done: what you saw was the real installer, the real Docker and registry, on a host that could reach nothing."
