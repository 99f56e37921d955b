#!/usr/bin/env bash
# End to end: what a site has already. A registry with an account takes the images of a cluster's stick; that cluster is then the site's own for a
# second stick, of profiles/lab-page.yaml, which brings neither registry nor cluster; both leave, and registry and cluster keep what they had.
# Root; some 4 GiB of memory.
#   cluster_existing.sh BIN_FOLDER WORK_FOLDER    WORK_FOLDER: what tests/e2e/cluster.sh left there; the second stick is made in WORK_FOLDER/page
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../upstream/kubernetes/serve.sh"
usage="usage: cluster_existing.sh BIN_FOLDER WORK_FOLDER"
bin=$(cd "${1:?$usage}" && pwd)
work=$(cd "${2:?$usage}" && pwd)
serving=$work/page/upstream
mkdir -p "$work/page"
trap 'kubernetes_stop "$serving" || true' EXIT
trap 'exit 130' INT TERM HUP
kubernetes_start "$serving"
. "$serving/env"
# shellcheck disable=SC2086
bash "$here/stick.sh" "$bin" "$work/page" lab-page $RC_KUBERNETES_MIRRORS
kubernetes_stop "$serving"
trap - EXIT
RC_SITE_STICK=$work/page/stick RC_SITE_KEY=$work/page/elsewhere/lab-team.pub bash "$here/on_cluster_stick.sh" "$bin" "$work" cluster_existing_test
