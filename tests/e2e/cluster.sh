#!/usr/bin/env bash
# End to end: a bundle of profiles/lab-cluster.yaml, locked and built from what the projects of a Kubernetes cluster publish (served on loopback,
# ../upstream/README.md), on a FAT32 stick image, and the rehearsal from it. Root; Debian 12; the machine's own package sources and Go modules.
#   cluster.sh BIN_FOLDER [WORK_FOLDER [KIND]]    in a WORK_FOLDER that is not "", keys, bundle and stick image stay
# KIND: containerd, docker; trust: docker with a registry over https; cdi: containerd with NVIDIA's runtime and a stand-in for a card; balancer,
# node: profiles/lab-cluster-lan.yaml, whose pods read the site's page by name over https, from an address of MetalLB's or the node's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fat32=$here/../target/fat32.sh
. "$here/../upstream/kubernetes/serve.sh"
. "$here/stand_in.sh"
usage="usage: cluster.sh BIN_FOLDER [WORK_FOLDER [containerd | docker | trust | cdi | balancer | node]]"
bin=${1:?$usage}
keep=${2-}
runtime=${3:-containerd}
case "$runtime" in containerd | docker) profile=lab-cluster:$runtime ;; cdi | trust) profile=../tests/target/profiles/cluster-$runtime ;; balancer | node) profile=lab-cluster-lan:$runtime ;; *) echo "$usage" >&2; exit 2 ;; esac
work=${keep:-$(mktemp -d "${TMPDIR:-/tmp}/rootcellar-cluster.XXXXXX")}
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
rm -f "$work"/lab-cluster-*.lock.yaml "$work"/cluster-trust*.lock.yaml
printf '\n--- %s\n    %s\n' "upstream" "What dl.k8s.io, get.helm.sh, github.com and the image registries have, on loopback; built once from the projects' Go modules."
serving=$work/upstream
kubernetes_start "$serving"
. "$serving/env"
# shellcheck disable=SC2086
bash "$here/stick.sh" "$bin" "$work" "$profile" $RC_KUBERNETES_MIRRORS
kubernetes_stop "$serving"
serving=

bash "$fat32" attach "$work/stick.img" "$work/attached"
attached=$work/attached
ls -l "$attached"

like=()
folder=$(stand_in "$runtime")
if [ -n "$folder" ]; then
  printf '\n--- %s\n    %s\n' "stand-in" "No process here has CAP_SYS_RESOURCE, and docker has no setting for that: the host's docker has a runtime that does without."
  like=(--like "$folder")
fi

printf '\n--- %s\n    %s\n' "rehearse" "The real install in a host with no route out: a cluster on $runtime, a chart, a workflow; reboot; uninstall; compared with what the host was."
case "$runtime" in
  cdi) answers="cluster: {roles: [webServer, gpuWorker]}" ;;
  balancer) answers="lan: {range: 10.93.0.240-10.93.0.245}" ;;  # of the sealed host's own network
  node) answers="lan: {}" ;;
  *) answers="cluster: {roles: [webServer]}" ;;
esac
echo "$answers" > "$work/answers.yaml"
"$bin/rootcellar" rehearse "$attached" --trust "$work/elsewhere/lab-team.pub" --answers "$work/answers.yaml" "${like[@]}"
