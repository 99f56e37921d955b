#!/usr/bin/env bash
# A FAT32 stick as a file, without the kernel's help: written with mtools, attached read-only with fusefat.
#   fat32.sh make IMAGE FOLDER [LABEL]    an image that holds the files of FOLDER, with room for a little more
#   fat32.sh attach IMAGE FOLDER          mounts it there, read-only, files without the right to run
#   fat32.sh detach FOLDER
set -euo pipefail

make_image() {
  local image=$1 folder=$2 label=${3:-ROOTCELLAR} bytes
  bytes=$(du --summarize --apparent-size --block-size=1 -- "$folder" | cut -f1)
  rm -f -- "$image"
  # 40 MiB is the least FAT32 can be with clusters of 512 bytes; a sixteenth more for clusters cut off.
  truncate --size=$(((bytes + bytes / 16) / 1048576 * 1048576 + 64 * 1048576)) -- "$image"
  mkfs.fat -F 32 -n "$label" -- "$image" > /dev/null
  find "$folder" -maxdepth 1 -type f -print0 | sort -z | xargs -0 mcopy -i "$image" -m -Q -- '::/' 2>/dev/null ||
    find "$folder" -maxdepth 1 -type f -print0 | sort -z | while IFS= read -r -d '' file; do mcopy -i "$image" -m -Q "$file" ::/; done
}

# fusefat answers mount requests in the background; the mount is there when the kernel lists it.
attach() {
  local image=$1 folder=$2
  fusefat -o ro,default_permissions -- "$image" "$folder" 2>/dev/null || fusefat -o ro "$image" "$folder"
  for _ in $(seq 50); do
    mountpoint --quiet "$folder" && return
    sleep 0.1
  done
  echo "fat32.sh: fusefat did not mount '$image'" >&2
  return 1
}

case "${1-}" in
  make) make_image "${@:2}" ;;
  attach) attach "$2" "$3" ;;
  detach) umount -- "$2" ;;
  *) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;;
esac
