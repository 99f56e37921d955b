#!/usr/bin/env bash
# The files that the projects of a Kubernetes cluster publish, under their upstream hosts and paths, made of what programs.sh built: archives
# have upstream's members, checksums the form that each project gives them. The same bytes in every run.
#   files.sh PROGRAMS_FOLDER FOLDER      FOLDER/HOST/PATH is what upstream has at https://HOST/PATH
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/versions.sh"
usage="usage: files.sh PROGRAMS_FOLDER FOLDER"
set=$(cd "${1:?$usage}" && pwd)
mkdir -p "${2:?$usage}"
folder=$(cd "$2" && pwd)
made=2026-01-02T03:04:05Z  # of every file and member
arch=$(dpkg --print-architecture)

digest() { sha256sum < "$1" | cut -c1-64; }

# place SOURCE HOST/PATH: a link where it can be one.
place() {
  mkdir -p "$(dirname "$folder/$2")"
  cp -rl "$set/$1" "$folder/$2" 2> /dev/null || cp -r "$set/$1" "$folder/$2"
}

# archive HOST/PATH FOLDER MEMBER...
archive() {
  mkdir -p "$(dirname "$folder/$1")"
  tar --sort=name --owner=0 --group=0 --numeric-owner --mode=755 --mtime="$made" -C "$2" -c "${@:3}" | gzip -n > "$folder/$1"
}

# archive_below NAME HOST/PATH PROGRAM: the program as the member NAME/PROGRAM.
archive_below() {
  local scratch=$folder/scratch
  mkdir -p "$scratch/$1"
  ln -s "$set/bin/$3" "$scratch/$1/$3"
  archive "$2" "$scratch" --dereference "$1/$3"
  rm -rf "$scratch"
}

# The three forms of a checksum: the digest alone, with a newline, and with the file's name.
bare_checksum() { printf %s "$(digest "$folder/$1")" > "$folder/$1.sha256"; }
plain_checksum() { digest "$folder/$1" > "$folder/$1.sha256"; }
named_checksum() { printf '%s  %s\n' "$(digest "$folder/$1")" "$(basename "$1")" > "$folder/$2"; }

for program in kubeadm kubelet kubectl; do
  path=dl.k8s.io/release/$kubernetes_version/bin/linux/$arch/$program
  place bin/$program "$path"
  bare_checksum "$path"
done

path=get.helm.sh/helm-$helm_version-linux-$arch.tar.gz
archive_below "linux-$arch" "$path" helm
named_checksum "$path" "$path.sha256sum"
bare_checksum "$path"

path=github.com/kubernetes-sigs/cri-tools/releases/download/$crictl_version/crictl-$crictl_version-linux-$arch.tar.gz
archive "$path" "$set/bin" crictl
plain_checksum "$path"

path=github.com/containernetworking/plugins/releases/download/$cni_plugins_version/cni-plugins-linux-$arch-$cni_plugins_version.tgz
archive "$path" "$set/bin/cni" .
named_checksum "$path" "$path.sha256"

path=github.com/argoproj/argo-workflows/releases/download/$argo_version
mkdir -p "$folder/$path"
gzip -n < "$set/bin/argo" > "$folder/$path/argo-linux-$arch.gz"
named_checksum "$path/argo-linux-$arch.gz" "$path/argo-workflows-cli-checksums.txt"

# Without a checksum, as upstream has it.
path=github.com/Mirantis/cri-dockerd/releases/download/$cri_dockerd_version/cri-dockerd-${cri_dockerd_version#v}.$arch.tgz
archive_below cri-dockerd "$path" cri-dockerd

# A Debian package with the programs at the paths of upstream's.
version=${nvidia_toolkit_version#v}-1
path=nvidia.github.io/libnvidia-container/stable/deb/$arch
mkdir -p "$folder/$path" "$folder/scratch/DEBIAN" "$folder/scratch/usr/bin"
cp "$set"/bin/nvidia-{ctk,container-runtime,cdi-hook} "$folder/scratch/usr/bin/"
printf 'Package: nvidia-container-toolkit-base\nVersion: %s\nArchitecture: %s\nMaintainer: tests\nDescription: programs of NVIDIA\n' "$version" "$arch" \
  > "$folder/scratch/DEBIAN/control"
find "$folder/scratch" -exec touch --date="$made" {} +
SOURCE_DATE_EPOCH=$(date --date="$made" +%s) dpkg-deb --root-owner-group -Zxz -z1 --build "$folder/scratch" \
  "$folder/$path/nvidia-container-toolkit-base_${version}_$arch.deb" > /dev/null
rm -rf "$folder/scratch"
# A chart repository, its archive at the release that it names.
path=github.com/kubernetes-sigs/nfs-subdir-external-provisioner/releases/download/nfs-subdir-external-provisioner-$provisioner_chart_version
chart=$path/nfs-subdir-external-provisioner-$provisioner_chart_version.tgz
mkdir -p "$folder/scratch" "$folder/kubernetes-sigs.github.io/nfs-subdir-external-provisioner"
cp -r "$here/nfs-provisioner/chart" "$folder/scratch/nfs-subdir-external-provisioner"
archive "$chart" "$folder/scratch" nfs-subdir-external-provisioner
rm -rf "$folder/scratch"
cat > "$folder/kubernetes-sigs.github.io/nfs-subdir-external-provisioner/index.yaml" << INDEX
apiVersion: v1
entries:
  nfs-subdir-external-provisioner:
    - apiVersion: v1
      name: nfs-subdir-external-provisioner
      version: $provisioner_chart_version
      digest: $(digest "$folder/$chart")
      created: "$made"
      urls: ["https://$chart"]
generated: "$made"
INDEX

place kube-flannel.yml "raw.githubusercontent.com/flannel-io/flannel/$flannel_version/Documentation/kube-flannel.yml"
place metallb-native.yaml "raw.githubusercontent.com/metallb/metallb/$metallb_version/config/manifests/metallb-native.yaml"
place argo-manifests "raw.githubusercontent.com/argoproj/argo-workflows/$argo_version/manifests"
place cri-dockerd-systemd "raw.githubusercontent.com/Mirantis/cri-dockerd/$cri_dockerd_version/packaging/systemd"
find "$folder" -exec touch --date="$made" {} +
