// The ports of a cluster's machine, who must reach them, and the firewall that a site has in front of them.
#include <algorithm>
#include <array>

#include "bundle/base/text.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/trust.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_everyone = "everyone", k_nodes = "the cluster's machines", k_itself = "this machine alone";
constexpr std::uint32_t k_node_port_first = 30000, k_node_port_last = 32767;  // kube-apiserver's default --service-node-port-range

struct KnownPort {
  std::uint32_t number = 0;
  std::string_view purpose;
  std::string_view from;
};

constexpr std::array<KnownPort, 5> k_control_plane_ports = {
    {{6443, "Kubernetes' API server, for whoever has a key of the cluster", k_everyone},
     {2379, "etcd, for the API servers", k_nodes},
     {2380, "etcd, for other control-plane nodes", k_nodes},
     {10257, "kube-controller-manager", k_itself},
     {10259, "kube-scheduler", k_itself}}};
constexpr std::array<KnownPort, 4> k_node_ports = {{{10250, "the kubelet, for the API server", k_nodes},
                                                    {10256, "kube-proxy's health", k_nodes},
                                                    {10248, "the kubelet's health", k_itself},
                                                    {10249, "kube-proxy's numbers", k_itself}}};

void add_known(const KnownPort& port, const ClusterSite& site, std::vector<OpenedPort>& ports) {
  ports.push_back(
      {port.from == k_itself ? "127.0.0.1" : site.address, port.number, std::string(port.purpose), 0, "tcp", std::string(port.from)});
}

void add_declared(const ClusterPort& port, const ClusterSite& site, std::vector<OpenedPort>& ports) {
  const auto last = static_cast<std::uint32_t>(port.last == port.first ? 0 : port.last);
  ports.push_back({site.address, static_cast<std::uint32_t>(port.first), port.name, last, port.protocol,
                   std::string(port.from == "everyone" ? k_everyone : k_nodes)});
}

/// The network at the interface of the cluster's address, where the other machines are; empty: not known.
std::string machines_network(const PlanInput& input, const ClusterSite& site) {
  const auto address = parse_ipv4(site.address);
  for (const Route& route : input.facts.node.routes) {
    const bool at_it = route.gateway == 0 && route.to.prefix > 0 && route.interface == site.interface;
    if (at_it && address && route.to.contains(*address)) return route.to.text();
  }
  return {};
}

/// What must come in, by who sends it and protocol, with its ports as one word: "6443,30000:32767".
struct Opening {
  std::string source;  ///< CIDR; empty: everyone
  std::string protocol;
  std::vector<std::string> ports;
};

std::string range_text(const OpenedPort& port, char between) {
  return port.last == 0 ? cat(port.port) : cat(port.port, between, port.last);
}

void add_opening(const OpenedPort& port, const std::string& source, char between, std::vector<Opening>& openings) {
  const auto same = [&](const Opening& one) { return one.source == source && one.protocol == port.protocol; };
  auto found = std::find_if(openings.begin(), openings.end(), same);
  if (found == openings.end()) found = openings.insert(openings.end(), Opening{source, port.protocol, {}});
  const std::string text = range_text(port, between);
  if (std::find(found->ports.begin(), found->ports.end(), text) == found->ports.end()) found->ports.push_back(text);
}

std::vector<OpenedPort> registry_ports(const PlanInput& input, const ClusterSite& site) {
  std::vector<OpenedPort> ports;
  if (!input.own_registry() || input.layout.listen.loopback()) return ports;
  ports.push_back({site.address, input.layout.listen.port, "", 0, "tcp", std::string(k_everyone)});
  if (input.appliance().registry.auth == "htpasswd")
    ports.push_back({site.address, input.layout.push.port, "", 0, "tcp", std::string(k_everyone)});
  for (OpenedPort port : own_name_ports(input)) {
    port.from = k_nodes;
    ports.push_back(port);
  }
  return ports;
}

std::vector<Opening> openings(const PlanInput& input, const ClusterSite& site, char between) {
  std::vector<Opening> out;
  const std::string network = machines_network(input, site);
  std::vector<OpenedPort> ports = cluster_ports(input, site);
  const std::vector<OpenedPort> registry = registry_ports(input, site);
  ports.insert(ports.end(), registry.begin(), registry.end());
  for (const OpenedPort& port : ports) {
    if (port.from == k_itself || (site.own_bridge && port.from == k_nodes)) continue;
    add_opening(port, port.from == k_everyone ? std::string() : network, between, out);
  }
  // As ufw sorts them.
  const auto number = [](const std::string& text) { return parse_u64(text.substr(0, text.find_first_of(":-"))).value_or(0); };
  for (Opening& opening : out) {
    std::sort(opening.ports.begin(), opening.ports.end(),
              [&](const std::string& a, const std::string& b) { return number(a) < number(b); });
  }
  return out;
}

