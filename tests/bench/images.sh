# The benchmark's images: made from Debian packages, each package group one gzip layer, a base layer shared. Source this; bench_images FOLDER.

# bench_layer LAYOUT TAG FOLDER PACKAGE...: adds one layer that holds the packages' files.
bench_layer() {
  local layout=$1 tag=$2 root=$3/root package
  rm -rf "$root" && mkdir "$root"
  for package in "${@:4}"; do
    (cd "$3/debs" && ls "${package}"_*.deb > /dev/null 2>&1 || apt-get -qq download "$package" > /dev/null)
    dpkg-deb --fsys-tarfile "$3"/debs/"${package}"_*.deb | tar --no-same-owner -x -C "$root" -f -
  done
  umoci insert --rootless --image "$layout:$tag" "$root" /
}

# bench_image LAYOUT TAG FOLDER GROUP...: the base and one layer for each group of packages (one word, separated by commas).
bench_image() {
  local group
  umoci tag --image "$1:base" "$2"
  for group in "${@:4}"; do
    # shellcheck disable=SC2046
    bench_layer "$1" "$2" "$3" $(tr ',' ' ' <<< "$group")
  done
}

bench_images() {
  local layout=$1/layout
  [ -e "$1/complete" ] && return
  mkdir -p "$1/debs"
  rm -rf "$layout"
  umoci init --layout "$layout"
  umoci new --image "$layout:base"
  bench_layer "$layout" base "$1" bash coreutils dpkg libc6 perl-modules-5.36 libpython3.11-stdlib
  bench_image "$layout" compilers "$1" gcc-12,g++-12,cpp-12 libboost1.74-dev libllvm14,libclang-cpp14
  bench_image "$layout" java "$1" openjdk-17-jre-headless openjdk-17-jdk-headless
  bench_image "$layout" go "$1" golang-1.19-go
  bench_image "$layout" stats "$1" r-base-core,node-typescript qemu-system-x86
  rm -rf "$1/root"
  touch "$1/complete"
}
