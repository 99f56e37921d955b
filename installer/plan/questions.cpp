#include "installer/plan/questions.h"

#include <algorithm>
#include <array>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/base/yaml.h"
#include "bundle/site_template.h"
#include "installer/plan/answered_files.h"
#include "installer/plan/clock_range.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/lan_page.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_answers = "answers.";
constexpr std::string_view k_values = "values.";
constexpr std::uint32_t k_range_size = 11;

/// "bench7" of "bench7.site.example"; "lab" where the machine has no name that could stand in a domain.
std::string machine_name(const Facts& facts) {
  const std::string name = lower_ascii(facts.node.hostname.substr(0, facts.node.hostname.find('.')));
  return is_host_name(name) && name != "localhost" ? name : "lab";
}

std::string internal_domain(const Facts& facts) { return cat(machine_name(facts), ".internal"); }

using Asked = std::optional<Question>;

Asked about_clock(const PlanInput& input) {
  if (input.answers.correct_clock || !input.facts.node.container.empty() || clock_can_be_right(input.header, input.facts.clock)) return {};
  return Question{"clock.correct",
                  cat("This machine's clock says ", format_time(input.facts.clock), ", and the bundle was made at ",
                      format_time(input.header.created), ": the clock cannot be right."),
                  "set it, before anything else is done", "yes", {"yes", "no"}};
}

Asked about_address(const PlanInput& input) {
  const bool lan = input.appliance().lan.enabled;
  if ((!lan && !input.own_cluster()) || input.answers.cluster.address || input.facts.installed) return {};
  const std::vector<NodeAddress> here = reachable_addresses(input.facts.node);
  const std::string decided = make_cluster_site(input).address;
  if (here.size() < 2 || (!lan && !decided.empty())) return {};
  Question question{"cluster.address", "This machine has several addresses:", "the one at which others reach it", decided, {}};
  for (const NodeAddress& address : here) {
    question.choices.push_back(address.address);
    question.about += cat("\n  ", question.choices.size(), "  ", address.address, "  ", address.interface);
  }
  if (decided.empty()) question.proposal = here.front().address;
  return question;
}

Asked about_network(const LanSite& site) {
  if (site.address.empty() || !site.network.empty()) return {};
  const auto number = parse_ipv4(site.address);
  return Question{"lan.network", cat("This machine has no route that would say which network ", site.address, " lies in."),
                  "the network of the people who use it", number ? Network{*number & 0xffffff00U, 24}.text() : "", {}};
}

Asked about_domain(const PlanInput& input) {
  if (input.answers.lan.domain) return {};
  const std::string& named = input.appliance().lan.domain;
  return Question{"lan.domain", "People open the appliance by a name; nobody has to have registered one that ends with .internal.",
                  "the name that they type", named.empty() ? internal_domain(input.facts) : named, {}};
}

Asked about_range(const PlanInput& input, const LanSite& site) {
  if (!input.appliance().lan.balancer.enabled || !site.range.empty()) return {};
  return Question{"lan.range", "Services get addresses of this network that nothing else may have, a DHCP server's neither.",
                  "the first and the last of them", proposed_range(site.network, input.facts), {}};
}

Asked about_roles(const PlanInput& input) {
  const std::vector<NodeRole>& roles = input.appliance().cluster.roles;
  if (!input.own_cluster() || roles.empty() || answered_roles(input) || !answered_machines(input).empty()) return {};
  std::vector<std::string> names;
  for (const NodeRole& role : roles) names.push_back(role.name);
  return Question{"cluster.roles", cat("The appliance has parts for machines with the roles ", join(names, ", "), "; one machine alone has them all."),
                  "this machine's, with commas between them, or none", input.join == nullptr ? join(names, ", ") : "none", {}};
}

Question about_value(const PlanInput& input, const std::string& name, const std::string& what, bool is_file) {
  std::string proposal;
  if (name == "domain" && !is_file) {
    proposal = input.appliance().lan.enabled ? make_lan_site(input).names.domain : internal_domain(input.facts);
  }
  return {cat(k_values, name), cat("The appliance asks for '", name, "' (", what, ")."), is_file ? "the path of its file" : name, proposal, {}, is_file};
}

Asked about_values(const PlanInput& input, const std::set<std::string>& asked) {
  std::optional<Question> found;
  const auto look = [&](std::string_view text, const std::string& what) {
    for (const TemplateReference& reference : template_references(text, what)) {
      const std::string name = reference.name.substr(std::min(reference.name.size(), k_answers.size()));
      if (found || !reference.name.starts_with(k_answers) || input.answers.values.contains(name) || asked.contains(cat(k_values, name))) continue;
      found = about_value(input, name, what, value_name(reference) != reference.name);
    }
  };
  if (input.cluster()) for_each_site_text(input.appliance().cluster, look, [](const std::string&) {});
  if (found || !input.appliance().lan.enabled) return found;
  for (const std::string& name : answers_of_links(input)) {
    if (!asked.contains(cat(k_values, name))) return about_value(input, name, "a link of the page", false);
  }
  return {};
}

