#!/usr/bin/env bash
# The storage class of profiles/stacks/nfs-client.yaml with the real helm, API server and controllers, without nodes: the chart is taken with the
# stack's values, and a provisioner with the chart's own rights binds the stack's claim and gives it back. What is not here is a mount: the
# share is a folder. (With NFS and a node: tests/e2e/vm_nfs.sh BIN WORK cluster.) Root, for chroot.
#   nfs_client.sh BIN_FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "${1:?usage: nfs_client.sh BIN_FOLDER}" && pwd)
. "$here/../upstream/kubernetes/serve.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/rc-nfs-client.XXXXXX")
pids=()
serving=
cleanup() {
  local status=$?
  [ $status = 0 ] || tail -n 5 "$work"/*.log >&2
  [ ${#pids[@]} = 0 ] || { kill -KILL "${pids[@]}" && wait "${pids[@]}"; } 2> /dev/null || true
  [ -z "$serving" ] || kubernetes_stop "$serving" || true
  rm -rf -- "$work"
  exit $status
}
trap cleanup EXIT
mkdir -p "$work"/{etcd,certs,home}
serving=$work/upstream
kubernetes_start "$serving"
. "$serving/env"
files=$RC_KUBERNETES_FILES
programs=${files%/*}/bin
lock=$work/lab-storage.lock.yaml
# shellcheck disable=SC2086
"$bin/rootcellar" lock "$here/../../profiles/lab-storage.yaml" $RC_KUBERNETES_MIRRORS -o "$lock" -q

run() { "${@:2}" > "$work/$1.log" 2>&1 & pids+=($!); }
until_true() { for _ in $(seq 300); do "$@" > /dev/null 2>&1 && return; sleep 0.2; done; echo "nfs_client.sh: waited in vain: $*" >&2; return 1; }
kubectl() { HOME=$work/home "$programs/kubectl" --kubeconfig "$work/admin.conf" "$@"; }

client=$(upstream_free_port)
until peer=$(upstream_free_port) && [ "$peer" != "$client" ]; do :; done
until port=$(upstream_free_port) && [ "$port" != "$client" ] && [ "$port" != "$peer" ]; do :; done
run etcd "$programs/etcd" --data-dir "$work/etcd" --listen-client-urls "http://127.0.0.1:$client" --advertise-client-urls "http://127.0.0.1:$client" \
  --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" --initial-cluster "default=http://127.0.0.1:$peer"
openssl genrsa -out "$work/account.key" 2048 2> /dev/null
echo 'a-token-of-this-test,admin,1,system:masters' > "$work/tokens.csv"
run apiserver "$programs/kube-apiserver" --etcd-servers "http://127.0.0.1:$client" --bind-address 127.0.0.1 --secure-port "$port" \
  --cert-dir "$work/certs" --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$work/account.key" \
  --service-account-signing-key-file "$work/account.key" --authorization-mode RBAC --token-auth-file "$work/tokens.csv" \
  --service-cluster-ip-range 10.96.0.0/16
until_true test -e "$work/certs/apiserver.crt"
cat > "$work/admin.conf" << CONF
apiVersion: v1
kind: Config
current-context: x
clusters: [{name: x, cluster: {server: "https://127.0.0.1:$port", certificate-authority: $work/certs/apiserver.crt}}]
contexts: [{name: x, context: {cluster: x, user: x}}]
users: [{name: x, user: {token: a-token-of-this-test}}]
CONF
until_true kubectl get --raw /readyz
run controllers "$programs/kube-controller-manager" --kubeconfig "$work/admin.conf" --secure-port 0 --leader-elect=false \
  --controllers persistentvolume-binder-controller,persistentvolumeclaim-protection-controller,persistentvolume-protection-controller,serviceaccount-controller

# What the lock says, with what the installer would fill in.
part() {
  python3 -c 'import sys, yaml
for one in yaml.safe_load(open(sys.argv[1]))["cluster"]["deploy"]:
    if one["name"] == sys.argv[2]: print(one["text"])' "$lock" "$1" | sed -e 's,${site.nfs_server},192.0.2.10,; s,${site.nfs_path},/srv/share/scratch,'
}
part nfs-client > "$work/values.yaml"
part nfs-test > "$work/claim.yaml"
HOME=$work/home "$programs/helm" --kubeconfig "$work/admin.conf" upgrade --install nfs-client "$files"/github.com/kubernetes-sigs/nfs-subdir-external-provisioner/releases/download/*/*.tgz \
  --namespace provisioner --create-namespace --values "$work/values.yaml"
name=nfs-client-nfs-subdir-external-provisioner
[ "$(kubectl get deployment $name -n provisioner -o 'jsonpath={.spec.template.spec.volumes[0].nfs}')" = '{"path":"/srv/share/scratch","server":"192.0.2.10"}' ]
[ "$(kubectl get storageclass nfs-client -o 'jsonpath={.metadata.annotations.storageclass\.kubernetes\.io/is-default-class}')" = false ]

# As in its pod: its own files, its account, and the share where the program looks for it.
root=$work/root
account=$root/var/run/secrets/kubernetes.io/serviceaccount
mkdir -p "$root"/{persistentvolumes,tmp} "$account"
kubectl create token "$name" -n provisioner > "$account/token"
cp "$work/certs/apiserver.crt" "$account/ca.crt"
install -m 755 "$programs/nfs-subdir-external-provisioner" "$root/"
run provisioner env -i KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT="$port" NFS_SERVER=192.0.2.10 NFS_PATH=/srv/share/scratch \
  PROVISIONER_NAME="cluster.local/$name" "$(command -v chroot)" "$root" /nfs-subdir-external-provisioner

kubectl apply --server-side --filename "$work/claim.yaml"
kubectl wait --for 'jsonpath={.status.phase}=Bound' persistentvolumeclaim/nfs-test -n provisioner --timeout 60s
volume=$(kubectl get persistentvolumeclaim nfs-test -n provisioner -o 'jsonpath={.spec.volumeName}')
kubectl get persistentvolume "$volume" -o 'jsonpath={.spec.nfs}{"\n"}' | tee "$work/volume"
grep -qF "\"path\":\"/srv/share/scratch/provisioner-nfs-test-$volume\"" "$work/volume"
[ -d "$root/persistentvolumes/provisioner-nfs-test-$volume" ]
kubectl delete --filename "$work/claim.yaml" --timeout 60s
until_true test ! -e "$root/persistentvolumes/provisioner-nfs-test-$volume"
until_true bash -c '[ -z "$("$1" --kubeconfig "$2" get persistentvolumes -o name)" ]' bash "$programs/kubectl" "$work/admin.conf"
echo "the claim nfs-test was bound to a folder of the share, and both went with it"
