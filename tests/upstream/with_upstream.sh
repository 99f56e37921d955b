#!/usr/bin/env bash
# with_upstream.sh COMMAND...: runs a command with a stand-in for the internet on loopback, named in its environment.
set -euo pipefail
. "$(dirname "$0")/upstream.sh"
folder=$(mktemp -d "${TMPDIR:-/tmp}/rc-upstream.XXXXXX")
trap 'status=$?; set +e; [ $status = 0 ] || tail -n 5 "$folder"/log/*.log >&2; upstream_stop "$folder"; exit $status' EXIT
# The proxies of whoever runs the tests are no part of them.
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY CURL_CA_BUNDLE SSL_CERT_FILE DOCKER_CONFIG
upstream_start "$folder" > "$folder.start.log" 2>&1 || { cat "$folder.start.log" >&2; rm -f "$folder.start.log"; exit 1; }
rm -f "$folder.start.log"
. "$folder/env"
"$@"
