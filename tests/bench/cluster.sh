#!/usr/bin/env bash
# cluster.sh BIN_FOLDER WORK_FOLDER: prints how long a cluster takes with rootcellar and by hand. Root. See README.md.
#   WORK_FOLDER: what tests/e2e/cluster.sh left there
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fat32=$here/../target/fat32.sh
usage="usage: cluster.sh BIN_FOLDER WORK_FOLDER"
bin=$(cd "${1:?$usage}" && pwd)
work=$(cd "${2:?$usage}" && pwd)
[ -e "$work/stick.img" ] || { echo "cluster.sh: expected '$work/stick.img'; run tests/e2e/cluster.sh BIN_FOLDER '$work' first" >&2; exit 3; }

attached=$(mktemp -d "$work/bench.XXXXXX")
trap 'bash "$fat32" detach "$attached" || true; rmdir "$attached"' EXIT
trap 'exit 130' INT TERM HUP
bash "$fat32" attach "$work/stick.img" "$attached"
RC_CLUSTER_STICK=$attached RC_CLUSTER_KEY=$work/elsewhere/lab-team.pub "$bin/cluster_bench"
