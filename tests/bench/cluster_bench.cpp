// How long a cluster takes with rootcellar and by hand: prints a table. See README.md; tests/bench/cluster.sh runs it. Needs root;
// RC_CLUSTER_STICK names the folder of a stick of profiles/lab-cluster.yaml, RC_CLUSTER_KEY the public key's file.
#include <stdio.h>
#include <stdlib.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "builder/rehearse/tool.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/target/field/cluster_site.h"

namespace rootcellar::field {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = JournalRecord::Kind;

struct Row {
  std::string name;
  double seconds = 0;
};

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void print_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) ::printf("%-70s %8.1f\n", row.name.c_str(), row.seconds);
}

/// Where a cluster stands, in seconds.
struct Times {
  double ready = 0;      ///< from kubeadm's start to the node Ready
  double succeeded = 0;  ///< from kubeadm's start to the workflow Succeeded
};

void print_ratio(const std::string& name, double ours, double by_hand) {
  ::printf("  %s, rootcellar / by hand: %.2f (aim: <= 1.20)\n", name.c_str(), ours / by_hand);
}

/// What kubectl and helm were given, for the one who does it by hand.
using Files = std::map<std::string, std::string>;

struct Installed {
  std::vector<Row> rows;
  Times times;
  Files manifests;
};

Files deployed_manifests(ClusterSite& site) {
  Files files;
  for (const char* name :
       {"kube-system.coredns-without-upstream", "kube-flannel.flannel", "argo.argo", "lab.web-answers", "lab.workflow"}) {
    const std::string kept = site.machine.read(cat("/var/lib/rootcellar/deployed/manifest.", name));
    files[name] = kept.substr(kept.find('\n') + 1);
  }
  return files;
}

/// The steps that took a second or more; the journal's clock has whole seconds.
std::vector<Row> long_steps(ClusterSite& site) {
  std::vector<Row> rows;
  std::int64_t former = site.journal().front().time;
  for (const JournalRecord& record : site.journal()) {
    if (record.kind == Kind::done && record.time > former)
      rows.push_back({cat("  of that, ", record.step), static_cast<double>(record.time - former)});
    if (record.kind != Kind::begin) former = record.time;
  }
  return rows;
}

Installed install() {
  ClusterSite site("bours");
  const auto start = Clock::now();
  const auto end = site.machine.begin("step", ClusterSite::install_command());
  const auto moment = [&](Kind kind, const std::string& step) {
    if (!Machine::await([&] { return site.has_record(kind, step); }, [&] { return site.has_ended(); }))
      throw SystemError(cat("'", step, "' was not reached: ", end().text));
    return since(start);
  };
  const double kubeadm = moment(Kind::begin, "kubeadm-init");
  const double ready = moment(Kind::done, "node-ready");
  const double succeeded = moment(Kind::done, "wait-workflow-workflow-hello");
  if (const Answer answer = end(); answer.exit_code != 0) throw SystemError(answer.text);
  Installed installed{{{"install, until kubeadm starts", kubeadm},
                       {"install, until the node is Ready", ready},
                       {"install, until the workflow has Succeeded", succeeded},
                       {"install, until it ends", since(start)}},
                      {ready - kubeadm, succeeded - kubeadm},
                      deployed_manifests(site)};
  for (Row& row : long_steps(site)) installed.rows.push_back(std::move(row));
  return installed;
}

