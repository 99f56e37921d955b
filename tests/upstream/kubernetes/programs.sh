#!/usr/bin/env bash
# The programs of a Kubernetes cluster, built from their published Go modules, because nothing else of theirs can be had from a machine that
# reaches package registries only. Each is kept between runs by what it is made of; a set is a folder of links to them.
#   programs.sh            builds what is missing, prints the folder of the set
#   programs.sh parts      builds nothing, prints for each part of the set: PLACE_IN_FOLDER KEY
#   programs.sh acme       the same as the first for another set: the certificate authority of tests/upstream/acme
# ROOTCELLAR_PROGRAMS names another place than ~/.cache/rootcellar/programs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/versions.sh"
kept=${ROOTCELLAR_PROGRAMS:-${XDG_CACHE_HOME:-$HOME/.cache}/rootcellar/programs}
argo=github.com/argoproj/argo-workflows/v3

say() { printf '%s\n' "$*" >&2; }

# module_folder MODULE VERSION: its source, downloaded. Upper case is written !lower in the cache.
module_folder() {
  (cd / && go mod download "$1@$2" >&2) && echo "$GOMODCACHE/$(sed -E 's/([A-Z])/!\L\1/g' <<< "$1")@$2"
}

# A module of our own that requires the program's, with the replacements that the program's own go.mod makes: those to other modules as they
# are, Kubernetes' staging folders by the modules they are published as.
write_module() {
  local module=$1 version=$2 source=$3
  printf 'module build\n\n'
  grep -E '^go [0-9]' "$source/go.mod"
  grep -E '^godebug ' "$source/go.mod" || true
  printf '\nrequire %s %s\n\n' "$module" "$version"
  sed -nE "s#^[[:space:]]*(k8s\.io/[a-z0-9-]+) => \./staging/.*#replace \1 => \1 v0.${version#v1.}#p" "$source/go.mod"
  awk '/^replace \(/ { inside = 1; next } inside && /^\)/ { inside = 0 } inside || /^replace / { sub(/^replace /, ""); print }' "$source/go.mod" |
    sed -E 's#//.*##' | { grep '=> [^.]' || true; } | sed -E 's/^[[:space:]]*/replace /'
}

# The ways to make a part, each run in an empty folder, in which it leaves "made".

# program MODULE VERSION PACKAGE [LINKER_FLAGS]
program() {
  local source
  source=$(module_folder "$1" "$2") && write_module "$1" "$2" "$source" > go.mod || return
  ! [ -e "$source/go.sum" ] || cp "$source/go.sum" . || return
  go build -trimpath -ldflags "-s -w ${4-}" -o made "$3"
}

static_program() { CGO_ENABLED=1 program "$@"; }

# What calls a library of the machine's by name, when it is there.
cgo_program() { CGO_ENABLED=1 program "$@"; }

# Argo's module lacks the one Linux file of a package; its executor is built from a copy that has ours, FILE.
# argo_executor VERSION LINKER_FLAGS FILE FILE_DIGEST
argo_executor() {
  local source
  source=$(module_folder "$argo" "$1") && cp -r "$source" module && chmod -R u+w module || return
  cp "$3" module/workflow/executor/os-specific/signal_linux.go && cp "$source/go.sum" . || return
  { write_module "$argo" "$1" "$source" && printf 'replace %s => ./module\n' "$argo"; } > go.mod || return
  go build -trimpath -ldflags "-s -w $2" -o made "$argo/cmd/argoexec"
}

# c_program FILE FILE_DIGEST
c_program() { cc -Os -static -s -o made "$1"; }

# library_program FILE FILE_DIGEST MODULE VERSION: a program of ours of one file, with a library and what that needs.
library_program() {
  local source
  source=$(module_folder "$3" "$4") && write_module "$3" "$4" "$source" > go.mod && cp "$source/go.sum" . || return
  cp "$1" main.go
  go build -trimpath -ldflags "-s -w" -o made .
}

# module_files MODULE VERSION PATH: a file or folder of the module as it is.
module_files() {
  local source
  source=$(module_folder "$1" "$2") && cp -r "$source/$3" made && chmod -R u+w made
}

