# A certificate authority that speaks ACME (Pebble, from its Go module), the DNS it asks, and a stand-in for DuckDNS that fills that: source this
# file, then acme_start FOLDER ... upstream_stop FOLDER. FOLDER/env names them (RC_ACME_...).
acme_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$acme_here/../upstream.sh"
acme_token=$(cat /proc/sys/kernel/random/uuid)

acme_pebble_config() {
  cat << JSON
{"pebble": {"listenAddress": "127.0.0.1:$acme", "managementListenAddress": "127.0.0.1:$roots",
  "certificate": "$upstream/tls/server.crt", "privateKey": "$upstream/tls/server.key", "httpPort": 1, "tlsPort": 1,
  "externalAccountBindingRequired": false, "retryAfter": {"authz": 1, "order": 1}, "keyAlgorithm": "ecdsa",
  "profiles": {"default": {"description": "as long as Let's Encrypt's", "validityPeriod": 7776000}}}}
JSON
}

acme_write_env() {
  cat > "$upstream/env" << ENV
export RC_ACME_DIRECTORY=https://127.0.0.1:$acme/dir
export RC_ACME_ROOT=$upstream/tls/root.crt
export RC_ACME_CA=$upstream/tls/ca.crt
export RC_ACME_DNS=$dns
export RC_ACME_DUCKDNS=https://127.0.0.1:$duckdns
export RC_ACME_DUCKDNS_LOG=$upstream/log/duckdns.asked
export RC_ACME_TOKEN=$acme_token
ENV
}

acme_fetch() {
  python3 -c '
import ssl, sys, urllib.request
trust = ssl.create_default_context(cafile=sys.argv[2])
sys.stdout.write(urllib.request.urlopen(sys.argv[1], context=trust, timeout=5).read().decode())' "$1" "$upstream/tls/ca.crt"
}

# acme_start FOLDER: everything up, FOLDER/env written. No authorization is used twice: each certificate is proved anew.
acme_start() {
  local acme roots dns management duckdns name port ports= bin
  bin=$(bash "$acme_here/../kubernetes/programs.sh" acme)/bin || return 1
  upstream=$(mkdir -p "$1" && cd "$1" && pwd)
  mkdir -p "$upstream"/{tls,etc,log,pid}
  for name in acme roots dns management duckdns; do
    until port=$(upstream_free_port) && [[ " $ports " != *" $port "* ]]; do :; done
    ports="$ports $port"
    printf -v "$name" %s "$port"
  done
  upstream_make_certificates
  acme_pebble_config > "$upstream/etc/pebble.json"
  : > "$upstream/log/duckdns.asked"
  upstream_run challtestsrv "$bin/pebble-challtestsrv" -management "127.0.0.1:$management" -dnsserver "127.0.0.1:$dns" \
    -http01 '' -https01 '' -tlsalpn01 '' -doh '' -defaultIPv4 '' -defaultIPv6 ''
  upstream_run pebble env PEBBLE_VA_NOSLEEP=1 PEBBLE_AUTHZREUSE=0 "$bin/pebble" -config "$upstream/etc/pebble.json" -dnsserver "127.0.0.1:$dns"
  RC_ACME_TOKEN=$acme_token upstream_run duckdns python3 "$acme_here/duckdns.py" "$duckdns" "$upstream/tls" "$management" "$upstream/log/duckdns.asked"
  for name in acme roots dns management duckdns; do upstream_until upstream_listens "${!name}" || return 1; done
  acme_fetch "https://127.0.0.1:$roots/roots/0" > "$upstream/tls/root.crt" || return 1
  acme_write_env
}
