#!/usr/bin/env bash
# End to end: a cluster's installation killed in kubeadm, kubectl, helm and a wait, its uninstallation killed in `kubeadm reset`, and the power
# gone in `kubeadm init`; each goes on to the same end. Root.
#   cluster_kill.sh BIN_FOLDER WORK_FOLDER    WORK_FOLDER: what tests/e2e/cluster.sh left there, on containerd or docker
set -euo pipefail
usage="usage: cluster_kill.sh BIN_FOLDER WORK_FOLDER"
exec bash "$(dirname "$0")/on_cluster_stick.sh" "${1:?$usage}" "${2:?$usage}" cluster_kill_test --gtest_brief=1
