#!/usr/bin/env bash
# End to end: three hosts on one LAN with no route out become one cluster: the first from the stick, a worker and a second control-plane node by
# tickets; each is rebooted in turn; both leave again. Root; some 4 GiB of memory.
#   cluster_lan.sh BIN_FOLDER WORK_FOLDER    WORK_FOLDER: what tests/e2e/cluster.sh left there, on containerd or docker
set -euo pipefail
usage="usage: cluster_lan.sh BIN_FOLDER WORK_FOLDER"
exec bash "$(dirname "$0")/on_cluster_stick.sh" "${1:?$usage}" "${2:?$usage}" cluster_lan_test
