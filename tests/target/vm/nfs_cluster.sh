#!/bin/bash
# Runs inside the virtual machine, as root: a cluster of one node whose claims get folders of a share that the node gives away by NFS, from the
# USB stick. One boot: in software emulation a control plane takes its time.
set -euo pipefail
. /elsewhere/machine.sh
. /elsewhere/nfs_server.sh
share=/srv/share/scratch
export KUBECONFIG=/etc/kubernetes/admin.conf

install_it() {
  mkdir -p "$mounted"
  install -m 644 "$elsewhere/lab-team.pub" "$key"
  mount -t vfat -o ro,nosuid,nodev,noexec "$stick" "$mounted"
  printf 'cluster:\n  roles: [storage]\n' > "$state/answers.yaml"
  # kubeadm gives the API server four minutes, which may be too little here; the second try finds everything unpacked.
  sh "$mounted/START.sh" install --trust "$key" --answers "$state/answers.yaml" --yes || rootcellar-install resume
  prove "exit code 0: the provisioner runs, the claim nfs-test was bound and deleted again"
}

status() {
  rootcellar-install status | tee "$state/status"
  grep -q '^deploy-nfs-test *as it should be' "$state/status" || fail "expected the trial among the steps"
  prove "exit code 0"
}

# Nothing of the trial is left; a claim of people's own gets a folder, and loses it with the claim.
claims() {
  local volume folder
  kubectl get storageclass,pods,persistentvolumeclaims --all-namespaces
  [ -z "$(kubectl get persistentvolumeclaims --all-namespaces --output name)" ] || fail "expected no claim"
  [ -z "$(kubectl get persistentvolumes --output name)" ] || fail "expected no volume"
  [ -z "$(ls "$share")" ] || fail "expected nothing in the share"
  kubectl get storageclass nfs-client --output 'jsonpath={.metadata.annotations}' | grep -q '"storageclass.kubernetes.io/is-default-class":"false"' ||
    fail "expected nfs-client not to be the default class"
  kubectl apply --filename - << 'CLAIM'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: mine}
spec:
  storageClassName: nfs-client
  accessModes: [ReadWriteMany]
  resources: {requests: {storage: 1Mi}}
CLAIM
  kubectl wait persistentvolumeclaim/mine --for 'jsonpath={.status.phase}=Bound' --timeout 180s
  volume=$(kubectl get persistentvolumeclaim mine --output 'jsonpath={.spec.volumeName}')
  folder=$share/default-mine-$volume
  [ -d "$folder" ] || fail "expected the folder '$folder'"
  kubectl get persistentvolume "$volume" --output 'jsonpath={.spec.nfs}' | grep -q "\"server\":\"$address\"" || fail "expected the server's address"
  kubectl delete persistentvolumeclaim mine --timeout 180s
  for _ in $(seq 120); do
    [ -e "$folder" ] || break
    sleep 1
  done
  [ ! -e "$folder" ] || fail "expected the folder to go with the claim"
  prove "${folder##*/} at $address came and went with its claim"
}

first_boot() {
  step boot
  step stick
  step link
  step install_it
  step status
  step claims
}

mkdir -p "$state"
first_boot
printf '\nVM: done\n'
systemctl poweroff
