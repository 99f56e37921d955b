#!/usr/bin/env bash
# Configures and builds a preset; quiet when it works, everything the tools said when it does not.
#   build.sh PRESET [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/../.."
preset=${1:?usage: build.sh PRESET [TARGET...]}
shift
targets=()
[ $# -eq 0 ] || targets=(--target "$@")
said=$(cmake --preset "$preset" 2>&1) || { echo "$said" >&2; exit 1; }
said=$(cmake --build --preset "$preset" -j "$(nproc)" "${targets[@]}" 2>&1) || { echo "$said" >&2; exit 1; }
tail -n 1 <<< "$said"