/// Prints "NAME SECONDS" after each part.
constexpr const char* k_by_hand = R"script(
export KUBECONFIG=/etc/kubernetes/admin.conf PATH=/usr/local/bin:$PATH HOME=/root
cd /root/hand
begun=$(date +%s.%N)
part() { printf '%s\t%s\n' "$1" "$(date +%s.%N)"; }
kubeadm init --config /etc/rootcellar/kubeadm.yaml --ignore-preflight-errors=SystemVerification,Swap >&2
part 'kubeadm init'
kubectl apply --server-side --force-conflicts -f kube-system.coredns-without-upstream >&2
kubectl taint node --all node-role.kubernetes.io/control-plane- >&2
kubectl label node --all webServer=yes >&2
kubectl apply -f kube-flannel.flannel >&2
kubectl wait --for=condition=Ready node --all --timeout=300s >&2
part 'kubectl apply of the network, until the node is Ready'
kubectl create namespace argo >&2
kubectl apply --namespace argo --server-side -f argo.argo >&2
kubectl create namespace lab >&2
kubectl -n argo rollout status deployment/workflow-controller --timeout=300s >&2
part 'kubectl apply of Argo, until it is up'
helm upgrade web web --install --wait --namespace lab --set-string image=docker.io/rootcellar/lab-page:1.0,address=10.96.0.80,token=0 >&2
part 'helm install, until it is up'
kubectl apply --namespace lab -f lab.web-answers >&2
kubectl wait --namespace lab --for=condition=complete job/web-answers --timeout=300s >&2
part 'kubectl apply of a job, until it is complete'
kubectl apply --namespace lab -f lab.workflow >&2
kubectl wait --namespace lab --for=jsonpath='{.status.phase}'=Succeeded workflow/hello --timeout=300s >&2
part 'kubectl apply of a workflow, until it has Succeeded'
printf 'begun\t%s\n' "$begun"
)script";

/// To where everything is there that kubeadm needs: packages, registry, images in containerd, programs, settings; and kubeadm has not
/// begun.
void prepare(ClusterSite& site, const Files& manifests) {
  site.machine.begin("step", ClusterSite::install_command());
  if (!Machine::await([&] { return site.has_record(Kind::begin, "kubeadm-init"); }, [&] { return site.has_ended(); }))
    throw SystemError("the installation did not come to kubeadm");
  site.kill_unit();
  site.machine.shell("/usr/local/bin/kubeadm reset --force && rm -rf /etc/cni/net.d/* /var/lib/etcd");
  for (const auto& [name, text] : manifests) site.machine.write(cat("/root/hand/", name), text);
  run_tool({"cp", "-a", cat(RC_SOURCE_DIR, "/profiles/lab-cluster/web"), site.machine.path("/root/hand/web")}, "coreutils");
}

std::vector<Row> by_hand(const Files& manifests) {
  ClusterSite site("bhand");
  prepare(site, manifests);
  const std::string said = site.machine.shell(k_by_hand);
  std::vector<Row> rows;
  std::map<std::string, double> at;
  std::vector<std::string> names;
  for (const std::string_view line : split(trim(said), '\n')) {
    const std::size_t tab = line.find('\t');
    names.emplace_back(line.substr(0, tab));
    at[names.back()] = ::strtod(std::string(line.substr(tab + 1)).c_str(), nullptr);
  }
  double former = at.at("begun");
  for (const std::string& name : names) {
    if (name == "begun") continue;
    rows.push_back({cat("by hand: ", name), at[name] - former});
    former = at[name];
  }
  return rows;
}

Times times_of(const std::vector<Row>& parts) {
  Times times;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i < 2) times.ready += parts[i].seconds;
    times.succeeded += parts[i].seconds;
  }
  return times;
}

void run() {
  const Installed ours = install();
  const std::vector<Row> parts = by_hand(ours.manifests);
  const Times hand = times_of(parts);
  ::printf("%-70s %8s\n", "step", "seconds");
  print_rows(ours.rows);
  print_rows(parts);
  print_rows({{"from kubeadm's start to the node Ready: rootcellar", ours.times.ready},
              {"from kubeadm's start to the node Ready: by hand", hand.ready},
              {"from kubeadm's start to the workflow Succeeded: rootcellar", ours.times.succeeded},
              {"from kubeadm's start to the workflow Succeeded: by hand", hand.succeeded}});
  print_ratio("node Ready", ours.times.ready, hand.ready);
  print_ratio("workflow Succeeded", ours.times.succeeded, hand.succeeded);
}

}  // namespace
}  // namespace rootcellar::field

int main() {
  try {
    rootcellar::field::run();
    return 0;
  } catch (const rootcellar::Error& error) {
    ::fprintf(stderr, "error: %s\n", error.message().c_str());
    return 1;
  }
}
