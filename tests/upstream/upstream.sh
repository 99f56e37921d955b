# A stand-in for the internet on loopback: source this file, then upstream_start FOLDER ... upstream_stop FOLDER. See README.md.
upstream_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
upstream_user=lab
upstream_password='pass:word'

# Outside of the range that connections take their own ports from (32768 and up): otherwise one may take it before its server does.
upstream_free_port() {
  python3 -c '
import random, socket
while True:
    s = socket.socket()
    try:
        port = random.randrange(15000, 32000)
        s.bind(("127.0.0.1", port))
        print(port)
        break
    except OSError:
        pass'
}

# upstream_until COMMAND...: waits for a server to answer.
upstream_until() {
  local try
  for try in $(seq 200); do
    "$@" > /dev/null 2>&1 && return 0
    sleep 0.05
  done
  echo "upstream: no answer: $*" >&2
  return 1
}

upstream_listens() { python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$1"; }

# upstream_run NAME COMMAND...: in the background, with its log, its id noted for upstream_stop.
upstream_run() {
  local name=$1
  shift
  "$@" > "$upstream/log/$name.log" 2>&1 < /dev/null &
  echo $! > "$upstream/pid/$name"
}

upstream_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2> /dev/null; }

# upstream_certificate NAME DAYS: for 127.0.0.1 and localhost, signed by the stand-in's authority.
upstream_certificate() {
  local tls=$upstream/tls
  upstream_key "$tls/$1.key"
  openssl req -new -key "$tls/$1.key" -subj "/CN=rootcellar upstream $1" -out "$tls/$1.csr"
  printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' > "$tls/$1.ext"
  openssl x509 -req -in "$tls/$1.csr" -CA "$tls/ca.crt" -CAkey "$tls/ca.key" -CAcreateserial -days "$2" -extfile "$tls/$1.ext" \
    -out "$tls/$1.crt" 2> /dev/null
}

upstream_make_certificates() {
  local tls=$upstream/tls
  upstream_key "$tls/ca.key"
  openssl req -x509 -new -key "$tls/ca.key" -subj "/CN=rootcellar upstream authority" -days 30 -out "$tls/ca.crt"
  upstream_certificate server 30
  upstream_certificate expired -1
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$tls/token.key" 2> /dev/null
  openssl req -x509 -new -key "$tls/token.key" -subj "/CN=rootcellar upstream tokens" -days 30 -out "$tls/token.crt"
}

# upstream_registry NAME PORT: its configuration is the standard input after the common part.
upstream_registry() {
  {
    printf 'version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {rootdirectory: "%s/registry"}, delete: {enabled: true}}\n' "$upstream"
    printf 'http:\n  addr: 127.0.0.1:%s\n' "$2"
    cat
  } > "$upstream/etc/$1.yml"
  upstream_run "$1" docker-registry serve "$upstream/etc/$1.yml"
}

upstream_tls_lines() { printf '  tls: {certificate: "%s/tls/server.crt", key: "%s/tls/server.key"}\n' "$upstream" "$upstream"; }

upstream_start_registries() {
  htpasswd -Bbn "$upstream_user" "$upstream_password" > "$upstream/etc/htpasswd"
  upstream_registry open "$open" < /dev/null
  { upstream_tls_lines; printf 'auth: {htpasswd: {realm: lab, path: "%s/etc/htpasswd"}}\n' "$upstream"; } | upstream_registry basic "$basic"
  {
    upstream_tls_lines
    printf 'auth: {token: {realm: "https://127.0.0.1:%s/token", service: lab-registry, issuer: lab-tokens, rootcertbundle: "%s/tls/token.crt"}}\n' \
      "$tokens" "$upstream"
  } | upstream_registry token "$token"
  upstream_run tokens python3 "$upstream_here/token_server.py" "$tokens" "$upstream/tls" "$upstream_user" "$upstream_password"
}

