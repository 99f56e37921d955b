#include "installer/plan/plan.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/plan/clock.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/existing.h"
#include "installer/plan/lan_page.h"
#include "installer/plan/lan_site.h"
#include "installer/plan/storage.h"
#include "installer/plan/trust.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_spool = "/var/lib/rootcellar/spool";

bool has_step(const Plan& plan, const std::string& id) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [&](const Step& step) { return step.id == id; });
}

void plan_directories(const PlanInput& input, Plan& plan) {
  if (!input.layout.moved) return;
  add_step(plan, "storage-root", cat("make directory ", *input.answers.storage_root),
           "The answers put the data of docker, containerd and the registry below it.", MakeDirectory{*input.answers.storage_root});
}

}  // namespace

std::string step_slug(std::string_view text) {
  std::string slug;
  for (const char letter : lower_ascii(text)) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    if (plain) slug.push_back(letter);
    if (!plain && !slug.empty() && slug.back() != '-') slug.push_back('-');
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug;
}

void add_step(Plan& plan, std::string id, std::string title, std::string reason, Action action) {
  std::string unique = id;
  for (unsigned number = 2; has_step(plan, unique); ++number) unique = cat(id, "-", number);
  plan.steps.push_back({std::move(unique), std::move(title), std::move(reason), std::move(action)});
}

namespace {

/// A name too: nobody here looks it up, and what does is told it as it is.
Endpoint site_endpoint(const std::string& address) {
  if (const auto numeric = parse_endpoint(address)) return *numeric;
  const std::size_t colon = address.rfind(':');
  return {address.substr(0, colon), static_cast<std::uint32_t>(parse_u64(address.substr(colon + 1)).value_or(0))};
}

}  // namespace

Layout make_layout(const Appliance& appliance, const Answers& answers) {
  const std::string listen = answers.registry_listen.value_or(appliance.registry.listen);
  const std::optional<Endpoint> endpoint = parse_endpoint(listen);
  if (!endpoint) throw InputError(cat("the bundle's registry listens at '", listen, "', which is not a numeric address and a port"));
  Endpoint push = *endpoint;
  push.port = static_cast<std::uint16_t>(appliance.registry.push_port);
  Layout layout{*endpoint,         local_endpoint(*endpoint), push, appliance.registry.storage,
                "/var/lib/docker", "/var/lib/containerd",     std::string(k_spool)};
  if (answers.existing.registry) layout.local = site_endpoint(answers.existing.registry->address);
  if (!answers.storage_root) return layout;
  layout.moved = true;
  layout.registry = cat(*answers.storage_root, "/registry");
  layout.docker = cat(*answers.storage_root, "/docker");
  layout.containerd = cat(*answers.storage_root, "/containerd");
  return layout;
}

std::string registry_storage_root(const Index& index, const Answers& answers) { return make_layout(index.appliance, answers).registry; }

namespace {

Plan plan_of(const PlanInput& input, const ClockVerdict& clock) {
  Plan plan;
  plan_fit(input, plan);
  plan_clock(clock, plan);
  plan_cluster_fit(input, plan);
  plan_gpu_fit(input, plan);
  plan_existing_fit(input, plan);
  plan_site_cluster_fit(input, plan);
  plan_lan_fit(input, plan);
  plan_own_names_fit(input, plan);
  plan_lan_time_fit(input, plan);
  plan_directories(input, plan);
  plan_start_page(input, plan);
  plan_packages(input, plan);
  plan_lan_time(input, plan);
  plan_lan_trust(input, plan);
  plan_registry(input, plan);
  plan_site_registry(input, plan);
  plan_node(input, plan);
  plan_containerd(input, plan);
  plan_runtime(input, plan);
  plan_files(input, plan);
  plan_gpu(input, plan);
  plan_cluster_programs(input, plan);
  plan_folders(input, plan);
  plan_data(input, plan);
  plan_nfs(input, plan);
  plan_disks(input, plan);
  plan_images(input, plan);
  plan_cluster_images(input, plan);
  plan_nfs_container(input, plan);
  plan_kubeadm(input, plan);
  plan_lan_services(input, plan);
  plan_own_names(input, plan);
  plan_deployments(input, plan);
  plan_checks(input, plan);
  plan_space(input, plan);
  plan_upgrade(input, plan);
  plan.cautions.insert(plan.cautions.end(), input.facts.unseen.begin(), input.facts.unseen.end());
  return plan;
}

/// Everything after the first step sees the clock as it is then.
Facts as_corrected(Facts facts, const ClockVerdict& clock) {
  if (clock.correction) facts.clock = static_cast<std::int64_t>(clock.correction->to);
  return facts;
}

}  // namespace

Plan make_plan(const Header& header, const Index& index, const Facts& facts, const Answers& answers) {
  const Layout layout = make_layout(index.appliance, answers);
  const ClockVerdict clock = judge_clock(header, facts, answers, nullptr);
  const Facts later = as_corrected(facts, clock);
  return plan_of({header, index, later, answers, layout}, clock);
}

Plan make_join_plan(const Header& header, const Index& index, const Facts& facts, const Answers& answers, const JoinTicket& ticket) {
  Layout layout = make_layout(index.appliance, answers);
  if (!answers.existing.registry) layout.local = parse_endpoint(ticket.registry).value_or(layout.local);
  const ClockVerdict clock = judge_clock(header, facts, answers, &ticket);
  const Facts later = as_corrected(facts, clock);
  Plan plan = plan_of({header, index, later, answers, layout, &ticket}, clock);
  if (!index.appliance.cluster.enabled) plan.refusals.push_back("the bundle has no cluster: there is nothing to join");
  return plan;
}

}  // namespace rootcellar
