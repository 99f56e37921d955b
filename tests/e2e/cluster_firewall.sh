#!/usr/bin/env bash
# The rehearsal of a cluster on a machine whose people have a firewall that lets nothing in: its own programs open it for pods, nodes and services,
# and uninstall leaves the people's rules as they were. Root; Debian 12.
#   cluster_firewall.sh BIN_FOLDER WORK_FOLDER FIREWALL    WORK_FOLDER: what cluster.sh left there; FIREWALL: ufw, firewalld
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fat32=$here/../target/fat32.sh
usage="usage: cluster_firewall.sh BIN_FOLDER WORK_FOLDER ufw | firewalld"
bin=$(cd "${1:?$usage}" && pwd)
work=$(cd "${2:?$usage}" && pwd)
firewall=${3:?$usage}
[ -e "$work/stick.img" ] || { echo "cluster_firewall.sh: expected '$work/stick.img'; run cluster.sh BIN_FOLDER '$work' first" >&2; exit 3; }
# What the machine on site has already. For ufw: it is on, and people come in at port 22.
case "$firewall" in
  ufw) like=(--like "$here/../target/behind-ufw") ;;
  firewalld) like=() ;;
  *) echo "$usage" >&2; exit 2 ;;
esac
attached=$(mktemp -d "$work/attached.XXXXXX")
cleanup() {
  bash "$fat32" detach "$attached" || true
  rmdir "$attached"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

bash "$fat32" attach "$work/stick.img" "$attached"
printf 'cluster:\n  roles: [webServer]\n' > "$work/answers.yaml"
"$bin/rootcellar" rehearse "$attached" --trust "$work/elsewhere/lab-team.pub" --answers "$work/answers.yaml" --with "$firewall" "${like[@]}" "${@:4}"
