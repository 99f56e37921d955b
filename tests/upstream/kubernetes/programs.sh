#!/usr/bin/env bash
# The programs of a Kubernetes cluster, built from their published Go modules, because nothing else of theirs can be had from a machine that
# reaches package registries only. Prints the folder with the programs; kept between runs, by what they are made of.
#   programs.sh            builds what is missing, prints the folder
# ROOTCELLAR_PROGRAMS names another place than ~/.cache/rootcellar/programs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/versions.sh"

kept=${ROOTCELLAR_PROGRAMS:-${XDG_CACHE_HOME:-$HOME/.cache}/rootcellar/programs}
# The compiler that wrote the pins of this set; Go fetches it as a module where the machine has another.
export GOTOOLCHAIN=go$go_version GOFLAGS="-buildvcs=false -mod=mod -p=2" GOWORK=off
key=$(cat "$here/programs.sh" "$here/versions.sh" "$here"/*.go.txt "$here/pause.c" | sha256sum | cut -c1-16)
folder=$kept/$key
if [ -e "$folder/complete" ]; then
  echo "$folder"
  exit 0
fi

say() { printf '%s\n' "$*" >&2; }
command -v go > /dev/null || { say "programs.sh: expected Go; install it, or put it into PATH"; exit 3; }
mkdir -p "$folder/bin" "$kept/build"
exec 9> "$kept/lock"
flock 9
export GOMODCACHE=$kept/build/modules GOCACHE=$kept/build/objects

# module_folder MODULE VERSION: its source, downloaded. Upper case is written !lower in the cache.
module_folder() {
  (cd /; go mod download "$1@$2" >&2)
  echo "$GOMODCACHE/$(sed -E 's/([A-Z])/!\L\1/g' <<< "$1")@$2"
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

# build PROGRAM MODULE VERSION PACKAGE [LINKER_FLAGS]
build() {
  local program=$1 module=$2 version=$3 package=$4 started=$SECONDS source work
  [ ! -e "$folder/bin/$program" ] || return 0
  work=$kept/build/source/$program
  rm -rf "$work"
  mkdir -p "$work"
  source=$(module_folder "$module" "$version")
  write_module "$module" "$version" "$source" > "$work/go.mod"
  cp "$source/go.sum" "$work/" 2> /dev/null || true
  (cd "$work" && go build -trimpath -ldflags "-s -w ${5-}" -o "$folder/bin/.$program" "$package") > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  mv "$folder/bin/.$program" "$folder/bin/$program"
  say "  $program $version: $((SECONDS - started)) s"
}

# Argo's module lacks the one Linux file of a package; it is built from a copy that has ours.
build_argoexec() {
  local module=github.com/argoproj/argo-workflows/v3 started=$SECONDS source work=$kept/build/source/argoexec
  [ ! -e "$folder/bin/argoexec" ] || return 0
  source=$(module_folder "$module" "$argo_version")
  rm -rf "$work"
  mkdir -p "$work"
  cp -r "$source" "$work/module"
  chmod -R u+w "$work/module"
  cp "$here/argoexec-signals.go.txt" "$work/module/workflow/executor/os-specific/signal_linux.go"
  { write_module "$module" "$argo_version" "$source"; printf 'replace %s => ./module\n' "$module"; } > "$work/go.mod"
  cp "$source/go.sum" "$work/"
  (cd "$work" && go build -trimpath -ldflags "-s -w" -o "$folder/bin/.argoexec" "$module/cmd/argoexec") > "$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; exit 1; }
  mv "$folder/bin/.argoexec" "$folder/bin/argoexec"
  say "  argoexec $argo_version: $((SECONDS - started)) s"
}

say "building the programs of Kubernetes $kubernetes_version from their Go modules (once; about 20 minutes on two cores)"
export CGO_ENABLED=0
named="-X k8s.io/component-base/version.gitVersion=$kubernetes_version -X k8s.io/component-base/version.gitMajor=1"
named="$named -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<< "$kubernetes_version") -X k8s.io/client-go/pkg/version.gitVersion=$kubernetes_version"
for program in kubeadm kubectl kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
  build $program k8s.io/kubernetes "$kubernetes_version" k8s.io/kubernetes/cmd/$program "$named"
done
for program in server etcdctl etcdutl; do
  build "${program/server/etcd}" go.etcd.io/etcd/$program/v3 "$etcd_version" go.etcd.io/etcd/$program/v3
done
build coredns github.com/coredns/coredns "$coredns_version" github.com/coredns/coredns
build crictl sigs.k8s.io/cri-tools "$crictl_version" sigs.k8s.io/cri-tools/cmd/crictl "-X sigs.k8s.io/cri-tools/pkg/version.Version=$crictl_version"
build helm helm.sh/helm/v3 "$helm_version" helm.sh/helm/v3/cmd/helm "-X helm.sh/helm/v3/internal/version.version=$helm_version"
build workflow-controller github.com/argoproj/argo-workflows/v3 "$argo_version" github.com/argoproj/argo-workflows/v3/cmd/workflow-controller \
  "-X github.com/argoproj/argo-workflows/v3.version=$argo_version"
build_argoexec
CGO_ENABLED=1 build flanneld github.com/flannel-io/flannel "$flannel_version" github.com/flannel-io/flannel \
  "-X github.com/flannel-io/flannel/pkg/version.Version=$flannel_version -extldflags \"-static\""
build flannel github.com/containernetworking/plugins "$flannel_plugin_version" github.com/containernetworking/plugins/plugins/meta/flannel
build cri-dockerd github.com/Mirantis/cri-dockerd "$cri_dockerd_version" github.com/Mirantis/cri-dockerd
[ -e "$folder/bin/pause" ] || cc -Os -static -s -o "$folder/bin/pause" "$here/pause.c"
cp "$(module_folder github.com/flannel-io/flannel "$flannel_version")/Documentation/kube-flannel.yml" "$folder/kube-flannel.yml"
rm -rf "$folder/argo-manifests"
cp -r "$(module_folder github.com/argoproj/argo-workflows/v3 "$argo_version")/manifests" "$folder/argo-manifests"
chmod -R u+w "$folder"
touch "$folder/complete"
# Compiling again is for another set: gigabytes that nobody needs until then.
chmod -R u+w "$kept/build"
rm -rf "$kept/build"
echo "$folder"