digest() { sha256sum < "$1" | cut -c1-64; }

# parts DO: calls DO PLACE_IN_FOLDER WAY ARGUMENTS... for every part of the set.
parts() {
  local each named plugins=github.com/containernetworking/plugins nvidia=github.com/NVIDIA metallb=go.universe.tf/metallb
  named="-X k8s.io/component-base/version.gitVersion=$kubernetes_version -X k8s.io/component-base/version.gitMajor=1"
  named="$named -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<< "$kubernetes_version") -X k8s.io/client-go/pkg/version.gitVersion=$kubernetes_version"
  for each in kubeadm kubectl kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
    "$1" bin/$each program k8s.io/kubernetes "$kubernetes_version" k8s.io/kubernetes/cmd/$each "$named"
  done
  for each in server etcdctl etcdutl; do
    "$1" "bin/${each/server/etcd}" program go.etcd.io/etcd/$each/v3 "$etcd_version" go.etcd.io/etcd/$each/v3
  done
  "$1" bin/coredns program github.com/coredns/coredns "$coredns_version" github.com/coredns/coredns
  "$1" bin/crictl program sigs.k8s.io/cri-tools "$crictl_version" sigs.k8s.io/cri-tools/cmd/crictl \
    "-X sigs.k8s.io/cri-tools/pkg/version.Version=$crictl_version"
  "$1" bin/helm program helm.sh/helm/v3 "$helm_version" helm.sh/helm/v3/cmd/helm "-X helm.sh/helm/v3/internal/version.version=$helm_version"
  # The version is the tag of the executor's image too, wherever the controller is not told another.
  for each in workflow-controller argo; do "$1" bin/$each program $argo "$argo_version" $argo/cmd/$each "-X $argo.version=$argo_version"; done
  "$1" bin/argoexec argo_executor "$argo_version" "-X $argo.version=$argo_version" "$here/argoexec-signals.go.txt" \
    "$(digest "$here/argoexec-signals.go.txt")"
  "$1" bin/flanneld static_program github.com/flannel-io/flannel "$flannel_version" github.com/flannel-io/flannel \
    "-X github.com/flannel-io/flannel/pkg/version.Version=$flannel_version -extldflags \"-static\""
  "$1" bin/flannel program $plugins "$flannel_plugin_version" $plugins/plugins/meta/flannel
  for each in ipam/{dhcp,host-local,static} main/{bridge,dummy,host-device,ipvlan,loopback,macvlan,ptp,tap,vlan} \
    meta/{bandwidth,firewall,portmap,sbr,tuning,vrf}; do
    "$1" "bin/cni/${each#*/}" program $plugins "$cni_plugins_version" "$plugins/plugins/$each" \
      "-X $plugins/pkg/utils/buildversion.BuildVersion=$cni_plugins_version"
  done
  "$1" bin/cri-dockerd program github.com/Mirantis/cri-dockerd "$cri_dockerd_version" github.com/Mirantis/cri-dockerd
  for each in nvidia-ctk nvidia-container-runtime nvidia-cdi-hook; do
    "$1" bin/$each cgo_program $nvidia/nvidia-container-toolkit "$nvidia_toolkit_version" $nvidia/nvidia-container-toolkit/cmd/$each \
      "-X $nvidia/nvidia-container-toolkit/internal/info.version=${nvidia_toolkit_version#v} -extldflags=-Wl,-z,lazy"
  done
  "$1" bin/nvidia-device-plugin cgo_program $nvidia/k8s-device-plugin "$nvidia_device_plugin_version" \
    $nvidia/k8s-device-plugin/cmd/nvidia-device-plugin \
    "-X $nvidia/k8s-device-plugin/internal/info.version=$nvidia_device_plugin_version -extldflags=-Wl,-z,lazy"
  "$1" bin/nfs-subdir-external-provisioner library_program "$here/nfs-provisioner/main.go.txt" "$(digest "$here/nfs-provisioner/main.go.txt")" \
    sigs.k8s.io/sig-storage-lib-external-provisioner/v11 "$provisioner_library_version"
  for each in controller speaker; do
    "$1" bin/metallb-$each program $metallb "$metallb_version" $metallb/$each
  done
  "$1" bin/pause c_program "$here/pause.c" "$(digest "$here/pause.c")"
  "$1" kube-flannel.yml module_files github.com/flannel-io/flannel "$flannel_version" Documentation/kube-flannel.yml
  "$1" metallb-native.yaml module_files $metallb "$metallb_version" config/manifests/metallb-native.yaml
  "$1" argo-manifests module_files $argo "$argo_version" manifests
  "$1" cri-dockerd-systemd module_files github.com/Mirantis/cri-dockerd "$cri_dockerd_version" packaging/systemd
}