# upstream_nginx ROOT: a file server; its server blocks are the standard input.
upstream_nginx() {
  {
    cat << CONF
daemon off;
user $(id -un) $(id -gn);
worker_processes 1;
pid $upstream/pid/nginx.master;
error_log $upstream/log/nginx.error.log;
events { worker_connections 64; }
http {
  access_log $upstream/log/nginx.access.log;
  client_body_temp_path $upstream/tmp; proxy_temp_path $upstream/tmp; fastcgi_temp_path $upstream/tmp;
  uwsgi_temp_path $upstream/tmp; scgi_temp_path $upstream/tmp;
  types { text/html html; }
  default_type application/octet-stream;
  root $1;
CONF
    cat
    echo '}'
  } > "$upstream/etc/nginx.conf"
  upstream_run nginx "$(command -v nginx || echo /usr/sbin/nginx)" -e "$upstream/log/nginx.error.log" -p "$upstream" -c "$upstream/etc/nginx.conf"
}

upstream_start_files() {
  local tls="ssl_certificate_key $upstream/tls"
  upstream_nginx "$upstream/files" << CONF
  server { listen 127.0.0.1:$http; }
  server { listen 127.0.0.1:$https ssl; ssl_certificate $upstream/tls/server.crt; $tls/server.key; }
  server { listen 127.0.0.1:$expired ssl; ssl_certificate $upstream/tls/expired.crt; $tls/expired.key; }
CONF
}

# Files whose bytes are the same in every run: openssl's keystream over zeros.
upstream_noise() { head -c "$1" /dev/zero | openssl enc -aes-128-ctr -nosalt -K "$2" -iv 00000000000000000000000000000000; }

upstream_make_files() {
  upstream_noise 3000000 01 > "$upstream/files/tool"
  printf '<html><body>please log in</body></html>\n' > "$upstream/files/login.html"
  touch -d '2024-05-06T07:08:09Z' "$upstream/files/tool"
}

# upstream_image TAG ARCHITECTURE FILE: an OCI image of one layer that holds one file.
upstream_image() {
  local layout=$upstream/oci
  umoci new --image "$layout:$1"
  umoci insert --rootless --image "$layout:$1" --history.created 2024-01-02T03:04:05Z "$3" "/$(basename "$3")"
  umoci config --image "$layout:$1" --architecture "$2" --os linux --created 2024-01-02T03:04:05Z --config.cmd "/$(basename "$3")" \
    --history.created 2024-01-02T03:04:05Z
}

upstream_push() { skopeo --insecure-policy copy -q --dest-tls-verify=false "${@:3}" "oci:$upstream/oci:$1" "docker://127.0.0.1:$open/$2"; }

upstream_make_images() {
  local work=$upstream/images
  mkdir -p "$work"
  upstream_noise 2000000 02 > "$work/app"
  printf 'second\n' > "$work/second"
  touch -d '2024-01-02T03:04:05Z' "$work"/*
  umoci init --layout "$upstream/oci"
  upstream_image amd64 amd64 "$work/app"
  upstream_image arm64 arm64 "$work/second"
  upstream_push amd64 lab/app:1.0
  upstream_push amd64 lab/app:1.0-docker --format v2s2
  upstream_push arm64 lab/arm:1.0
  python3 "$upstream_here/make_index.py" "$upstream/oci" multi amd64 arm64
  upstream_push multi lab/multi:1.0 --all
}

upstream_make_charts() { python3 "$upstream_here/make_charts.py" "$upstream/files" "127.0.0.1:$open"; }

upstream_write_env() {
  cat > "$upstream/env" << ENV
export RC_UPSTREAM=$upstream
export RC_UPSTREAM_CA=$upstream/tls/ca.crt
export RC_UPSTREAM_OPEN=127.0.0.1:$open
export RC_UPSTREAM_BASIC=127.0.0.1:$basic
export RC_UPSTREAM_TOKEN=127.0.0.1:$token
export RC_UPSTREAM_TOKENS=127.0.0.1:$tokens
export RC_UPSTREAM_HTTP=127.0.0.1:$http
export RC_UPSTREAM_HTTPS=127.0.0.1:$https
export RC_UPSTREAM_EXPIRED=127.0.0.1:$expired
export RC_UPSTREAM_LYING=127.0.0.1:$lying
export RC_UPSTREAM_PROXY=127.0.0.1:$proxy
export RC_UPSTREAM_NOBODY=127.0.0.1:$nobody
export RC_UPSTREAM_USER=$upstream_user
export RC_UPSTREAM_PASSWORD='$upstream_password'
ENV
}

# upstream_start FOLDER: everything up, FOLDER/env written; with a second argument "empty" no images and files are made.
upstream_start() {
  local open basic token tokens http https expired lying proxy nobody name port ports=
  upstream=$(mkdir -p "$1" && cd "$1" && pwd)
  mkdir -p "$upstream"/{tls,etc,log,pid,tmp,files,registry}
  for name in open basic token tokens http https expired lying proxy nobody; do
    until port=$(upstream_free_port) && [[ " $ports " != *" $port "* ]]; do :; done
    ports="$ports $port"
    printf -v "$name" %s "$port"
  done
  upstream_make_certificates
  upstream_start_registries
  upstream_start_files
  upstream_run lying python3 "$upstream_here/lying_server.py" "$lying" "$upstream/files" "127.0.0.1:$open"
  upstream_run proxy python3 "$upstream_here/forward_proxy.py" "$proxy"
  for name in open basic token tokens http https expired lying proxy; do upstream_until upstream_listens "${!name}" || return 1; done
  [ "${2:-}" = empty ] || { upstream_make_files && upstream_make_images && upstream_make_charts; } || return 1
  upstream_write_env
}

# upstream_stop FOLDER: ends the servers by their ids and removes the folder.
upstream_stop() {
  local file
  for file in "$1"/pid/*; do
    [ -e "$file" ] || continue
    kill "$(cat "$file")" 2> /dev/null || true  # nginx is noted twice
    wait "$(cat "$file")" 2> /dev/null || true
  done
  rm -rf "$1"
}
