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
#include "installer/run/apt.h"
#include "installer/run/history.h"
#include "tests/bench/hand_script.h"
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
  Times times;       ///< from kubeadm's start
  Times whole;       ///< from the start of `install`
  Files manifests;
  std::vector<Step> steps;
  std::string node;  ///< its name, which its files say
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

/// What an installation did, in its order.
std::vector<Step> steps_of(ClusterSite& site) {
  std::vector<Step> steps;
  for (const JournalRecord& record : site.journal()) {
    if (record.kind == Kind::begin) steps.push_back(recorded_step(record));
  }
  return steps;
}

void copy(const std::string& from, const std::string& to) {
  make_directories(path_parent(to));
  run_tool({"cp", "-a", from, to}, "coreutils");
}

/// What a person has to bring who makes the node by hand, out of an installed one.
void collect(ClusterSite& site, const std::vector<Step>& steps, const std::string& bag) {
  for (const std::string& path : hand_files(steps)) {
    if (site.machine.exists(path)) copy(site.machine.path(path), cat(bag, "/files", path));
  }
  for (const Step& step : steps) {
    if (const auto* fill = std::get_if<FillRegistry>(&step.action)) copy(site.machine.path(fill->root), bag + "/registry");
  }
}

Installed install(const std::string& bag) {
  ClusterSite site("bours");
  const auto start = Clock::now();
  const auto end = site.machine.begin("step", ClusterSite::install_command());
  const auto moment = [&](Kind kind, const std::string& step) {
    if (!Machine::await([&] { return site.has_record(kind, step); }, [&] { return site.has_ended(); }))
      throw SystemError(cat("'", step, "' was not reached: ", end().text));
    return since(start);
  };
  if (!Machine::await([&] { return !steps_of(site).empty(); }, [&] { return site.has_ended(); })) throw SystemError(end().text);
  const double first = since(start);
  const double kubeadm = moment(Kind::begin, "kubeadm-init");
  const double ready = moment(Kind::done, "node-ready");
  const double succeeded = moment(Kind::done, "wait-workflow-workflow-hello");
  if (const Answer answer = end(); answer.exit_code != 0) throw SystemError(answer.text);
  Installed installed{{{"install, until its first step: checked, planned, its unit started", first},
                       {"install, until kubeadm starts", kubeadm},
                       {"install, until the node is Ready", ready},
                       {"install, until the workflow has Succeeded", succeeded},
                       {"install, until it ends", since(start)}},
                      {ready - kubeadm, succeeded - kubeadm},
                      {ready, succeeded},
                      deployed_manifests(site),
                      steps_of(site),
                      std::string(trim(site.machine.shell("cat /proc/sys/kernel/hostname")))};
  for (Row& row : long_steps(site)) installed.rows.push_back(std::move(row));
  collect(site, installed.steps, bag);
  return installed;
}

/// Prints "NAME SECONDS" after each part.
constexpr const char* k_by_hand = R"script(
export KUBECONFIG=/etc/kubernetes/admin.conf PATH=/usr/local/bin:$PATH HOME=/root
cd /root/hand
begun=$(date +%s.%N)
part() { printf '%s\t%s\n' "$1" "$(date +%s.%N)"; }
systemctl enable kubelet.service >&2
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

/// apt's folder, as an installation has it until its packages are installed.
void collect_packages(const std::vector<Step>& steps, const std::string& bag) {
  ClusterSite site("bdebs");
  site.machine.begin("step", ClusterSite::install_command());
  if (!Machine::await([&] { return site.has_record(Kind::done, "spool"); }, [&] { return site.has_ended(); }))
    throw SystemError("the installation did not come to its packages");
  site.kill_unit();
  for (const Step& step : steps) {
    const auto* packages = std::get_if<InstallPackages>(&step.action);
    if (packages == nullptr) continue;
    copy(site.machine.path(packages->directory), bag + "/spool");
    write_file_atomically(bag + "/sources", apt_source_text(*packages));
  }
}