# acme_parts DO
acme_parts() {
  local each pebble=github.com/letsencrypt/pebble/v2
  for each in pebble pebble-challtestsrv; do "$1" bin/$each program $pebble "$pebble_version" $pebble/cmd/$each; done
}

# Where the repository lies is no part of what a program is.
key_of() { { printf '%s\n' "$go_version" "${@#"$here"/}"; declare -f "$2" program write_module; } | sha256sum | cut -c1-16; }

print_key() { echo "$1 $(key_of "$@")"; }

# The compiler that wrote the pins of this set: what the machine has, or what its Go fetches by itself (1.21 and later), or the module it is
# published as, whose files have lost their permissions and one of them its name.
find_compiler() {
  local root
  command -v go > /dev/null || { say "programs.sh: expected Go; install it, or put it into PATH"; exit 3; }
  export GOTOOLCHAIN=go$go_version
  ! [[ $(cd / && go version 2> /dev/null) = *" go$go_version "* ]] || return 0
  export GOTOOLCHAIN=local
  root=$(module_folder golang.org/toolchain "v0.0.1-go$go_version.$(go env GOOS)-$(go env GOARCH)")
  chmod -R u+w "$root"
  chmod -R a+x "$root/bin" "$root/pkg/tool"
  [ -e "$root/src/go.mod" ] || cp "$root/src/_go.mod" "$root/src/go.mod"
  export PATH=$root/bin:$PATH
  go version | grep -qF " go$go_version " || { say "programs.sh: $root/bin/go is not Go $go_version"; exit 1; }
}

# Once, before the first part that is missing.
prepare() {
  [ -z "${prepared-}" ] || return 0
  [ "$set" != parts ] || say "building programs of Kubernetes $kubernetes_version from their Go modules (all of them: once, about 20 minutes on two cores)"
  export GOFLAGS="-buildvcs=false -mod=mod -p=2" GOWORK=off CGO_ENABLED=0 GOMODCACHE=$kept/build/modules GOCACHE=$kept/build/objects
  find_compiler
  prepared=yes
}

make_part() {
  local place=$1 part work started=$SECONDS
  part=$kept/parts/$(key_of "$@")
  if [ ! -e "$part" ]; then
    prepare
    work=$kept/build/source/${place##*/}
    rm -rf "$work"
    mkdir -p "$work"
    (cd "$work" && "${@:2}") > "$work.log" 2>&1 || { tail -n 30 "$work.log" >&2; exit 1; }
    mv "$work/made" "$part"
    say "  ${place##*/}: $((SECONDS - started)) s"
  fi
  mkdir -p "$(dirname "$folder/$place")"
  rm -rf "${folder:?}/$place"
  cp -al "$part" "$folder/$place"
}

set=parts
[ "${1-}" != acme ] || set=acme_parts
keys=$($set print_key)
if [ "${1-}" = parts ]; then
  echo "$keys"
  exit 0
fi
folder=$kept/$(sha256sum <<< "$keys" | cut -c1-16)
if [ ! -e "$folder/complete" ]; then
  mkdir -p "$kept/parts" "$folder"
  exec 9> "$kept/lock"
  flock 9
  $set make_part
  touch "$folder/complete"
  # Compiling again is for another set: gigabytes that nobody needs until then.
  [ ! -d "$kept/build" ] || { chmod -R u+w "$kept/build" && rm -rf "$kept/build"; }
fi
echo "$folder"
