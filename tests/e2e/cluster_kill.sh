#!/usr/bin/env bash
# End to end: a cluster's installation killed in kubeadm, kubectl, helm and a wait, its uninstallation killed in `kubeadm reset`, and the power
# gone in `kubeadm init`; each goes on to the same end. Root.
#   cluster_kill.sh BIN_FOLDER WORK_FOLDER    WORK_FOLDER: what tests/e2e/cluster.sh left there
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fat32=$here/../target/fat32.sh
usage="usage: cluster_kill.sh BIN_FOLDER WORK_FOLDER"
bin=$(cd "${1:?$usage}" && pwd)
work=$(cd "${2:?$usage}" && pwd)
[ -e "$work/stick.img" ] || { echo "cluster_kill.sh: expected '$work/stick.img'; run tests/e2e/cluster.sh BIN_FOLDER '$work' first" >&2; exit 3; }

attached=$(mktemp -d "$work/kill.XXXXXX")
trap 'bash "$fat32" detach "$attached" || true; rmdir "$attached"' EXIT
trap 'exit 130' INT TERM HUP
bash "$fat32" attach "$work/stick.img" "$attached"
RC_CLUSTER_STICK=$attached RC_CLUSTER_KEY=$work/elsewhere/lab-team.pub "$bin/cluster_kill_test" --gtest_brief=1