/// ufw takes at most 15 ports in one rule, a range counts as two (iptables' multiport).
constexpr std::size_t k_ports_in_rule = 15;

std::vector<std::string> port_words(const std::vector<std::string>& ports) {
  std::vector<std::string> words{""};
  std::size_t count = 0;
  for (const std::string& port : ports) {
    const std::size_t weight = port.find(':') == std::string::npos ? 1 : 2;
    if (count + weight > k_ports_in_rule) words.emplace_back(), count = 0;
    words.back() += cat(words.back().empty() ? "" : ",", port);
    count += weight;
  }
  return words;
}

/// As `ufw show added` prints them, so that what is there is recognised. Services' addresses are pods' by the time a packet is filtered.
std::vector<std::string> ufw_rules(const PlanInput& input, const ClusterSite& site) {
  std::vector<std::string> rules{cat("allow from ", site.pod_cidr), cat("route allow from ", site.pod_cidr),
                                 cat("route allow to ", site.pod_cidr)};
  for (const Opening& opening : openings(input, site, ':')) {
    for (const std::string& ports : port_words(opening.ports)) {
      rules.push_back(opening.source.empty() ? cat("allow ", ports, "/", opening.protocol)
                                             : cat("allow from ", opening.source, " to any port ", ports, " proto ", opening.protocol));
    }
  }
  return rules;
}

/// What comes for a service's port is let through by firewalld itself, once kube-proxy has given it a pod's address.
std::vector<std::string> firewalld_rules(const PlanInput& input, const ClusterSite& site) {
  std::vector<std::string> rules{cat("source ", site.pod_cidr)};
  for (const Opening& opening : openings(input, site, '-')) {
    for (const std::string& port : opening.ports) {
      rules.push_back(opening.source.empty() ? cat("port ", port, "/", opening.protocol)
                                             : cat("rich-rule rule family=\"ipv4\" source address=\"", opening.source, "\" port port=\"",
                                                   port, "\" protocol=\"", opening.protocol, "\" accept"));
    }
  }
  return rules;
}

/// nft(8)'s statements for a chain at hook input, and for one at hook forward.
struct OwnRules {
  std::vector<std::string> input, forward;
};

OwnRules nft_rules(const PlanInput& input, const ClusterSite& site) {
  OwnRules rules{{cat("ip saddr ", site.pod_cidr, " accept")},
                 {cat("ip saddr ", site.pod_cidr, " accept"), cat("ip daddr ", site.pod_cidr, " accept")}};
  for (const Opening& opening : openings(input, site, '-')) {
    rules.input.push_back(cat(opening.source.empty() ? "" : cat("ip saddr ", opening.source, " "), opening.protocol, " dport { ",
                              join(opening.ports, ", "), " } accept"));
  }
  return rules;
}

OwnRules iptables_rules(const PlanInput& input, const ClusterSite& site) {
  OwnRules rules{{cat("-A INPUT -s ", site.pod_cidr, " -j ACCEPT")}, {}};
  for (const Opening& opening : openings(input, site, ':')) {
    for (const std::string& ports : port_words(opening.ports)) {
      rules.input.push_back(cat("-A INPUT", opening.source.empty() ? "" : cat(" -s ", opening.source), " -p ", opening.protocol,
                                " -m multiport --dports ", ports, " -j ACCEPT"));
    }
  }
  return rules;
}

/// Without what people may space otherwise.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    const bool space = letter == ' ' || letter == '\t' || letter == ';';
    if (!space || (!out.empty() && out.back() != ' ')) out.push_back(space ? ' ' : letter);
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::vector<std::string> missing_lines(std::string_view text, const std::vector<std::string>& wanted) {
  std::vector<std::string> lines, missing;
  for (const std::string_view line : split(text, '\n')) lines.push_back(squeezed(trim(line)));
  for (const std::string& line : wanted) {
    if (std::find(lines.begin(), lines.end(), squeezed(line)) == lines.end()) missing.push_back(line);
  }
  return missing;
}

std::string quoted_lines(const std::vector<std::string>& lines) { return cat("'", join(lines, "', '"), "'"); }

