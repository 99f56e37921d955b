#include "tests/target/field/cluster_site.h"

#include <fnmatch.h>
#include <stdlib.h>

#include <algorithm>
#include <array>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar::field {
namespace {

// Looking leaves nothing in root's home.
constexpr const char* k_kubectl = "env HOME=/run /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf";
constexpr const char* k_helm = "env HOME=/run /usr/local/bin/helm --kubeconfig /etc/kubernetes/admin.conf";
constexpr const char* k_kubeadm_config = "/etc/rootcellar/kubeadm.yaml";

std::string from_environment(const char* name) {
  const char* value = ::getenv(name);
  if (value == nullptr) throw UsageError(cat("expected $", name, ", found none"));
  return value;
}

MachineSetup cluster_setup(const std::string& name) {
  MachineSetup setup;
  setup.name = name;
  setup.stick = from_environment("RC_CLUSTER_STICK");
  setup.key = from_environment("RC_CLUSTER_KEY");
  setup.like = from_environment("RC_CLUSTER_LIKE");
  return setup;
}

bool is_drawn(const std::string& fact) {
  constexpr std::array k_drawn = {"file /var/lib/kubelet/*",
                                  "file /var/lib/containerd/*",
                                  "file /var/lib/cri-dockerd/*",
                                  "file /var/lib/docker/*",
                                  "file /var/lib/etcd/*",
                                  "file /var/lib/cni/*",
                                  "file /var/log/*",
                                  "content /etc/kubernetes/*",
                                  "rule *",
                                  "link veth*",
                                  "unit kubepods*",
                                  "unit cri-containerd-*",
                                  "unit docker-*",
                                  "listening tcp 127.0.0.1:*"};
  return std::any_of(k_drawn.begin(), k_drawn.end(), [&](const char* pattern) { return ::fnmatch(pattern, fact.c_str(), 0) == 0; });
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

}  // namespace

std::string without_warnings(std::string_view text) {
  std::string rest;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty() && !line.starts_with("warning: waiting: ")) rest += cat(line, "\n");
  }
  return rest;
}

ClusterSite::ClusterSite(const std::string& name) : machine(cluster_setup(name)) {
  machine.write(k_cluster_answers, "cluster:\n  roles: [webServer]\n");
  before = lasting_state(machine);
}

std::string ClusterSite::install_command() {
  return cat("sh ", k_stick, "/START.sh install --trust ", k_key, " --answers ", k_cluster_answers, " --yes -q");
}

HostSnapshot ClusterSite::state() {
  clean_up();
  HostSnapshot facts = lasting_state(machine);
  std::erase_if(facts, [](const auto& fact) { return is_drawn(fact.first); });
  facts[cat("content ", k_kubeadm_config)] = replaced(machine.read(k_kubeadm_config), machine.host().name(), "HOST");
  return facts;
}

std::string ClusterSite::steps() {
  const std::string said = machine.shell("/usr/local/sbin/rootcellar-install status --json || true");
  std::string lines;
  for (const std::string_view line : split(said, '\n')) {
    if (!line.starts_with("{\"event\":\"status\"")) continue;
    const JsonValue event = parse_json(line, "status");
    const JsonValue* steps = event.find("steps");
    for (const JsonValue& step : steps ? steps->items() : std::vector<JsonValue>{})
      lines += cat(step.text("id").value_or(""), ": ", step.truth("good").value_or(false) ? "true" : "false", "\n");
  }
  return lines;
}

std::string ClusterSite::purpose() {
  return machine.shell(cat(k_kubectl, " get workflow hello --namespace lab -o 'jsonpath={.status.phase}{\"\\n\"}'; ", k_kubectl,
                           " get pods --all-namespaces --no-headers -o custom-columns=STATE:.status.phase | sort | uniq -c | "
                           "awk '{ print $1, $2 }'; ",
                           k_helm, " list --all-namespaces --all --no-headers | awk '{ print $1, $2, $8, $9 }'"));
}

const std::vector<JournalRecord>& ClusterSite::journal() {
  const auto file = file_status(machine.path(k_journal));
  if (const std::size_t size = file ? file->size : 0; size != decoded_) {
    records_ = decode_records(machine.read(k_journal), "journal");
    decoded_ = size;
  }
  return records_;
}

bool ClusterSite::has_record(JournalRecord::Kind kind, const std::string& step) {
  const std::vector<JournalRecord>& records = journal();
  return std::any_of(records.begin(), records.end(),
                     [&](const JournalRecord& record) { return record.kind == kind && record.step == step; });
}

void ClusterSite::watch(const std::string& name, const std::string& kind) {
  const std::string file = cat("/root/watch.", name);
  machine.shell(cat("( set +e; until [ -s ", file, " ]; do sleep 0.1; ", k_kubectl, " get ", kind,
                    " --all-namespaces --output name --watch 2>/dev/null | grep -m 1 . > ", file, "; done ) </dev/null >/dev/null 2>&1 &"));
}

bool ClusterSite::seen(const std::string& name) const {
  const auto file = file_status(machine.path(cat("/root/watch.", name)));
  return file && file->size > 0;
}

void ClusterSite::kill_unit() { machine.shell("systemctl kill --kill-whom=main --signal=KILL rootcellar-install.service || true"); }

}  // namespace rootcellar::field