Asked about_admin(const PlanInput& input, const LanSite& site) {
  if (!site.portal || input.answers.lan.admin) return {};
  return Question{"lan.admin", "The page tells people whom to ask.", "a name, and how to reach them",
                  cat("whoever looks after ", machine_name(input.facts)), {}};
}

/// In the order in which one follows from the other.
std::vector<Asked> open_questions(const PlanInput& input, const std::set<std::string>& asked) {
  std::vector<Asked> open{about_clock(input), about_address(input)};
  const bool lan = input.appliance().lan.enabled && input.join == nullptr;
  if (lan) {
    const LanSite site = make_lan_site(input);
    open.insert(open.end(), {about_domain(input), about_network(site), about_range(input, site)});
  }
  open.push_back(about_roles(input));
  if (input.join == nullptr) open.push_back(about_values(input, asked));
  if (lan) open.push_back(about_admin(input, make_lan_site(input)));
  return open;
}

std::vector<std::string> listed(std::string_view typed) {
  std::vector<std::string> items;
  if (typed == "none" || typed == "[]") return items;
  for (const std::string_view word : split(typed, ',')) {
    if (!trim(word).empty()) items.emplace_back(trim(word));
  }
  return items;
}

/// The answer as a file of its own, so that one reader judges both.
std::string as_file(const Question& question, std::string_view typed) {
  const std::size_t dot = question.key.find('.');
  const std::string name = question.key.substr(dot + 1);
  YamlWriter out;
  out.begin_map();
  out.key(question.key.substr(0, dot));
  out.begin_map();
  if (question.key == "cluster.roles") {
    out.entry_list(name, listed(typed));
  } else if (question.key == "clock.correct") {
    out.key(name);
    out.value_plain(typed == "yes");
  } else {
    out.entry(name, typed);
  }
  out.end_map();
  out.end_map();
  return out.finish();
}

void merge(const Question& question, const Answers& one, Answers& answers) {
  const std::string& key = question.key;
  if (key == "clock.correct") answers.correct_clock = one.correct_clock;
  if (key == "cluster.address") answers.cluster.address = one.cluster.address;
  if (key == "cluster.roles") answers.cluster.roles = one.cluster.roles;
  if (key == "lan.network") answers.lan.network = one.lan.network;
  if (key == "lan.domain") answers.lan.domain = one.lan.domain;
  if (key == "lan.range") answers.lan.range = one.lan.range;
  if (key == "lan.admin") answers.lan.admin = one.lan.admin;
  for (const auto& [name, value] : one.values) answers.values[name] = value;
}

bool is_taken(std::uint32_t address, const Facts& facts) {
  const std::string text = ipv4_text(address);
  const auto& node = facts.node;
  return std::find(facts.addresses.begin(), facts.addresses.end(), text) != facts.addresses.end() ||
         std::find(node.nameservers.begin(), node.nameservers.end(), text) != node.nameservers.end() ||
         std::any_of(node.addresses.begin(), node.addresses.end(), [&](const NodeAddress& a) { return a.address == text; }) ||
         std::any_of(node.routes.begin(), node.routes.end(), [&](const Route& route) { return route.gateway == address; });
}

}  // namespace

std::optional<Question> next_question(const Header& header, const Index& index, const Facts& facts, const Answers& answers,
                                      const JoinTicket* join, const std::set<std::string>& asked) {
  const Layout layout = make_layout(index.appliance, answers);
  for (Asked& question : open_questions({header, index, facts, answers, layout, join}, asked)) {
    if (question && !asked.contains(question->key)) return std::move(question);
  }
  return std::nullopt;
}

void take_answer(const Question& question, std::string_view typed, Answers& answers) {
  std::string text(trim(typed.empty() ? std::string_view(question.proposal) : typed));
  if (text.empty()) throw InputError(cat("'", question.key, "' is not answered"));
  if (!question.choices.empty()) {
    const auto number = parse_u64(text);
    if (number && *number >= 1 && *number <= question.choices.size()) text = question.choices[*number - 1];
    const bool known = std::find(question.choices.begin(), question.choices.end(), text) != question.choices.end();
    if (!known && question.key == "clock.correct") throw InputError("'clock.correct' is answered by yes or no");
  }
  merge(question, parse_answers(as_file(question, text), "answer"), answers);
}

std::string proposed_range(const std::string& network, const Facts& facts) {
  const std::optional<Network> parsed = parse_network(network);
  if (!parsed || parsed->prefix > 28 || parsed->prefix == 0) return {};
  const std::uint32_t size = std::uint32_t{1} << (32 - parsed->prefix), wanted = std::min(k_range_size, size / 4);
  std::uint32_t last = parsed->address + size - 2;  // the very last is everybody's
  for (std::uint32_t first = last; first > parsed->address; --first) {
    if (is_taken(first, facts)) last = first - 1;
    else if (last - first + 1 == wanted) return cat(ipv4_text(first), '-', ipv4_text(last));
  }
  return {};
}

}  // namespace rootcellar
