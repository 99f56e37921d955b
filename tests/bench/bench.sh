#!/usr/bin/env bash
# bench.sh BIN_FOLDER [WORK_FOLDER]: prints one table of rootcellar against public tools on the same data. See README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "${1:?usage: bench.sh BIN_FOLDER [WORK_FOLDER]}" && pwd)
. "$here/../upstream/upstream.sh"
. "$here/images.sh"

kept=${2:-}
work=$(mktemp -d "${kept:-/var/tmp}/rc-bench.XXXXXX" 2> /dev/null || { mkdir -p "$kept" && mktemp -d "$kept/rc-bench.XXXXXX"; })
trap 'status=$?; set +e; registry_stop; stick_remove; upstream_stop "$work/upstream"; rm -rf "$work"; exit $status' EXIT
images=(compilers java go stats)
rows=()

say() { printf '%s\n' "$*" >&2; }
cold() { sync && { echo 3 > /proc/sys/vm/drop_caches; } 2> /dev/null || cache_state="warm page cache (not root)"; }
cache_state="page cache emptied before each step"
bytes_in() { du -sb --apparent-size "$1" | cut -f1; }

# row NAME BYTES WATCHED_FOLDERS COMMAND...: measures one step; its seconds are left in $seconds.
row() {
  local name=$1 bytes=$2 folder watch=() peak extra from_disk
  [ -z "$group" ] || watch=(--group "$group")
  for folder in $3; do watch+=(--watch "$folder"); done
  say "  $name"
  cold
  python3 "$here/measure.py" "${watch[@]}" -- "${@:4}" 3> "$work/measured" 2> "$work/stderr" || { cat "$work/stderr" >&2; exit 1; }
  read -r seconds peak extra from_disk < "$work/measured"
  rows+=("$(awk -v n="$name" -v b="$bytes" -v s="$seconds" -v p="$peak" -v e="$extra" -v r="$from_disk" \
    'BEGIN { printf "%-70s %8.2f %6.0f %9.0f %9.0f %8.0f", n, s, b / 1e6 / s, p / 1024, e / 1048576, r / 1e6 }')")
}

# ratio TEXT SECONDS OVER_SECONDS AIM
ratio() { rows+=("$(awk -v t="$1" -v a="$2" -v b="$3" -v aim="$4" 'BEGIN { printf "  %s: %.2f (aim: %s)", t, a / b, aim }')"); }

# A stick of $stick_rate MB/s: reads from the disk are held back by the kernel, for whatever runs in the control group.
stick_rate=60
group=
stick_plug() {
  local v1=/sys/fs/cgroup/blkio v2=/sys/fs/cgroup/rc-bench.$$ device
  device=$(stat -c %d "$work")
  device=$((device >> 8 & 0xfff)):0
  if mkdir "$v1/rc-bench.$$" 2> /dev/null; then
    group=$v1/rc-bench.$$
    echo "$device $((stick_rate * 1000000))" > "$group/blkio.throttle.read_bps_device" && return
  elif grep -qw io /sys/fs/cgroup/cgroup.subtree_control 2> /dev/null && mkdir "$v2" 2> /dev/null; then
    group=$v2
    echo "$device rbps=$((stick_rate * 1000000))" > "$group/io.max" && return
  fi
  stick_remove
  return 1
}
stick_remove() {
  [ -z "$group" ] || rmdir "$group"
  group=
}

registry_port=
registry_pid=
registry_start() {
  registry_port=$(upstream_free_port)
  printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: "%s"}}\nhttp: {addr: "127.0.0.1:%s"}\n' "$1" "$registry_port" > "$work/registry.yml"
  docker-registry serve "$work/registry.yml" > "$work/registry.log" 2>&1 &
  registry_pid=$!
  upstream_until upstream_listens "$registry_port"
}
registry_stop() {
  [ -n "$registry_pid" ] || return 0
  kill "$registry_pid"
  wait "$registry_pid" 2> /dev/null || true  # it ends by our signal
  registry_pid=
}

# registry_serves STORAGE PREFIX: every image comes out of it whole, byte for byte what went in.
registry_serves() {
  local image
  registry_start "$1"
  for image in "${images[@]}"; do
    rm -rf "$work/pulled"
    skopeo --insecure-policy copy -q --src-tls-verify=false "docker://127.0.0.1:$registry_port/$2$image:1" "oci:$work/pulled:1"
    cmp -s "$work/pulled/index.json" <(upstream_index "$image") || { say "registry at $1 does not serve $image"; exit 1; }
  done
  rm -rf "$work/pulled"
  registry_stop
}

# What skopeo writes as index.json for an image as it is upstream.
upstream_index() {
  [ -e "$work/expected/$1/index.json" ] || skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$upstream_open/bench/$1:1" "oci:$work/expected/$1:1"
  cat "$work/expected/$1/index.json"
}

say "making images (about 320 MB of packages are downloaded the first time)"
bench_images "${kept:-$work}/images"
say "starting a registry with them"
upstream_start "$work/upstream" empty
. "$work/upstream/env"
upstream_open=$RC_UPSTREAM_OPEN
for image in "${images[@]}"; do
  skopeo --insecure-policy copy -q --dest-tls-verify=false "oci:${kept:-$work}/images/layout:$image" "docker://$upstream_open/bench/$image:1"
done
storage=$work/upstream/registry

