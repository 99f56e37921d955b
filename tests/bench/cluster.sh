#!/usr/bin/env bash
# cluster.sh BIN_FOLDER WORK_FOLDER: prints how long a cluster takes with rootcellar and by hand. Root. See README.md.
#   WORK_FOLDER: what tests/e2e/cluster.sh left there
set -euo pipefail
usage="usage: cluster.sh BIN_FOLDER WORK_FOLDER"
exec bash "$(dirname "$0")/../e2e/on_cluster_stick.sh" "${1:?$usage}" "${2:?$usage}" cluster_bench
