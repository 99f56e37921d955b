#include <algorithm>
#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/bundle.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"
#include "installer/plan/clock_range.h"
#include "installer/plan/disk_facts.h"
#include "installer/plan/facts.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_mounts_limit = std::size_t{1} << 20;
using Rows = std::vector<std::vector<std::string>>;

struct Filesystem {
  Mount mount;
  SpaceFacts space;
};

/// A bundle that is there. Nobody has looked at its signature: it says when it was made, and no more.
struct Claim {
  std::string name;
  std::int64_t created = 0;
};

struct Survey {
  Facts facts;
  std::vector<Disk> disks;
  std::vector<Filesystem> filesystems;
  std::vector<Claim> bundles;
};

std::int64_t claimed_time(const std::string& header) {
  constexpr std::string_view k_key = "created: ";
  for (const std::string_view line : split(header, '\n')) {
    if (line.starts_with(k_key)) return parse_time(trim(line.substr(k_key.size()))).value_or(0);
  }
  return 0;
}

std::vector<Claim> claims_in(const std::string& place) {
  std::vector<Claim> claims;
  for (const BundleCandidate& candidate : find_bundles_where_possible({place}, [](const std::string&, const std::string&) {})) {
    if (const std::int64_t created = claimed_time(inspect_untrusted(candidate).header_text)) claims.push_back({candidate.claimed_name, created});
  }
  return claims;
}

/// Without a word from the person: the folder that this program lies in, on the stick.
std::string place_of(const std::string& named, Surroundings& surroundings) {
  if (!named.empty()) return absolute_path(named);
  return path_parent(surroundings.host.read_link(surroundings.self).value_or("/"));
}

Survey look(const std::string& place, Surroundings& surroundings) {
  HostSystem& host = surroundings.host;
  Survey survey{read_facts(host, {}), read_disks(host), {}, claims_in(place)};
  for (Mount& mount : parse_mounts(host.read_file("/proc/self/mounts", k_mounts_limit).value_or(""))) {
    const SpaceFacts space = host.space(mount.path);
    survey.filesystems.push_back({std::move(mount), space});
  }
  return survey;
}

std::string network_at(const NodeFacts& node, const NodeAddress& address) {
  const auto number = parse_ipv4(address.address);
  for (const Route& route : node.routes) {
    if (number && route.gateway == 0 && route.to.prefix != 0 && route.interface == address.interface && route.to.contains(*number)) return route.to.text();
  }
  return "-";
}

std::string section(std::string_view title, const Rows& rows) {
  return rows.size() < 2 ? cat("\n", title, ": none\n") : cat("\n", title, "\n", cli::table(rows));
}

std::string machine_text(const Facts& facts) {
  const NodeFacts& node = facts.node;
  return cat(node.hostname.empty() ? "this machine" : node.hostname, ": ", facts.distribution, " ", facts.version.empty() ? facts.codename : facts.version,
             ", ", facts.architecture, ", kernel ", node.kernel, node.container.empty() ? "" : cat(", in ", node.container), ", ", node.processors,
             node.processors == 1 ? " processor, " : " processors, ", human_size(node.memory), " of memory\n");
}

std::string network_text(const Facts& facts) {
  Rows addresses{{"address", "interface", "network"}}, routes{{"to", "interface", "by"}}, ports{{"port", "address", "of user"}};
  for (const NodeAddress& address : facts.node.addresses) addresses.push_back({address.address, address.interface, network_at(facts.node, address)});
  for (const Route& route : facts.node.routes) {
    routes.push_back({route.to.prefix == 0 ? "everywhere" : route.to.text(), route.interface, route.gateway == 0 ? "-" : ipv4_text(route.gateway)});
  }
  for (const ListeningPort& port : facts.ports) ports.push_back({cat(port.port), port.address, port.user});
  const std::vector<std::string>& servers = facts.node.nameservers;
  return cat(section("Addresses", addresses), section("Routes", routes), "\nNameservers: ", servers.empty() ? "none" : join(servers, ", "), "\n",
             section("TCP ports in use", ports));
}

std::string disks_text(const Survey& survey) {
  Rows disks{{"disk", "size", "kind"}}, mounted{{"mounted at", "device", "filesystem", "size", "free"}};
  for (const Disk& disk : survey.disks)
    disks.push_back({disk.name, human_size(disk.size), cat(disk.turning ? "turns" : "solid state", disk.removable ? ", removable" : "")});
  for (const auto& [mount, space] : survey.filesystems) {
    mounted.push_back({mount.path, mount.device, mount.filesystem, human_size(space.total), space.read_only ? "read-only" : human_size(space.available)});
  }
  return cat(section("Disks", disks), section("Filesystems", mounted));
}

bool fits(const Claim& claim, std::int64_t now) {
  Header header;
  header.created = claim.created;
  return clock_can_be_right(header, now);
}

