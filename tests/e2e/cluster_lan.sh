#!/usr/bin/env bash
# End to end: three hosts on one LAN with no route out become one cluster: the first from the stick, a worker and a second control-plane node by
# tickets; each is rebooted in turn; both leave again. Root; some 4 GiB of memory.
#   cluster_lan.sh BIN_FOLDER WORK_FOLDER    WORK_FOLDER: what tests/e2e/cluster.sh left there
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fat32=$here/../target/fat32.sh
usage="usage: cluster_lan.sh BIN_FOLDER WORK_FOLDER"
bin=$(cd "${1:?$usage}" && pwd)
work=$(cd "${2:?$usage}" && pwd)
[ -e "$work/stick.img" ] || { echo "cluster_lan.sh: expected '$work/stick.img'; run tests/e2e/cluster.sh BIN_FOLDER '$work' first" >&2; exit 3; }

# The hosts share this kernel and its root, whose limit (128 by default) is meant for one machine: with three, kube-proxy ends with
# 'too many open files'.
limit=/proc/sys/fs/inotify/max_user_instances
limit_before=$(cat "$limit")
attached=$(mktemp -d "$work/lan.XXXXXX")
cleanup() {
  bash "$fat32" detach "$attached" || true
  rmdir "$attached"
  echo "$limit_before" > "$limit"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
[ "$limit_before" -ge 1024 ] || echo 1024 > "$limit"
bash "$fat32" attach "$work/stick.img" "$attached"
RC_CLUSTER_STICK=$attached RC_CLUSTER_KEY=$work/elsewhere/lab-team.pub "$bin/cluster_lan_test"