/// The bag goes to where the script looks for it, before its clock starts; files say this machine's name and not that of the one they are of.
void prepare(ClusterSite& site, const Installed& ours, const std::string& bag) {
  const std::string name(trim(site.machine.shell("cat /proc/sys/kernel/hostname")));
  run_tool({"cp", "-a", bag, site.machine.path(k_hand)}, "coreutils");
  for (const Step& step : ours.steps) {
    const auto* packages = std::get_if<InstallPackages>(&step.action);
    if (packages == nullptr) continue;
    make_directories(path_parent(site.machine.path(packages->directory)));
    run_tool({"mv", cat(site.machine.path(k_hand), "/spool"), site.machine.path(packages->directory)}, "coreutils");
  }
  site.machine.shell(cat("grep -rlF --exclude-dir=bin '", ours.node, "' ", k_hand, "/files | xargs -r sed -i 's/", ours.node, "/", name, "/g'"));
  for (const auto& [file, text] : ours.manifests) site.machine.write(cat(k_hand, "/", file), text);
  run_tool({"cp", "-a", cat(RC_SOURCE_DIR, "/profiles/lab-cluster/web"), site.machine.path(cat(k_hand, "/web"))}, "coreutils");
  site.machine.write(cat(k_hand, "/before.sh"), hand_script(ours.steps));
}

struct ByHand {
  std::vector<Row> before;  ///< until kubeadm starts
  std::vector<Row> parts;   ///< from there on
};

const char* title_of(std::string_view part) {
  if (part == "packages") return "by hand: apt-get install from the same folder";
  if (part == "registry") return "by hand: the registry's folder copied, its service started";
  if (part == "images") return "by hand: crictl pull, one image after another";
  return "by hand: settings, units and programs copied, units started";
}

ByHand by_hand(const Installed& ours, const std::string& bag) {
  ClusterSite site("bhand");
  prepare(site, ours, bag);
  std::string said = site.machine.shell(cat("bash ", k_hand, "/before.sh"));
  said += site.machine.shell(k_by_hand);
  ByHand hand;
  std::map<std::string, double> at;
  std::vector<std::string> names;
  for (const std::string_view line : split(trim(said), '\n')) {
    const std::size_t tab = line.find('\t');
    const double seconds = ::strtod(std::string(line.substr(tab + 1)).c_str(), nullptr);
    if (line.starts_with("prep:"))
      hand.before.push_back({title_of(line.substr(5, tab - 5)), seconds});
    else
      at[names.emplace_back(line.substr(0, tab))] = seconds;
  }
  double former = at.at("begun");
  for (const std::string& name : names) {
    if (name == "begun") continue;
    hand.parts.push_back({cat("by hand: ", name), at[name] - former});
    former = at[name];
  }
  return hand;
}

double sum_of(const std::vector<Row>& rows) {
  double sum = 0;
  for (const Row& row : rows) sum += row.seconds;
  return sum;
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
  const TemporaryDirectory work("rc-bench");
  const std::string bag = path_join(work.path(), "hand");
  make_directories(bag);
  const Installed ours = install(bag);
  collect_packages(ours.steps, bag);
  const ByHand theirs = by_hand(ours, bag);
  const Times hand = times_of(theirs.parts);
  const double before = sum_of(theirs.before);
  ::printf("%-70s %8s\n", "step", "seconds");
  print_rows(ours.rows);
  print_rows(theirs.before);
  print_rows(theirs.parts);
  print_rows({{"from kubeadm's start to the node Ready: rootcellar", ours.times.ready},
              {"from kubeadm's start to the node Ready: by hand", hand.ready},
              {"from kubeadm's start to the workflow Succeeded: rootcellar", ours.times.succeeded},
              {"from kubeadm's start to the workflow Succeeded: by hand", hand.succeeded},
              {"from the start to the node Ready: rootcellar", ours.whole.ready},
              {"from the start to the node Ready: by hand", before + hand.ready},
              {"from the start to the workflow Succeeded: rootcellar", ours.whole.succeeded},
              {"from the start to the workflow Succeeded: by hand", before + hand.succeeded}});
  print_ratio("node Ready from kubeadm's start", ours.times.ready, hand.ready);
  print_ratio("workflow Succeeded from kubeadm's start", ours.times.succeeded, hand.succeeded);
  print_ratio("node Ready from the start", ours.whole.ready, before + hand.ready);
  print_ratio("workflow Succeeded from the start", ours.whole.succeeded, before + hand.succeeded);
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