/// Rules that people wrote are theirs: we add nothing to a file that we do not understand, and say what it needs.
void refuse_own_rules(const Firewall& firewall, const OwnRules& wanted, Plan& plan) {
  const std::vector<std::string> coming = missing_lines(firewall.text, wanted.input),
                                 passing = missing_lines(firewall.text, wanted.forward);
  if (coming.empty() && passing.empty()) return;
  const bool nft = firewall.kind == "nftables";
  std::string needs;
  if (!coming.empty()) needs = cat(nft ? "in the chain at hook input, before what drops: " : "before what drops: ", quoted_lines(coming));
  if (!passing.empty()) needs += cat(needs.empty() ? "" : "; ", "in every chain at hook forward: ", quoted_lines(passing));
  plan.refusals.push_back(cat("the firewall of ", firewall.file,
                              " drops what nodes and pods say to each other, and its rules are somebody's own: add there ", needs,
                              "; load them with 'systemctl restart ", nft ? "nftables'" : "netfilter-persistent'"));
}

std::string list_of(const std::vector<std::string>& rules) { return cat(rules.size(), rules.size() == 1 ? " rule" : " rules"); }

void plan_firewall(const PlanInput& input, const ClusterSite& site, const Firewall& firewall, Plan& plan) {
  const bool ufw = firewall.kind == "ufw";
  if (!ufw && firewall.kind != "firewalld") return;
  const std::vector<std::string> rules = ufw ? ufw_rules(input, site) : firewalld_rules(input, site);
  add_step(plan, cat("firewall-", firewall.kind), cat("add ", list_of(rules), " to ", firewall.kind),
           cat(firewall.kind, " is set up here (", firewall.file, ") and drops what nodes and pods say to each other."),
           OpenFirewall{firewall.kind, ufw ? std::string() : site.interface, rules});
}

}  // namespace

std::vector<OpenedPort> cluster_ports(const PlanInput& input, const ClusterSite& site) {
  std::vector<OpenedPort> ports;
  if (input.join == nullptr || input.join->control_plane) {
    for (const KnownPort& port : k_control_plane_ports) add_known(port, site, ports);
  }
  for (const KnownPort& port : k_node_ports) add_known(port, site, ports);
  for (const ClusterPort& port : input.appliance().cluster.ports) add_declared(port, site, ports);
  for (const char* protocol : {"tcp", "udp"}) {
    ports.push_back({site.address, k_node_port_first, "services of type NodePort", k_node_port_last, protocol, std::string(k_everyone)});
  }
  return ports;
}

void check_firewalls(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  if (site.address.empty()) return;
  for (const Firewall& firewall : input.facts.node.firewalls) {
    if (firewall.kind == "nftables") refuse_own_rules(firewall, nft_rules(input, site), plan);
    if (firewall.kind == "netfilter-persistent") refuse_own_rules(firewall, iptables_rules(input, site), plan);
    const bool several = input.facts.node.firewalls.size() > 1 && &firewall == &input.facts.node.firewalls.front();
    if (several) plan.cautions.push_back("more than one firewall is set up here: what one lets through, another may drop");
  }
  const bool any = !input.facts.node.firewalls.empty() && !site.own_bridge;
  const std::string network = machines_network(input, site);
  if (!any) return;
  plan.cautions.push_back(
      network.empty() ? "the firewall lets in what machines of the cluster send from anywhere: it is not known which network they are in"
                      : cat("the firewall lets in what machines of the cluster send from ", network, ", and from no other network"));
}

void plan_firewalls(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  for (const Firewall& firewall : input.facts.node.firewalls) plan_firewall(input, site, firewall, plan);
}

void follow_network(OpenFirewall& action, const std::string& from, const std::string& to, const NodeFacts& node) {
  const auto before = parse_ipv4(from), now = parse_ipv4(to);
  const auto at = std::find_if(node.routes.begin(), node.routes.end(), [&](const Route& route) {
    return now && route.gateway == 0 && route.to.prefix > 0 && route.to.contains(*now);
  });
  if (!before || at == node.routes.end()) return;
  if (!action.interface.empty()) action.interface = at->interface;
  for (std::string& rule : action.rules) {
    const std::string words = rule;
    for (const std::string_view word : split(words, words.find('"') == std::string::npos ? ' ' : '"')) {
      const auto network = parse_network(word);
      if (!network || !network->contains(*before) || network->contains(*now)) continue;
      rule.replace(words.find(word), word.size(), at->to.text());
      break;
    }
  }
}

}  // namespace rootcellar
