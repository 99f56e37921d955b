#include "builder/rehearse/snapshot.h"

#include <fnmatch.h>

#include <algorithm>

#include "builder/rehearse/tool.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {

namespace {

constexpr std::uint64_t k_time_limit = 300;

// Runs inside the host, with what a minimal Debian has. Each line: KIND NAME<TAB>VALUE.
constexpr const char* k_script = R"script(
set -u
LC_ALL=C
export LC_ALL
dpkg-query -W -f 'package ${binary:Package}\t${db:Status-Abbrev}${Version}\n'
apt-mark showhold | sed 's/.*/hold &\t/'
sed 's/\([^:]*\):/user \1\t/' /etc/passwd
sed 's/\([^:]*\):/group \1\t/' /etc/group
systemctl list-unit-files --no-legend --no-pager | awk '{print "unit " $1 "\t" $2}'
systemctl list-units --no-legend --no-pager --plain --state=active --type=service,socket,path,timer | awk '$1 !~ /^user(-runtime-dir)?@/ {print "active " $1 "\t"}'
findmnt --noheadings --raw --output TARGET,FSTYPE | awk '{print "mount " $1 "\t" $2}'
ss --no-header --listening --tcp --udp --numeric | awk '{print "listening " $1 " " $5 "\t"}'
ip -brief link | awk '{sub(/@.*/, "", $1); print "link " $1 "\t"}'
for key in net.ipv4.ip_forward net.ipv6.conf.all.forwarding; do printf 'sysctl %s\t%s\n' "$key" "$(sysctl -n "$key")"; done
find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp -o -path /media/stick \) -prune -o \
  -printf 'file %p\t%y %m %u:%g %l\n'
find /etc /usr/local /opt /root /home /srv -xdev -type f -print0 | xargs -0 -r sha256sum | sed 's/^\([0-9a-f]*\)  \(.*\)$/content \2\t\1/'
)script";

/// The rules as the kernel has them: read from outside, since a minimal host has no tool for it.
std::string filter_rules(SealedHost& host) {
  std::string lines;
  const std::string rules =
      run_tool({"ip", "netns", "exec", host.own_network_namespace(), "nft", "--stateless", "list", "ruleset"}, "nftables");
  std::string table;
  for (const std::string_view line : split(rules, '\n')) {
    if (line.starts_with("table ")) table = line.substr(0, line.find(" {"));
    const std::string_view rule = trim(line);
    if (!rule.empty() && rule != "}" && !line.starts_with("table ")) lines += cat("rule ", table, ": ", rule, "\t\n");
  }
  return lines;
}

/// Why `name` may differ; nothing when it may not.
const Tolerated* find_tolerated(const std::string& name, bool booted_since) {
  const auto& all = tolerated_differences();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Tolerated& one) {
    return ::fnmatch(one.pattern, name.c_str(), 0) == 0 && !(one.until_boot && booted_since);
  });
  return found == all.end() ? nullptr : &*found;
}

std::vector<std::pair<std::string, std::string>> list_differences(const HostSnapshot& before, const HostSnapshot& after) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, value] : before) {
    const auto found = after.find(name);
    if (found == after.end()) out.emplace_back(name, cat("removed: ", name));
    if (found != after.end() && found->second != value) out.emplace_back(name, cat("changed: ", name, ": ", value, " -> ", found->second));
  }
  for (const auto& [name, value] : after) {
    if (!before.contains(name)) out.emplace_back(name, cat("added: ", name, value.empty() ? "" : ": ", value));
  }
  return out;
}

}  // namespace

const std::vector<Tolerated>& tolerated_differences() {
  static constexpr const char* k_data = "people's data and what it is kept in stay until `uninstall --purge-data`";
  static constexpr const char* k_docker = "Docker's own identity and containerd's empty folder, which their packages leave too";
  static constexpr const char* k_kernel = "empty chains, and what Docker set in the kernel, end with the next boot";
  static constexpr const char* k_accounts = "backups that Debian's user tools make of passwd, group, shadow";
  static const std::vector<Tolerated> list{
      {"file /var/lib/docker", k_data},
      {"file /var/lib/docker/*", k_data},
      {"file /var/lib/containerd", k_data},
      {"file /var/lib/containerd/*", k_data},
      {"file /var/lib/rootcellar", k_data},
      {"file /var/lib/rootcellar/*", k_data},
      {"file /etc/docker", k_docker},
      {"file /etc/docker/key.json", k_docker},
      {"content /etc/docker/key.json", k_docker},
      {"file /etc/cni", k_docker},
      {"file /etc/cni/net.d", k_docker},
      {"rule table ip filter: *", k_kernel, true},
      {"rule table ip nat: *", k_kernel, true},
      {"rule table ip mangle: *", k_kernel, true},
      {"rule table ip6 *", k_kernel, true},
      {"link docker0", k_kernel, true},
      {"mount /run/docker/netns/default", k_kernel, true},
      {"sysctl net.ipv4.ip_forward", k_kernel, true},
      {"file /var/log*", "logs stay: they say what happened"},
      {"file /var/lib/dpkg/*", "dpkg's own records of what was installed and removed"},
      {"file /var/lib/apt/*", "apt's own records"},
      {"file /var/cache/*", "caches, made again at any time"},
      {"file /var/lib/systemd/*", "systemd's own records: random seed, timers"},
      {"file /etc/*-", k_accounts},
      {"content /etc/*-", k_accounts},
      {"content /etc/ld.so.cache", "the dynamic linker's index, made again by every package"},
  };
  return list;
}

HostSnapshot parse_snapshot(std::string_view lines) {
  HostSnapshot snapshot;
  for (const std::string_view line : split(lines, '\n')) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string_view::npos) snapshot.emplace(line.substr(0, tab), trim(line.substr(tab + 1)));
  }
  return snapshot;
}

HostSnapshot take_snapshot(SealedHost& host) {
  const ProcessResult result = host.run({"/bin/bash", "-c", k_script}, k_time_limit);
  if (result.exit_code != 0) {
    throw SystemError(cat("cannot look at the sealed host '", host.name(), "': ", last_line(result.error_output)));
  }
  return parse_snapshot(result.output + filter_rules(host));
}

SnapshotComparison compare_snapshots(const HostSnapshot& before, const HostSnapshot& after, bool booted_since) {
  SnapshotComparison comparison;
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const auto& [name, text] : list_differences(before, after)) {
    if (const Tolerated* tolerated = find_tolerated(name, booted_since)) {
      by_reason[tolerated->reason].push_back(text);
    } else {
      comparison.differences.push_back(text);
    }
  }
  for (const auto& [reason, texts] : by_reason)
    comparison.tolerated.push_back(cat(reason, ": ", texts.size(), ", such as ", texts.front()));
  return comparison;
}

}  // namespace rootcellar
