#!/usr/bin/env bash
# `rootcellar certificate` with the real lego and a real ACME server on loopback: refused, obtained, kept, renewed, and what lego says told.
#   acme_test.sh ROOTCELLAR
set -euo pipefail
rootcellar=${1:?usage: acme_test.sh ROOTCELLAR}
. "$(dirname "$0")/acme.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/rc-acme.XXXXXX")
trap 'status=$?; set +e; [ $status = 0 ] || tail -n 5 "$work"/up/log/* "$work"/said >&2; upstream_stop "$work/up"; rm -rf -- "$work"; exit $status' EXIT
# The proxies and settings of whoever runs the tests are no part of them.
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY CURL_CA_BUNDLE SSL_CERT_FILE DUCKDNS_TOKEN ROOTCELLAR_CACHE
acme_start "$work/up"
. "$work/up/env"
export HOME=$work/home XDG_CONFIG_HOME=$work/home/config XDG_CACHE_HOME=$work/home/cache
mkdir -p "$HOME"
cd "$work"
(umask 077 && echo "$RC_ACME_TOKEN" > token && echo 00000000-0000-0000-0000-000000000000 > wrong)
state=$XDG_CACHE_HOME/rootcellar/acme/${RC_ACME_DIRECTORY#https://}
state=${state%/dir}
state=${state/:/_}
passed=0

fail() { printf 'acme_test.sh: %s\n' "$*" >&2; exit 1; }
ok() { passed=$((passed + 1)); echo "ok $passed - $1"; }
same() { [ "$1" = "$2" ] || fail "expected"$'\n'"$1"$'\n'"found"$'\n'"$2"; }
certificate() {
  PATH=${searched:-$PATH} "$rootcellar" certificate --server "$RC_ACME_DIRECTORY" --mirror "https://www.duckdns.org=$RC_ACME_DUCKDNS" --ca-file "$RC_ACME_CA" \
    --resolver "127.0.0.1:$RC_ACME_DNS" --wait 1 "$@"
}
# refused CODE TEXT OPTION...: the whole of what is said.
refused() {
  local code=0
  certificate "${@:3}" > said 2>&1 < /dev/null || code=$?
  same "$2" "$(cat said)"
  same "$1" "$code"
}
lab=(--domain lab.duckdns.org --token-file token)
serial() { openssl x509 -in "$1/chain.pem" -noout -serial; }

searched=$work/nowhere refused 6 "error: cannot find the program 'lego'
hint: install the package 'lego': apt-get install lego" "${lab[@]}"
ok "a missing program is named with its package"

refused 2 "error: cannot open an account at '$RC_ACME_DIRECTORY': nobody accepted its terms of service
hint: read them (Let's Encrypt's: https://letsencrypt.org/repository/), then give --accept-terms" "${lab[@]}"
ok "terms are accepted by people"

refused 3 "error: cannot set the address of 'lab.duckdns.org': DuckDNS answers KO
hint: compare the token and the name 'lab' with what duckdns.org shows when you are logged in" \
  --domain lab.duckdns.org --token-file wrong --address 192.0.2.9 --accept-terms
same "lab refused" "$(cat "$RC_ACME_DUCKDNS_LOG")"
! [ -e "$state/accounts" ] || fail "lego was asked though the token is wrong"
ok "a wrong token is told before the authority is asked"

: > "$RC_ACME_DUCKDNS_LOG"
certificate "${lab[@]}" --address 192.0.2.10 --accept-terms -o one > shown 2> said < /dev/null &
running=$!
while kill -0 $running 2> /dev/null; do
  grep -l -s -a -F -f token /proc/[0-9]*/cmdline >> seen || true
  sleep 0.05
done
wait $running || { cat said >&2; fail "no certificate"; }
! [ -s seen ] || fail "the token was an argument of a program"
ok "a certificate for lab.duckdns.org and *.lab.duckdns.org"

sed -n '/^{/d; 1,3p; 5p' shown > lines
same "certificate  one/chain.pem
key          one/key.pem
names        lab.duckdns.org, *.lab.duckdns.org
address      192.0.2.10" "$(cat lines)"
until=$(date -u -d "$(openssl x509 -in one/chain.pem -noout -enddate | cut -d= -f2)" +%Y-%m-%dT%H:%M:%SZ)
same "valid until  $until (89 days)" "$(sed -n 4p shown)"
same "600 700" "$(stat -c %a one/key.pem one | paste -sd' ')"
ok "its names and its end are told, its key is for the owner only"

for name in lab.duckdns.org any.lab.duckdns.org; do
  openssl verify -purpose sslserver -CAfile "$RC_ACME_ROOT" -untrusted one/chain.pem -verify_hostname $name one/chain.pem > /dev/null ||
    fail "openssl does not take it for $name"
done
! openssl verify -CAfile "$RC_ACME_ROOT" -untrusted one/chain.pem -verify_hostname other.duckdns.org one/chain.pem > /dev/null 2>&1 ||
  fail "it is for names of others too"
same "$(openssl x509 -in one/chain.pem -noout -pubkey)" "$(openssl pkey -in one/key.pem -pubout)"
ok "openssl verifies it against the authority's root"

mapfile -t asked < "$RC_ACME_DUCKDNS_LOG"
first=${asked[2]#lab txt } second=${asked[4]#lab txt }
same "lab a 192.0.2.10|lab txt|lab txt $first|lab txt|lab txt $second|lab txt" "$(IFS='|' && echo "${asked[*]}")"
[ "$first" != "$second" ] || fail "two names have one proof"
same 192.0.2.10 "$(python3 "$acme_here/address_of.py" lab.duckdns.org "$RC_ACME_DNS")"
ok "the address is set; one proof after the other, each taken away"

printf '%s\n' 'rootcellar: 1' 'product: notes' 'title: Notes' 'target: {distribution: debian, version: "12", codename: bookworm}' \
  'architectures: [amd64]' 'files: [{name: a, text: "a", destination: /opt/a}]' > notes.yaml
{ printf '\177ELF'; head -c 14 /dev/zero; printf '\076'; head -c 45 /dev/zero; } > installer  # as little as is taken for a program for amd64
mkdir stick
for words in "keygen site --no-passphrase" "lock notes.yaml --arch amd64" \
  "build notes-default-amd64.lock.yaml --key site.key --installer installer -o out" "stage out --to stick --certificate one"; do
  # shellcheck disable=SC2086
  "$rootcellar" $words > shown 2> said || { cat said >&2; fail "rootcellar $words"; }
done
cmp one/chain.pem stick/certificate/chain.pem
cmp one/key.pem stick/certificate/key.pem
same "The certificate for lab.duckdns.org, *.lab.duckdns.org is good until $until." "$(grep "^The certificate" said)"
same "certificate   lab.duckdns.org
              *.lab.duckdns.org
              good until ${until%T*}; the answers name it as lan.certificate:" "$(grep -A 2 "^certificate" stick/README.txt | tr -d '\r')"
ok "it goes on a stick, whose page tells its names and its end"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout one/nameless.key -out one/nameless.crt -days 2 -subj /CN=nobody \
  -addext basicConstraints=critical,CA:FALSE 2> /dev/null
mkdir nameless && mv one/nameless.crt nameless/chain.pem && mv one/nameless.key nameless/key.pem
code=0
"$rootcellar" stage out --to stick --certificate nameless > shown 2> said || code=$?
same "error: cannot stage the certificate in 'nameless': it is for no name
hint: 'rootcellar certificate' obtains one" "$(cat said)"
same 3 $code
ok "one without names does not"

account=$(sha256sum "$state"/accounts/*/hostmaster@lab.duckdns.org/account.json)
: > "$RC_ACME_DUCKDNS_LOG"
certificate "${lab[@]}" --address 192.0.2.11 -o two > shown 2> said
same "The certificate obtained before is good for most of its time; --renew obtains another.
Take it along: rootcellar stage OUT --certificate two --to STICK" "$(cat said)"
same "lab a 192.0.2.11" "$(cat "$RC_ACME_DUCKDNS_LOG")"
same "$(serial one)" "$(serial two)"
same 192.0.2.11 "$(python3 "$acme_here/address_of.py" lab.duckdns.org "$RC_ACME_DNS")"
ok "run again, the certificate is kept and the address follows"

certificate "${lab[@]}" -o two --json > shown 2> said
same '{"event":"certificate","chain":"two/chain.pem","key":"two/key.pem","names":["lab.duckdns.org","*.lab.duckdns.org"],"until":"'"$until"'"}' \
  "$(tail -n 1 shown)"
ok "the same for programs"

cp nameless/key.pem "$state/certificates/lab.duckdns.org.key"
refused 3 "The certificate obtained before is good for most of its time; --renew obtains another.
error: cannot use the certificate from '$RC_ACME_DIRECTORY': the key is not that of certificate 1 of 2
hint: --renew obtains another" "${lab[@]}" -o three
! [ -e three ] || fail "it was handed over all the same"
ok "what a browser would refuse is not handed over"

DUCKDNS_TOKEN=$RC_ACME_TOKEN certificate --domain lab.duckdns.org --renew -o two > shown 2> said
[ "$(serial one)" != "$(serial two)" ] || fail "renewed, yet the same"
openssl verify -purpose sslserver -CAfile "$RC_ACME_ROOT" -untrusted two/chain.pem -verify_hostname lab.duckdns.org two/chain.pem > /dev/null
same "$account" "$(sha256sum "$state"/accounts/*/hostmaster@lab.duckdns.org/account.json)"
same 192.0.2.11 "$(python3 "$acme_here/address_of.py" lab.duckdns.org "$RC_ACME_DNS")"
ok "renewed with the same account, the token from the environment, the address left alone"

LEGO_CA_CERTIFICATES=$RC_ACME_CA lego --server "$RC_ACME_DIRECTORY" --email hostmaster@lab.duckdns.org --path "$state" \
  --domains lab.duckdns.org revoke > shown 2>&1 || { cat shown >&2; fail "not revoked"; }
certificate "${lab[@]}" -o two > shown 2> said
openssl verify -CAfile "$RC_ACME_ROOT" -untrusted two/chain.pem two/chain.pem > /dev/null
! grep -q "obtained before" said || fail "the revoked one is still used"
ok "revoked by lego as docs/lan.md says it, another is obtained"

code=0
certificate --domain lost.duckdns.org --token-file token --accept-terms > shown 2> said || code=$?
why="acme: error: 403 :: urn:ietf:params:acme:error:unauthorized :: No TXT records found for DNS challenge"
same "error: cannot obtain a certificate for 'lost.duckdns.org' from '$RC_ACME_DIRECTORY': lego: Could not obtain certificates: error: one or \
more domains had a problem: [*.lost.duckdns.org] $why [lost.duckdns.org] $why" "$(tail -n 1 said)"
same 3 $code
ok "what the authority refuses is told"

refused 3 "error: cannot set the address of 'login.duckdns.org': DuckDNS answers '<html>please log in</html>'
hint: try again later; a network that asks for a login first answers in its place" \
  --domain login.duckdns.org --token-file token --address 192.0.2.9 --accept-terms
ok "an answer that is not DuckDNS's is told"


! grep -r -l -F -f token "$work/home" shown said one two "$RC_ACME_DUCKDNS_LOG" || fail "the token was kept"
ok "the token is in no log and in nothing that is kept"
printf '%s passed, 0 failed\n' "$passed"
