#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/lan_site.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_config = "/run/rootcellar-join/kubeadm.yaml";
constexpr std::int64_t k_slack = 300;  // seconds: what Kubernetes' own certificates allow a clock to be behind

std::vector<std::string> labels_of(const ClusterSite& site) {
  std::vector<std::string> labels;
  for (const NodeRole* role : site.roles) {
    labels.insert(labels.end(), role->labels.begin(), role->labels.end());
    labels.push_back(role_mark(role->name));
  }
  return labels;
}

/// The writer of YAML puts it between quotes: neither secret has anything in it that these would not hold.
std::string reference(const char* secret) { return cat("${secret.", secret, "}"); }

/// The secrets are named, not held: the text goes into the journal.
std::string config_text(const PlanInput& input, const ClusterSite& site) {
  KubeadmSettings settings = kubeadm_settings(input, site);
  settings.node_labels = labels_of(site);
  std::erase_if(settings.node_labels, [](const std::string& label) { return !kubelet_may_set(label); });
  const bool control_plane = input.join->control_plane;
  return kubeadm_join_config(settings, {cat(site.endpoint, ":6443"), reference(k_join_token), input.join->ca_hash, control_plane,
                                        control_plane ? reference(k_join_certificate_key) : std::string()});
}

void caution_about_labels(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  std::vector<std::string> labels = labels_of(site);
  std::erase_if(labels, [](const std::string& label) { return kubelet_may_set(label); });
  if (labels.empty() || input.join->control_plane) return;
  plan.cautions.push_back(cat("Kubernetes lets no worker give itself the label ", join(labels, ", "),
                              ": when it has joined, run on the first node 'kubectl label node ", site.node, " ", join(labels, " "),
                              " --overwrite'; 'rootcellar-install status' there shows what is missing"));
}

std::string steps_of(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (const auto* action = std::get_if<KubeadmInit>(&step.action)) return action->join ? action->text : "init";
  }
  return {};
}

bool was_made_at(const std::string& address, const std::vector<Step>& steps) {
  return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
    const auto* file = step.id == "kubeadm-config" ? std::get_if<WriteFile>(&step.action) : nullptr;
    return file != nullptr && file->content.find(cat("advertiseAddress: \"", address, "\"")) != std::string::npos;
  });
}

/// A node of one cluster does not join another, and the first node of one joins none.
void check_membership(const PlanInput& input, Plan& plan) {
  if (!input.facts.installed) return;
  const std::string before = steps_of(input.facts.installed->steps);
  if (before.empty() || before.find(input.join->ca_hash) != std::string::npos) return;
  plan.refusals.push_back(before == "init" ? "this machine is the first node of a cluster of its own: uninstall it before it joins another"
                                           : "this machine is a node of another cluster: uninstall it before it joins this one");
}

}  // namespace

void check_ticket(const PlanInput& input, Plan& plan) {
  if (input.join == nullptr) return;
  check_membership(input, plan);
  const JoinTicket& ticket = *input.join;
  if (ticket.expires == 0) return;  // used when this machine joined
  const std::string here = cat("this machine's clock says ", format_time(input.facts.clock));
  if (input.facts.clock > ticket.expires) {
    plan.refusals.push_back(
        cat("the ticket ended at ", format_time(ticket.expires), ", and ", here, ": make a new one on the first node, or set the clock"));
  }
  if (input.facts.clock + k_slack < ticket.made) {
    plan.refusals.push_back(cat("the ticket was made at ", format_time(ticket.made), ", and ", here,
                                ": set it with 'date', or no certificate of the cluster is valid here yet"));
  }
}

void plan_join(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  KubeadmInit action;
  action.config = k_config;
  action.cri_socket = cri_socket(*site.dialect, input.appliance().cluster.runtime);
  action.ignore = left_out_checks(input);
  action.clean = {"/etc/cni/net.d", "/var/lib/cni", input.appliance().cluster.cni_programs};
  action.join = true;
  action.text = config_text(input, site);
  action.secrets = {k_join_token};
  action.node = site.node;
  if (input.join->control_plane) {
    action.clean.emplace_back("/var/lib/etcd");
    action.secrets.emplace_back(k_join_certificate_key);
  }
  add_step(plan, "kubeadm-join", "join the cluster",
           cat("This machine becomes a ", input.join->control_plane ? "control-plane node" : "worker", " of the cluster at ", site.endpoint,
               ", ", site.endpoint_address, "."),
           action);
  caution_about_labels(input, site, plan);
}

JoinTicket ticket_facts(const Header& header, const Index& index, const Facts& facts, const Answers& answers) {
  const Layout layout = make_layout(index.appliance, answers);
  const PlanInput input{header, index, facts, answers, layout};
  const ClusterSite site = make_cluster_site(input);
  if (input.own_registry() && layout.listen.loopback()) {
    throw HostError(
        cat("cannot make a ticket: the registry listens at ", layout.listen.text(), ", for this machine alone"),
        cat("with the next bundle answer 'registry.listen' as 0.0.0.0:", layout.listen.port, ", or uninstall and begin with it"));
  }
  if (!site.ready() || !was_made_at(site.address, facts.installed ? facts.installed->steps : std::vector<Step>())) {
    throw HostError(
        cat("cannot make a ticket: the cluster was made at another address than ", site.address.empty() ? "none" : site.address),
        "give this machine that address back");
  }
  JoinTicket ticket;
  ticket.product = header.product;
  ticket.variant = header.variant;
  ticket.architecture = header.architecture;
  ticket.serial = header.serial;
  ticket.bundle = bundle_id(encode_header(header));
  ticket.endpoint = site.endpoint;
  ticket.address = site.address;
  ticket.registry = site.registry;
  ticket.site_registry = input.site_registry();
  ticket.pod_cidr = site.pod_cidr;
  ticket.service_cidr = site.service_cidr;
  ticket.machines = answers.cluster.machines;
  if (index.appliance.lan.enabled) {
    const LanSite lan = make_lan_site(input);
    ticket.domain = lan.names.domain;
    ticket.domain_address = lan.names.address;
  }
  return ticket;
}

std::string certificates_config(const Header& header, const Index& index, const Facts& facts, const Answers& answers,
                                const std::string& certificate_key) {
  const Layout layout = make_layout(index.appliance, answers);
  const PlanInput input{header, index, facts, answers, layout};
  const ClusterSite site = make_cluster_site(input);
  KubeadmSettings settings = kubeadm_settings(input, site);
  if (!kubeadm_dialect(settings.version)->certificate_key) {
    throw HostError(cat("cannot make a ticket for control-plane nodes: kubeadm ", settings.version, " cannot be told the key in a file"));
  }
  settings.certificate_key = certificate_key;
  return kubeadm_init_config(settings);
}

std::vector<RoleMark> role_marks(const Appliance& appliance) {
  std::vector<RoleMark> marks;
  for (const NodeRole& role : appliance.cluster.roles) marks.push_back({role.name, role_mark(role.name), role.labels});
  return marks;
}

}  // namespace rootcellar