cat > "$work/bench.yaml" << PROFILE
rootcellar: 1
product: bench
target: {distribution: debian, version: "12", codename: bookworm}
architectures: [$(dpkg --print-architecture)]
images:
$(printf '  - registry.example/bench/%s:1\n' "${images[@]}")
PROFILE
mirror=registry.example=http://$upstream_open
export ROOTCELLAR_CACHE=$work/cache
"$bin/rootcellar" keygen bench --out "$work" --no-passphrase > /dev/null 2>&1
"$bin/rootcellar" lock -q "$work/bench.yaml" --mirror "$mirror" -o "$work/bench.lock" > /dev/null
rm -rf "$work/cache"
inputs=$(find "$storage" -path '*/blobs/*' -name data -printf '%s\n' | awk '{ sum += $1 } END { print sum }')

say "measuring"
mkdir -p "$work"/{cold,warm,oci,stick-a,expected}
build=("$bin/rootcellar" build -q "$work/bench.lock" --key "$work/bench.key" --mirror "$mirror" -j "$(nproc)")
row "create: rootcellar build, cold" "$inputs" "$work/cold $work/cache" "${build[@]}" -o "$work/cold"
create_cold=$seconds
row "create: rootcellar build, warm" "$inputs" "$work/warm" "${build[@]}" -o "$work/warm"
create_warm=$seconds
cmp "$work"/cold/*.cellar "$work"/warm/*.cellar
rm -rf "$work/warm"
# shellcheck disable=SC2016
row "create: skopeo copy, tar | zstd -3, cold" "$inputs" "$work/oci $work/stick-a" bash -c '
  set -eu; upstream=$1 work=$2; shift 2
  for image in "$@"; do skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$upstream/bench/$image:1" "oci:$work/oci:$image"; done
  tar -C "$work/oci" -cf - . | zstd -q -3 -o "$work/stick-a/images.tar.zst"
  cd "$work/stick-a" && sha256sum images.tar.zst > SHA256SUMS' - "$upstream_open" "$work" "${images[@]}"
create_public=$seconds
row "create: sha256sum of the inputs" "$inputs" "$work/oci" find "$storage" -path '*/blobs/*' -name data -exec sha256sum {} +
hash_inputs=$seconds
ratio "cold, rootcellar / public tools" "$create_cold" "$create_public" "<= 1.00"
ratio "warm, rootcellar / sha256sum" "$create_warm" "$hash_inputs" "<= 1.50"

size=$(cat "$work"/cold/*.cellar | wc -c)
row "verify: rootcellar verify" "$size" "$work/expected" "$bin/rootcellar" verify -q "$work/cold" --trust "$work/bench.pub"
row "verify: sha256sum of the volumes" "$size" "$work/expected" bash -c 'sha256sum "$1"/*.cellar' - "$work/cold"

# load_all WHERE: the three ways from the bundle, tar or storage on the disk to a registry that serves all images.
load_all() {
  local where=$1
  rm -rf "$work"/{load,load-a,load-a-layout,load-b}
  mkdir -p "$work"/{load,load-a,load-a-layout,load-b}
  row "$where: plain read of the volumes" "$size" "$work/expected" bash -c 'cat "$1"/*.cellar > /dev/null' - "$work/cold"
  plain_read=$seconds
  row "$where: rootcellar-install load" "$size" "$work/load" "$bin/rootcellar-install" load -q "$work/cold" --trust "$work/bench.pub" --registry-root "$work/load"
  load_own=$seconds
  registry_start "$work/load-a"
  # shellcheck disable=SC2016
  row "$where: sha256sum -c, tar -x, skopeo copy to registry" "$size" "$work/load-a $work/load-a-layout" bash -c '
    set -eu; work=$1 registry=$2; shift 2
    cd "$work/stick-a" && sha256sum --quiet -c SHA256SUMS && zstd -q -d -c images.tar.zst | tar -C "$work/load-a-layout" -xf -
    for image in "$@"; do skopeo --insecure-policy copy -q --dest-tls-verify=false "oci:$work/load-a-layout:$image" "docker://127.0.0.1:$registry/bench/$image:1"; done
    rm -rf "$work/load-a-layout"' - "$work" "$registry_port" "${images[@]}"
  load_push=$seconds
  registry_stop
  # shellcheck disable=SC2016
  row "$where: sha256sum, cp -a of a registry's storage" "$size" "$work/load-b" bash -c '
    set -eu; find "$1" -path "*/blobs/*" -name data -exec sha256sum {} +; cp -a "$1/." "$2"' - "$storage" "$work/load-b"
  load_copy=$seconds
  ratio "push / rootcellar" "$load_push" "$load_own" ">= 8 with as-is blobs"
  ratio "rootcellar / cp -a with sha256sum" "$load_own" "$load_copy" "<= 1"
}
load_all load
say "  (does every registry serve every image?)"
registry_serves "$work/load" registry.example/bench/
registry_serves "$work/load-a" bench/
registry_serves "$work/load-b" bench/
if stick_plug; then
  load_all "load, stick of $stick_rate MB/s"
  ratio "rootcellar / plain read" "$load_own" "$plain_read" "<= 1.10 where the stick is the limit"
  stick_remove
else
  rows+=("load from a slow stick: not measured, the kernel's read limit is not ours to set here")
fi

printf '%s images, %s MB of blobs; bundle %s MB; as tar.zst %s MB; %s CPUs; %s\n\n' "${#images[@]}" "$((inputs / 1000000))" "$((size / 1000000))" \
  "$(($(bytes_in "$work/stick-a") / 1000000))" "$(nproc)" "$cache_state"
printf '%-70s %8s %6s %9s %9s %8s\n' step seconds MB/s "peak MiB" "extra MiB" "read MB"
printf '%s\n' "${rows[@]}"
