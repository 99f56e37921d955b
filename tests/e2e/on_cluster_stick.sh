#!/usr/bin/env bash
# Runs one of the programs that need a cluster's stick: the image is attached read-only, and RC_CLUSTER_STICK and RC_CLUSTER_KEY name it and the
# signer's public key, RC_CLUSTER_LIKE what is laid over the hosts' roots (empty: nothing). Root.
#   on_cluster_stick.sh BIN_FOLDER WORK_FOLDER PROGRAM [ARGUMENT...]    WORK_FOLDER: what tests/e2e/cluster.sh left there; PROGRAM: in BIN_FOLDER
set -euo pipefail
fat32=$(cd "$(dirname "$0")/../target" && pwd)/fat32.sh
. "$(dirname "$0")/stand_in.sh"
usage="usage: on_cluster_stick.sh BIN_FOLDER WORK_FOLDER PROGRAM [ARGUMENT...]"
bin=$(cd "${1:?$usage}" && pwd)
work=$(cd "${2:?$usage}" && pwd)
program=${3:?$usage}
[ -e "$work/stick.img" ] || { echo "$program: expected '$work/stick.img'; run tests/e2e/cluster.sh BIN_FOLDER '$work' first" >&2; exit 3; }

# The hosts share this kernel and its root, whose limit (128 by default) is meant for one machine: with three, kube-proxy ends with
# 'too many open files'.
limit=/proc/sys/fs/inotify/max_user_instances
limit_before=$(cat "$limit")
attached=$(mktemp -d "$work/attached.XXXXXX")
cleanup() {
  bash "$fat32" detach "$attached" || true
  rmdir "$attached"
  echo "$limit_before" > "$limit"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
[ "$limit_before" -ge 1024 ] || echo 1024 > "$limit"
bash "$fat32" attach "$work/stick.img" "$attached"
RC_CLUSTER_STICK=$attached RC_CLUSTER_KEY=$work/elsewhere/lab-team.pub RC_CLUSTER_LIKE=$(stand_in "$(runtime_of "$work")") "$bin/$program" "${@:4}"
