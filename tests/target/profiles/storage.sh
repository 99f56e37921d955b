#!/usr/bin/env bash
# The profile storage.yaml with the archives it names.
#   storage.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: storage.sh FOLDER}
mkdir -p "$folder"
cp "$here/storage.yaml" "$folder/"
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

mkdir -p "$scratch/sky-1.0/catalogue" "$scratch/notes"
printf 'M31 0.68\n' > "$scratch/sky-1.0/catalogue/near.txt"
seq 200000 > "$scratch/sky-1.0/catalogue/far.txt"
ln -s catalogue/near.txt "$scratch/sky-1.0/nearest"
ln "$scratch/sky-1.0/catalogue/near.txt" "$scratch/sky-1.0/again.txt"
tar --create --xz --file "$folder/sky.tar.xz" --directory "$scratch" --mtime=@1700000000 --sort=name --owner=0 --group=0 sky-1.0
printf 'read me first\n' > "$scratch/notes/one.txt"
python3 -c 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])' "$folder/notes" "$scratch/notes"
