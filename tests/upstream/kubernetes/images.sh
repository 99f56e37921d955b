#!/usr/bin/env bash
# The images of a Kubernetes cluster, under the names and tags they have upstream, as one OCI layout: each holds the program of its name, built
# by programs.sh, at the path where the upstream image has it. Stand-ins by their bytes, the real thing by what runs in them. kube-proxy and
# flannel, which call iptables, lie on a Debian of the machine's own package sources.
#   images.sh PROGRAMS_FOLDER LAYOUT      LAYOUT/names has a line for each image: TAG_IN_LAYOUT UPSTREAM_NAME
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/versions.sh"
usage="usage: images.sh PROGRAMS_FOLDER LAYOUT"
programs=$(cd "${1:?$usage}" && pwd)/bin
layout=${2:?$usage}
[ ! -e "$layout/names" ] || exit 0

made=2026-01-02T03:04:05Z  # of everything in the images: the same in every run
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rc-cluster-images.XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
rm -rf -- "$layout"
umoci init --layout "$layout"

# A Debian with what the two call, as one layer.
debian() {
  [ -e "$scratch/debian.tar" ] || mmdebstrap --variant=essential --include=iptables,iproute2,conntrack,kmod,ca-certificates \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$scratch/debian.tar" 2> "$scratch/mmdebstrap.log" ||
    { cat "$scratch/mmdebstrap.log" >&2; exit 1; }
}

# image UPSTREAM_NAME BASE PROGRAM=PATH... -- UMOCI_CONFIG...
image() {
  local name=$1 base=$2 tag root pair
  shift 2
  tag=$(tr '/:' '--' <<< "$name")
  root=$scratch/$tag
  umoci new --image "$layout:$tag"
  if [ "$base" = debian ]; then
    debian
    umoci raw add-layer --image "$layout:$tag" --history.created "$made" "$scratch/debian.tar"
  fi
  while [ "$1" != -- ]; do
    pair=$1
    mkdir -p "$root$(dirname "${pair#*=}")"
    install -m 755 "$programs/${pair%%=*}" "$root${pair#*=}"
    shift
  done
  shift
  [ "$base" = debian ] || mkdir -p "$root/tmp" "$root/etc"
  find "$root" -exec touch --no-dereference --date="$made" {} +
  tar --sort=name --owner=0 --group=0 --numeric-owner -C "$root" -cf "$scratch/layer.tar" .
  umoci raw add-layer --image "$layout:$tag" --history.created "$made" "$scratch/layer.tar"
  umoci config --image "$layout:$tag" --os linux --architecture "$(dpkg --print-architecture)" --created "$made" --history.created "$made" \
    --config.env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
  echo "$tag $name" >> "$scratch/names"
  rm -rf -- "$root"
}

for program in kube-apiserver kube-controller-manager kube-scheduler; do
  image "registry.k8s.io/$program:$kubernetes_version" none $program=/usr/local/bin/$program -- --config.entrypoint /usr/local/bin/$program
done
image "registry.k8s.io/kube-proxy:$kubernetes_version" debian kube-proxy=/usr/local/bin/kube-proxy -- --config.entrypoint /usr/local/bin/kube-proxy
image "registry.k8s.io/etcd:$etcd_image_tag" none etcd=/usr/local/bin/etcd etcdctl=/usr/local/bin/etcdctl etcdutl=/usr/local/bin/etcdutl -- \
  --config.cmd /usr/local/bin/etcd
image "registry.k8s.io/coredns/coredns:$coredns_version" none coredns=/coredns -- --config.entrypoint /coredns
image "registry.k8s.io/pause:$pause_image_tag" none pause=/pause -- --config.entrypoint /pause --config.user 65535:65535
image "ghcr.io/flannel-io/flannel:$flannel_version" debian flanneld=/opt/bin/flanneld -- --config.entrypoint /opt/bin/flanneld
image "$(sed -nE 's/^ *image: (.*flannel-cni-plugin.*)$/\1/p' "$programs/../kube-flannel.yml" | head -n 1)" debian flannel=/flannel -- --config.cmd /flannel
image "quay.io/argoproj/workflow-controller:$argo_version" none workflow-controller=/bin/workflow-controller -- \
  --config.entrypoint workflow-controller --config.user 8737
image "quay.io/argoproj/argoexec:$argo_version" none argoexec=/bin/argoexec -- --config.entrypoint argoexec
image "nvcr.io/nvidia/k8s-device-plugin:$nvidia_device_plugin_version" debian nvidia-device-plugin=/usr/bin/nvidia-device-plugin -- \
  --config.entrypoint nvidia-device-plugin
image "registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:$provisioner_image_tag" none \
  nfs-subdir-external-provisioner=/nfs-subdir-external-provisioner -- --config.entrypoint /nfs-subdir-external-provisioner
image "quay.io/metallb/controller:$metallb_version" none metallb-controller=/controller -- --config.entrypoint /controller
image "quay.io/metallb/speaker:$metallb_version" none metallb-speaker=/speaker -- --config.entrypoint /speaker
mv "$scratch/names" "$layout/names"
