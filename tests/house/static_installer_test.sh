#!/bin/sh
# "Air-gapped" is a fact of the linker: our objects and the linked installer hold no curl, no name lookup and no NSS, and the
# installer is one static file of at most 10 MB.
#   static_installer_test.sh INSTALLER ARCHIVE...
# ARCHIVE: the rooms of bundle/ and installer/. libc keeps the resolver's state of each thread (__res_state and what frees it) in every
# program with threads; without the functions that ask, it is inert.
set -eu

installer=$1
shift
lookup='getaddrinfo|getaddrinfo_a|freeaddrinfo|gethostbyname2?(_r)?|gethostbyaddr(_r)?|gethostent(_r)?|getnameinfo|getserv(byname|byport|ent)(_r)?|getnetby(name|addr)(_r)?|getproto(byname|bynumber|ent)(_r)?'
resolver='n?res_(n?query|n?search|n?send|n?mkquery|n?querydomain)|res_(query|search|send|mkquery|querydomain)|__res_context_(query|search|send|mkquery)'
accounts='getpw(nam|uid|ent)(_r)?|getgr(nam|gid|ent)(_r)?|getgrouplist|initgroups|getsp(nam|ent)(_r)?'
nss='_*nss_.*'
curl='curl_.*'
forbidden="^_*($lookup|$resolver|$accounts|$curl)\$|^$nss\$"
failed=0

report() {
  if [ -n "$2" ]; then
    echo "$1 refers to:" && echo "$2" | sed 's/^/  /'
    failed=1
  fi
}

for archive in "$@"; do
  report "$(basename "$archive")" "$(nm --undefined-only --format=posix "$archive" 2>/dev/null | cut -d' ' -f1 | grep -E "$forbidden" | sort -u || true)"
done
report "$(basename "$installer")" "$(nm --format=posix "$installer" | cut -d' ' -f1 | grep -E "$forbidden" | sort -u || true)"

if readelf --program-headers --wide "$installer" | grep -q INTERP; then
  echo "$(basename "$installer") is not static: it asks for an interpreter"
  failed=1
fi
if readelf --dynamic --wide "$installer" | grep NEEDED; then
  echo "$(basename "$installer") needs shared libraries"
  failed=1
fi

stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$installer"
size=$(stat -c %s "$stripped")
if [ "$size" -gt 10485760 ]; then
  echo "stripped, $(basename "$installer") has $size bytes; at most 10485760 are allowed"
  failed=1
fi

[ "$failed" -eq 0 ] && echo "no lookup, no NSS, no curl; static; $size bytes stripped"
exit "$failed"
