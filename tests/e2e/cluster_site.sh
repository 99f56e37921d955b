#!/usr/bin/env bash
# End to end: profiles/lab-cluster-lan.yaml, a cluster that serves a page by name over https: locked and built from what the projects publish
# (served on loopback), on a FAT32 stick image, and the rehearsal from it. Root; Debian 12; the machine's own package sources and Go modules.
#   cluster_site.sh BIN_FOLDER [WORK_FOLDER [VARIANT]]    VARIANT: balancer (MetalLB gives the page an address of the network) or node; in a WORK_FOLDER that is not "", keys, bundle and stick image stay
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fat32=$here/../target/fat32.sh
. "$here/../upstream/kubernetes/serve.sh"
usage="usage: cluster_site.sh BIN_FOLDER [WORK_FOLDER [balancer | node]]"
bin=${1:?$usage}
keep=${2-}
variant=${3:-balancer}
case "$variant" in balancer | node) ;; *) echo "$usage" >&2; exit 2 ;; esac
work=${keep:-$(mktemp -d "${TMPDIR:-/tmp}/rootcellar-cluster-site.XXXXXX")}
attached=
serving=
cleanup() {
  [ -z "$attached" ] || bash "$fat32" detach "$attached" || true
  [ -z "$serving" ] || kubernetes_stop "$serving" || true
  [ -n "$keep" ] || rm -rf -- "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

mkdir -p "$work/attached"
rm -f "$work"/lab-cluster-lan-*.lock.yaml
printf '\n--- %s\n    %s\n' "upstream" "What dl.k8s.io, get.helm.sh, github.com and the image registries have, on loopback; built once from the projects' Go modules."
serving=$work/upstream
kubernetes_start "$serving"
. "$serving/env"
# shellcheck disable=SC2086
bash "$here/stick.sh" "$bin" "$work" "lab-cluster-lan:$variant" $RC_KUBERNETES_MIRRORS
kubernetes_stop "$serving"
serving=

bash "$fat32" attach "$work/stick.img" "$work/attached"
attached=$work/attached
ls -l "$attached"

printf '\n--- %s\n    %s\n' "rehearse" "In a host with no route out: pods read a page by name, over https, trusting what the site trusts; reboot; uninstall; compared with what the host was."
echo "lan: {}" > "$work/answers.yaml"
# Addresses of the sealed host's own network.
[ "$variant" = node ] || echo "lan: {range: 10.93.0.240-10.93.0.245}" > "$work/answers.yaml"
"$bin/rootcellar" rehearse "$attached" --trust "$work/elsewhere/lab-team.pub" --answers "$work/answers.yaml"
