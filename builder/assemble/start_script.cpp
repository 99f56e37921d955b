#include "builder/assemble/stage.h"
#include "bundle/base/text.h"

namespace rootcellar {

namespace {

/// What `uname -m` says on a machine of Debian's architecture.
std::string machine_name(const std::string& architecture) { return architecture == "arm64" ? "aarch64" : "x86_64"; }

// Desktops mount FAT without the right to run programs (showexec, noexec), so the installer is copied to a folder of root's that allows it.
constexpr const char* k_script = R"script(
# rootcellar START.sh: runs the installer that lies beside it. README.txt says how to check both before the first sudo.
#   sudo sh START.sh                              installs, asking for the six words on the paper
#   sudo sh START.sh install --trust FILE --yes   every command and option of rootcellar-install
set -eu
unset CDPATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin

fail() {
  printf 'error: %s\n' "$1" >&2
  [ -z "${3-}" ] || printf 'hint: %s\n' "$3" >&2
  printf 'nothing was changed\n' >&2
  exit "$2"
}

found=$(uname -m)
[ "$found" = "$machine" ] || fail "cannot install here: expected an $machine machine, found $found" 6 "bring the stick made for $found"
here=$(cd -- "$(dirname -- "$0")" && pwd -P)
[ -f "$here/rootcellar-install" ] || fail "cannot find '$here/rootcellar-install'" 3 "stage the bundle on this stick again"

private=
trap '[ -z "$private" ] || rm -rf -- "$private"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
umask 077
for folder in /run /tmp /var/tmp; do
  private=$(mktemp -d "$folder/rootcellar.XXXXXX" 2>/dev/null) || { private=; continue; }
  cp -- "$here/rootcellar-install" "$private/rootcellar-install" 2>/dev/null &&
    chmod 700 "$private/rootcellar-install" &&
    "$private/rootcellar-install" --version >/dev/null 2>&1 && break
  rm -rf -- "$private"
  private=
done
[ -n "$private" ] || fail "cannot run the installer from /run, /tmp or /var/tmp" 5 "one of them needs 20 MB of space and a mount without noexec"

case "${1-}" in
  --help | -h | --version) ;;
  '' | -*) set -- install "$@" ;;
esac
case "$1" in
  verify | plan | install | resume | load)
    command=$1
    shift
    set -- "$command" --from "$here" "$@"
    ;;
esac
code=0
"$private/rootcellar-install" "$@" || code=$?
exit "$code"
)script";

}  // namespace

std::string stick_start_script(const Header& header) { return cat("#!/bin/sh\nmachine=", machine_name(header.architecture), k_script); }

}  // namespace rootcellar
