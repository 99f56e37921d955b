# To be sourced: what a host of a cluster on docker needs on a machine whose processes lack CAP_SYS_RESOURCE, as docker has no setting for that.
#   stand_in RUNTIME      prints the folder to be laid over the host's root, a docker runtime that does without; nothing where none is needed
#   runtime_of WORK       the runtime of the stick that tests/e2e/cluster.sh left in WORK

stand_in() {
  [ "$1" = docker ] || [ "$1" = trust ] || return 0
  # Bit 24 of the capabilities.
  if (( 0x$(sed -nE 's/^CapEff:\s*//p' /proc/self/status) >> 24 & 1 )); then return 0; fi
  (cd "$(dirname "${BASH_SOURCE[0]}")/../target/docker-without-sys-resource" && pwd)
}

runtime_of() {
  if [ -e "$1/lab-cluster-docker.lock.yaml" ]; then echo docker; elif [ -n "$(compgen -G "$1/cluster-trust*.lock.yaml")" ]; then echo trust; else echo containerd; fi
}
