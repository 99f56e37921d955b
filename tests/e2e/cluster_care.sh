#!/usr/bin/env bash
# Looking after a real cluster, in a sealed host: used from elsewhere by its exported file, certificates renewed, a changed address followed, and
# a backup that brings the cluster back on the wiped host. Root; Debian 12; the stick image and the key that cluster.sh BIN_FOLDER WORK_FOLDER
# left, on containerd or docker.
#   cluster_care.sh BIN_FOLDER WORK_FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fat32=$here/../target/fat32.sh
. "$here/stand_in.sh"
usage="usage: cluster_care.sh BIN_FOLDER WORK_FOLDER"
bin=$(cd "${1:?$usage}" && pwd)
work=$(cd "${2:?$usage}" && pwd)
host=$work/care-host
log=$work/care-rehearsal.log

attached=
leader=
cleanup() {
  if [ -n "$leader" ]; then
    nspawn=$(awk '/^PPid:/ {print $2}' "/proc/$leader/status" 2> "$work/care-end.log" || true)
    [ -z "$nspawn" ] || kill "$nspawn" || true
    for _ in $(seq 120); do [ -d "/proc/$leader" ] || break; sleep 1; done
  fi
  [ -z "$attached" ] || bash "$fat32" detach "$attached" || true
  rm -rf -- "$host" || true
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

step() { printf '\n--- %s\n    %s\n' "$1" "$2"; }
fail() { printf 'FAILED: %s\n' "$1" >&2; exit 1; }
inside() {
  nsenter --target "$leader" --all -- /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    KUBECONFIG=/etc/kubernetes/admin.conf "$@"
}
workflow() { inside kubectl --namespace lab get workflow hello -o 'jsonpath={.metadata.uid} {.status.phase}'; }
page_token() { inside sha256sum /var/lib/rootcellar/secrets/page-token; }
expires() { inside rootcellar-install status --json | grep -o "\"path\":\"$1\",\"expires\":\"[^\"]*\"" | cut -d'"' -f8; }
node() { inside kubectl get nodes -o 'jsonpath={.items[*].status.addresses[0].address} {.items[*].status.conditions[?(@.type=="Ready")].status}'; }
# A command of the installer in the background, its number in /root/care.pid, its words in $work/care-killed.txt.
begin() { inside sh -c 'echo $$ > /root/care.pid; exec rootcellar-install "$@"' sh "$@" > "$work/care-killed.txt" 2>&1 & }
await() {
  for _ in $(seq 600); do
    if "${@:2}"; then return 0; fi
    sleep 0.2
  done
  fail "expected that $1, and it was not so in two minutes"
}
kubelet_stands() { [ "$(inside systemctl is-active kubelet.service)" != active ]; }
# After a change some pods are a moment behind; what is never well is a failure.
settled() {
  for _ in $(seq 60); do
    if inside rootcellar-install status > "$work/care-status.txt" 2>&1; then return 0; fi
    sleep 3
  done
  cat "$work/care-status.txt"
  fail "status: not as it should be after $1"
}

mkdir -p "$work/attached"
bash "$fat32" attach "$work/stick.img" "$work/attached"
attached=$work/attached

step "rehearse --keep" "The real install in a sealed host, which is left running."
rm -rf -- "$host"
printf 'cluster:\n  roles: [webServer]\n' > "$work/answers.yaml"
like=()
folder=$(stand_in "$(runtime_of "$work")")
[ -z "$folder" ] || like=(--like "$folder")
"$bin/rootcellar" rehearse "$attached" --trust "$work/elsewhere/lab-team.pub" --answers "$work/answers.yaml" "${like[@]}" --keep --work "$host" 2>&1 | tee "$log"
leader=$(sed -n 's/.*nsenter --target \([0-9]*\) .*/\1/p' "$log" | tail -1)
[ -n "$leader" ] || fail "the rehearsal left no host"
was=$(workflow)
[ "${was##* }" = Succeeded ] || fail "the workflow: $was"
token=$(page_token)

if [ "$(runtime_of "$work")" = containerd ]; then
  step "pins" "Whoever pulls an image again takes its pin: status says so, resume pins it again. A name that the bundle does not have fails at once."
  image=$(inside crictl images --output json | grep -o '"registry.k8s.io/etcd:[^"]*"' | tr -d '"')
  pinned() { [[ $(inside ctr --namespace k8s.io images list "name==$image") = *io.cri-containerd.pinned=pinned* ]]; }
  pinned || fail "$image is not pinned by the install"
  inside crictl pull "$image"
  if pinned; then fail "a pull leaves the pin now: this step proves nothing any more"; fi
  if inside rootcellar-install status > "$work/care-status.txt" 2>&1; then fail "status sees no lost pin"; fi
  grep "lost its pin; 'rootcellar-install resume' pins it again" "$work/care-status.txt" || fail "what status says of a lost pin"
  inside rootcellar-install resume 2>&1 | tee "$work/care-resume.txt"
  grep -F "The installation is complete. Put right: $image." "$work/care-resume.txt" || fail "what resume says of a lost pin"
  pinned || fail "$image is not pinned after resume"
  settled resume
  if inside crictl pull nowhere.example/lab/page:1 > "$work/care-pull.txt" 2>&1; then fail "an image that nobody has was pulled"; fi
  grep -q 'connection refused' "$work/care-pull.txt" || fail "a name that is not known is not refused at once: $(cat "$work/care-pull.txt")"
fi

step "elsewhere" "A network of its own, and nothing but the exported file: the namespace's pods, a job; not the rest of the cluster."
address=$(inside kubectl get nodes -o 'jsonpath={.items[*].status.addresses[0].address}')
inside ip netns add elsewhere
inside ip link add there type veth peer name here netns elsewhere
inside ip address add 198.51.100.1/30 dev there
inside ip link set there up
inside ip -n elsewhere address add 198.51.100.2/30 dev here
inside ip -n elsewhere link set here up
inside ip -n elsewhere route add "$address" via 198.51.100.1
inside mkdir -p /etc/netns/elsewhere /elsewhere
inside sh -c "echo '$address jobs.lab' > /etc/netns/elsewhere/hosts"
exported() { inside sed -n "s/^  $1: \"\(.*\)\"$/\1/p" /elsewhere/remote-jobs.yaml; }
# As Tator does: the host and port, the authority of 'cert', the token of 'token'.
carry() {
  [ "$(inside stat -c %a /root/remote-jobs.yaml)" = 600 ] || fail "the exported file's mode"
  inside cp /root/remote-jobs.yaml /elsewhere/remote-jobs.yaml
  inside sh -c "sed -n '/^  cert: |/,\$s/^    //p' /elsewhere/remote-jobs.yaml > /elsewhere/ca.crt"
  token_there=$(exported token)
}
ask() {
  inside ip netns exec elsewhere env HOME=/elsewhere kubectl --kubeconfig /dev/null --server "https://$1:$(exported port)" \
    --certificate-authority /elsewhere/ca.crt --token "${token_there#Bearer }" "${@:2}"
}
job_there() {
  ask "$1" --namespace lab create job "$2" --image docker.io/rootcellar/lab-page:1.0 -- /bin/busybox true
  ask "$1" --namespace lab wait --for=condition=complete --timeout=120s "job/$2"
  ask "$1" --namespace lab delete job "$2"
}
carry
[ "$(exported host)" = "$address" ] || fail "the exported host: $(exported host)"
ask "$address" --namespace lab get pods
job_there "$address" from-elsewhere
if ask "$address" --namespace kube-system get pods > "$work/care-forbidden.txt" 2>&1; then fail "the account reads other namespaces"; fi
grep -q 'cannot list resource "pods"' "$work/care-forbidden.txt" || fail "what is forbidden: $(cat "$work/care-forbidden.txt")"
if ask jobs.lab --namespace lab get pods > "$work/care-name.txt" 2>&1; then fail "a name that the certificate has not"; fi
grep -q 'certificate is valid for .* not jobs.lab' "$work/care-name.txt" || fail "what another name gets: $(cat "$work/care-name.txt")"

step "job" "What its Secret holds is in no log."
inside sh -c "! grep -rqF \"\$(cat /var/lib/rootcellar/secrets/page-token)\" /var/log/rootcellar" || fail "the token is in a log"
[ "$(inside kubectl --namespace lab get job login -o 'jsonpath={.status.succeeded}')" = 1 ] || fail "the job 'login'"

step "renew --answers" "A spoilt file is seen; the API server gets another name, and the file, written anew, serves by that name too."
inside sh -c "sed -i 's/Bearer ./Bearer x/' /root/remote-jobs.yaml"
inside rootcellar-install status > "$work/care-status.txt" 2>&1 || true
grep -q "'/root/remote-jobs.yaml' is older than the token or the authority it names" "$work/care-status.txt" || fail "status: $(cat "$work/care-status.txt")"
inside sh -c "sed 's/^cluster:$/cluster:\n  cert_sans: [jobs.lab]/' /etc/rootcellar/answers.yaml > /root/answers.yaml"
inside rootcellar-install renew --answers /root/answers.yaml --yes
settled "renew --answers"
carry
ask jobs.lab --namespace lab get pods
job_there jobs.lab by-name

step "renew, killed" "Killed while the kubelet stands still, it begins anew; every certificate has a later end then, the kubelet's own too."
apiserver=$(expires /etc/kubernetes/pki/apiserver.crt)
kubelet=$(expires /etc/kubernetes/kubelet.conf)
begin renew --yes
await "renew stops the kubelet" kubelet_stands
inside sh -c 'kill -KILL "$(cat /root/care.pid)"'
if wait $!; then fail "renew was not killed: $(cat "$work/care-killed.txt")"; fi
if inside rootcellar-install status > "$work/care-status.txt" 2>&1; then fail "status sees nothing of a renewal that was killed"; fi
inside rootcellar-install renew --yes
settled renew
ask jobs.lab --namespace lab get pods
inside ip link delete there
inside ip netns delete elsewhere
[[ $(expires /etc/kubernetes/pki/apiserver.crt) > $apiserver ]] || fail "the API server's certificate ends at $apiserver still"
[[ $(expires /etc/kubernetes/kubelet.conf) > $kubelet ]] || fail "the kubelet's certificate ends at $kubelet still"

step "backup" "One file, for root only; a full disk is refused before anything stops."
inside mkdir -p /root/backup /root/full
inside mount -t tmpfs -o size=1m tmpfs /root/full
if inside rootcellar-install backup --to /root/full --yes > "$work/care-full.txt" 2>&1; then fail "a backup to a full disk"; fi
grep "cannot back up to '/root/full': it needs .*, and 1.0 MB are free" "$work/care-full.txt" || fail "what a full disk says: $(cat "$work/care-full.txt")"
inside umount /root/full
inside rootcellar-install backup --to /root/backup --yes
settled backup
backup=$(inside sh -c 'ls /root/backup/*.tar')
[ "$(inside stat -c %a "$backup")" = 600 ] || fail "the backup's mode"

step "uninstall, restore, install" "The wiped host gets its workflow's record and its secret back."
inside rootcellar-install uninstall --purge-data --product lab-cluster --yes > "$work/care-uninstall.txt" 2>&1 || fail "uninstall: $(tail -3 "$work/care-uninstall.txt")"
inside install -m 0755 /media/stick/rootcellar-install /root/installer
inside /root/installer restore "$backup" --yes
inside /root/installer install /media/stick --trust /root/lab-team.pub --yes > "$work/care-install.txt" 2>&1 || fail "install: $(tail -5 "$work/care-install.txt")"
settled restore
[ "$(workflow)" = "$was" ] || fail "the workflow was '$was' and is '$(workflow)'"
[ "$(page_token)" = "$token" ] || fail "the secret is another one"

step "readdress, killed" "The machine's address changed: status says so; the node follows, also when what moves it is killed on the way."
inside sh -c 'ip address flush dev eth0 scope global && ip address add 10.93.0.77/24 dev eth0 && ip route replace default via 10.93.0.1'
if inside rootcellar-install status > "$work/care-status.txt" 2>&1; then fail "status sees no other address"; fi
grep "is 10.93.0.77 now: run 'rootcellar-install readdress'" "$work/care-status.txt" || fail "what status says of the address"
begin readdress --yes
await "readdress stops the kubelet" kubelet_stands
inside systemctl kill --signal=KILL rootcellar-install.service
if wait $!; then fail "readdress was not killed: $(cat "$work/care-killed.txt")"; fi
grep "run 'rootcellar-install resume' to go on" "$work/care-killed.txt" || fail "what a killed readdress says: $(cat "$work/care-killed.txt")"
inside rootcellar-install resume
settled readdress
[ "$(node)" = "10.93.0.77 True" ] || fail "the node: $(node)"
inside grep -q '^  host: "10.93.0.77"$' /root/remote-jobs.yaml || fail "the exported file names another host: $(inside grep host: /root/remote-jobs.yaml)"
[ "$(workflow)" = "$was" ] || fail "the workflow was '$was' and is '$(workflow)'"
printf '\nrenew, backup, restore, readdress: passed\n'
