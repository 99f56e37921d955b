# What the projects of a Kubernetes cluster publish, on loopback: source this file, then kubernetes_start FOLDER ... kubernetes_stop FOLDER.
# See ../README.md.
kubernetes_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$kubernetes_here/../upstream.sh"

# kubernetes_once PLACE COMMAND...: has COMMAND... make a folder, which becomes PLACE when it is whole; once for all who ask at the same time.
kubernetes_once() {
  (
    flock 9
    [ ! -e "$1" ] || exit 0
    rm -rf "$1.part"
    "${@:2}" "$1.part" 9>&- && mv "$1.part" "$1"
  ) 9> "$1.lock"
}

# kubernetes_registry NAME PORT STORAGE READ_ONLY
kubernetes_registry() {
  cat > "$upstream/etc/$1.yml" << CONF
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: "$3"}, maintenance: {readonly: {enabled: $4}}}
http: {addr: "127.0.0.1:$2"}
CONF
  upstream_run "$1" docker-registry serve "$upstream/etc/$1.yml"
  upstream_until upstream_listens "$2"
}

kubernetes_push_all() {
  local tag name
  while read -r tag name; do
    skopeo --insecure-policy copy -q --dest-tls-verify=false "oci:$1:$tag" "docker://127.0.0.1:$2/$name" || return 1
  done < "$1/names"
}

# kubernetes_fill LAYOUT STORAGE: a registry's storage with the images of the layout, each below its upstream host.
kubernetes_fill() {
  local upstream port status=0
  upstream=$(mktemp -d "${TMPDIR:-/tmp}/rc-kubernetes-fill.XXXXXX")
  mkdir -p "$upstream"/{etc,log,pid} "$2"
  port=$(upstream_free_port)
  kubernetes_registry fill "$port" "$2" false && kubernetes_push_all "$1" "$port" || { status=1; cat "$upstream/log/fill.log" >&2; }
  upstream_stop "$upstream"
  return $status
}

# What is served, kept beside the programs by what it is made of. Sets files, storage and layout.
kubernetes_prepare() {
  local programs
  programs=$(bash "$kubernetes_here/programs.sh") || return 1
  files=$programs/files-$(cat "$kubernetes_here"/{files,versions}.sh "$kubernetes_here"/nfs-provisioner/chart/{*.yaml,templates/*} | sha256sum | cut -c1-8)
  layout=$programs/images-$(cat "$kubernetes_here"/{images,versions}.sh | sha256sum | cut -c1-8)
  storage=$layout.registry
  kubernetes_once "$files" bash "$kubernetes_here/files.sh" "$programs" &&
    kubernetes_once "$layout" bash "$kubernetes_here/images.sh" "$programs" &&
    kubernetes_once "$storage" kubernetes_fill "$layout"
}

# The options for rootcellar, one for each upstream host that has files or images here.
kubernetes_mirrors() {
  local host
  for host in $(ls "$files"); do printf ' --mirror https://%s=http://127.0.0.1:%s/%s' "$host" "$http" "$host"; done
  for host in $(cut -d' ' -f2 "$layout/names" | cut -d/ -f1 | sort -u); do
    printf ' --mirror %s=http://127.0.0.1:%s/%s' "$host" "$registry" "$host"
  done
}

kubernetes_write_env() {
  cat > "$upstream/env" << ENV
export RC_KUBERNETES=$upstream
export RC_KUBERNETES_HTTP=127.0.0.1:$http
export RC_KUBERNETES_REGISTRY=127.0.0.1:$registry
export RC_KUBERNETES_FILES=$files
export RC_KUBERNETES_IMAGES=$layout
export RC_KUBERNETES_MIRRORS='$(kubernetes_mirrors | cut -c2-)'
ENV
}

# kubernetes_start FOLDER: what is missing is built, everything is up, FOLDER/env written.
kubernetes_start() {
  local upstream files storage layout http registry
  kubernetes_prepare || return 1
  upstream=$(mkdir -p "$1" && cd "$1" && pwd)
  mkdir -p "$upstream"/{etc,log,pid,tmp}
  http=$(upstream_free_port)
  until registry=$(upstream_free_port) && [ "$registry" != "$http" ]; do :; done
  upstream_nginx "$files" <<< "  server { listen 127.0.0.1:$http; }"
  upstream_until upstream_listens "$http" && kubernetes_registry registry "$registry" "$storage" true && kubernetes_write_env
}

# kubernetes_stop FOLDER: ends the servers by their ids and removes the folder; what was built stays.
kubernetes_stop() { upstream_stop "$1"; }