std::string clock_text(const Survey& survey) {
  std::string out = cat("\nClock: ", format_time(survey.facts.clock), "\n");
  for (const Claim& claim : survey.bundles) {
    out += cat("'", claim.name, "' says, unverified, that it was made at ", format_time(claim.created), ": the clock ",
               fits(claim, survey.facts.clock) ? "can be right" : "cannot be right; 'install' asks whether to set it", "\n");
  }
  return out;
}

std::string survey_text(const Survey& survey) {
  std::string out = cat(machine_text(survey.facts), network_text(survey.facts), disks_text(survey), clock_text(survey));
  for (const std::string& unseen : survey.facts.unseen) out += cat("note: ", unseen, "\n");
  return out;
}

template <typename Items, typename Each>
JsonValue list_of(const Items& items, const Each& each) {
  JsonValue list = JsonValue::array();
  for (const auto& item : items) list.push(each(item));
  return list;
}

JsonValue text(const std::string& value) { return JsonValue::string(value); }

JsonValue network_json(const Facts& facts) {
  const auto address = [&](const NodeAddress& a) {
    return JsonValue::object({{"address", text(a.address)}, {"interface", text(a.interface)}, {"network", text(network_at(facts.node, a))}});
  };
  const auto route = [](const Route& r) {
    return JsonValue::object({{"to", text(r.to.text())}, {"interface", text(r.interface)},
                              {"by", r.gateway == 0 ? JsonValue() : text(ipv4_text(r.gateway))}, {"metric", JsonValue::number(r.metric)}});
  };
  const auto port = [](const ListeningPort& p) {
    return JsonValue::object({{"port", JsonValue::number(p.port)}, {"address", text(p.address)}, {"user", text(p.user)}});
  };
  return JsonValue::object({{"addresses", list_of(facts.node.addresses, address)},
                            {"routes", list_of(facts.node.routes, route)},
                            {"nameservers", JsonValue::string_array(facts.node.nameservers)},
                            {"ports", list_of(facts.ports, port)}});
}

JsonValue disks_json(const Survey& survey) {
  const auto disk = [](const Disk& d) {
    return JsonValue::object({{"name", text(d.name)}, {"size", JsonValue::number(d.size)}, {"turning", JsonValue::boolean(d.turning)},
                              {"removable", JsonValue::boolean(d.removable)}});
  };
  const auto filesystem = [](const Filesystem& f) {
    return JsonValue::object({{"path", text(f.mount.path)}, {"device", text(f.mount.device)}, {"filesystem", text(f.mount.filesystem)},
                              {"size", JsonValue::number(f.space.total)}, {"available", JsonValue::number(f.space.available)},
                              {"read_only", JsonValue::boolean(f.space.read_only)}});
  };
  return JsonValue::object({{"disks", list_of(survey.disks, disk)}, {"filesystems", list_of(survey.filesystems, filesystem)}});
}

JsonValue survey_json(const Survey& survey) {
  const Facts& facts = survey.facts;
  const auto claim = [&](const Claim& c) {
    return JsonValue::object({{"name", text(c.name)}, {"claims_created", text(format_time(c.created))},
                              {"clock_can_be_right", JsonValue::boolean(fits(c, facts.clock))}});
  };
  return JsonValue::object({{"machine", text(facts.node.hostname)}, {"distribution", text(facts.distribution)}, {"version", text(facts.version)},
                            {"architecture", text(facts.architecture)}, {"kernel", text(facts.node.kernel)}, {"container", text(facts.node.container)},
                            {"processors", JsonValue::number(facts.node.processors)}, {"memory", JsonValue::number(facts.node.memory)},
                            {"network", network_json(facts)}, {"storage", disks_json(survey)}, {"clock", text(format_time(facts.clock))},
                            {"bundles", list_of(survey.bundles, claim)}, {"unseen", JsonValue::string_array(facts.unseen)}});
}

}  // namespace

cli::Command survey_command(Surroundings& surroundings) {
  auto place = std::make_shared<std::string>();
  cli::Command command;
  command.name = "survey";
  command.summary = "show what this machine is: addresses, routes, ports, disks, clock";
  command.description =
      "Looks at what an installation depends on, and writes nothing. Beside a bundle it says whether the clock can be right. Needs no root; "
      "says what it could not see.";
  command.examples = {"rootcellar-install survey", "rootcellar-install survey /media/stick --json"};
  command.options = {{.names = "BUNDLE", .help = "a folder, a volume or a stick; without it, where this program lies", .text = place.get()}};
  command.run = [place, &surroundings](cli::Console& console) {
    const Survey survey = look(place_of(*place, surroundings), surroundings);
    if (console.json()) console.event("survey", survey_json(survey));
    else console.print(survey_text(survey));
    return ExitCode::ok;
  };
  return command;
}

}  // namespace rootcellar
