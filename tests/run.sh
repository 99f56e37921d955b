#!/usr/bin/env bash
# All tests, on a fresh Debian 12 machine as root: installs what it needs, builds, and runs every test there is. Takes about an hour on two cores.
#   bash tests/run.sh           everything but the two below
#   bash tests/run.sh quick     without sealed hosts, sanitizers and rehearsal
#   bash tests/run.sh cluster   everything, and a cluster's longer roads: three machines, installations killed, backup and restore (half an hour more)
#   bash tests/run.sh vm        everything, and the rehearsed stick once more from USB in a virtual machine (379 s were measured alone, 663 s beside
#                               other work), and one with NFS and data
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-all}
case "$what" in all | quick | cluster | vm) ;; *) echo "usage: bash tests/run.sh [quick | cluster | vm]" >&2; exit 2 ;; esac

title() { printf '\n=== %s (%s)\n' "$1" "$(date -u +%H:%M:%S)"; }

title "packages"
purposes="build run stick test cluster"
[ "$what" != vm ] || purposes="$purposes vm"
# shellcheck disable=SC2086
bash tests/support/install-packages.sh $purposes

title "build"
bash tests/support/build.sh dev

title "unit, golden, cli, house, fuzz seeds, real servers"
ctest --preset dev -LE sealed --no-tests=error

if [ "$what" != quick ]; then
  title "sealed hosts"
  ctest --preset dev -L sealed --no-tests=error

  title "unit tests under AddressSanitizer and UndefinedBehaviorSanitizer"
  sanitized="base_test bundle_test profile_test lock_test source_test assemble_test rehearse_test plan_test cli_test upstream_test"
  # shellcheck disable=SC2086
  bash tests/support/build.sh asan $sanitized
  ctest --preset asan -R "^(${sanitized// /|})\$" --no-tests=error

  title "end to end: lab, from profile to a rehearsed stick"
  rm -rf build/e2e
  bash tests/e2e/lab.sh build/dev/bin build/e2e

  title "end to end: lab on two sticks"
  bash tests/e2e/two_sticks.sh build/dev/bin build/e2e

  title "end to end: a cluster, its programs built from their published modules (about half an hour the first time)"
  bash tests/e2e/cluster.sh build/dev/bin build/e2e-cluster

  title "end to end: the storage class nfs-client with the real helm, API server and controllers"
  bash tests/e2e/nfs_client.sh build/dev/bin

  title "end to end: one machine follows the other's clock, by real chrony"
  bash tests/e2e/two_clocks.sh

  title "end to end: the same cluster with docker"
  bash tests/e2e/cluster.sh build/dev/bin build/e2e-cluster-docker docker
fi

if [ "$what" = cluster ]; then
  title "end to end: three hosts make a cluster, each reboots, two leave"
  bash tests/e2e/cluster_lan.sh build/dev/bin build/e2e-cluster

  title "end to end: the same cluster killed in kubeadm, kubectl, helm and a wait, and without power in kubeadm"
  bash tests/e2e/cluster_kill.sh build/dev/bin build/e2e-cluster

  title "end to end: the same cluster behind ufw, and behind firewalld"
  bash tests/e2e/cluster_firewall.sh build/dev/bin build/e2e-cluster ufw
  bash tests/e2e/cluster_firewall.sh build/dev/bin build/e2e-cluster firewalld

  title "end to end: a cluster whose containers are run by NVIDIA's runtime, with a stand-in for a card"
  bash tests/e2e/cluster.sh build/dev/bin build/e2e-cluster-cdi cdi

  title "end to end: a cluster whose pods read the site's page by name over https, from MetalLB's address and from the node's"
  bash tests/e2e/cluster.sh build/dev/bin build/e2e-cluster-balancer balancer
  bash tests/e2e/cluster.sh build/dev/bin build/e2e-cluster-node node

  title "end to end: a cluster on docker with its registry over https and under others' names, and three hosts of it"
  bash tests/e2e/cluster.sh build/dev/bin build/e2e-cluster-trust trust
  bash tests/e2e/cluster_lan.sh build/dev/bin build/e2e-cluster-trust

  title "end to end: certificates renewed, a changed address followed, a backup that brings the cluster back"
  bash tests/e2e/cluster_care.sh build/dev/bin build/e2e-cluster

  title "end to end: a registry and a cluster that the site has already, used and left"
  bash tests/e2e/cluster_existing.sh build/dev/bin build/e2e-cluster
fi

if [ "$what" = vm ]; then
  title "end to end: the same bundle from a USB stick in a virtual machine"
  bash tests/e2e/vm.sh build/e2e

  title "end to end: folders given away by NFS, and data, in a virtual machine"
  bash tests/e2e/vm_nfs.sh build/dev/bin build/e2e-nfs

  title "end to end: the same by NFSv3 from a container"
  bash tests/e2e/vm_nfs.sh build/dev/bin build/e2e-nfs-image image

  title "end to end: clocks that begin in 1970, 2035 and 2050, in virtual machines"
  bash tests/e2e/vm_clock.sh build/dev/bin build/e2e-clock
fi
[ "$what" != all ] || echo "not run here, because of their length: tests/e2e/cluster_{lan,kill,care,firewall,existing}.sh ('run.sh cluster'), tests/e2e/vm.sh, vm_nfs.sh and vm_clock.sh ('run.sh vm')"
title "all passed"
