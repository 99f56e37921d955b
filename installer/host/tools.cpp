#include "installer/host/tools.h"

#include <algorithm>
#include <array>

namespace rootcellar {
namespace {

constexpr std::array k_allowed = {
    tools::k_apt_get,
    tools::k_apt_mark,
    tools::k_dpkg,
    tools::k_dpkg_query,
    std::string_view("/usr/bin/chronyc"),
    tools::k_ctr,
    tools::k_docker,
    tools::k_firewall_cmd,
    tools::k_firewall_offline,
    tools::k_exportfs,
    tools::k_groupadd,
    tools::k_hwclock,
    tools::k_ip,
    tools::k_journalctl,
    tools::k_modprobe,
    tools::k_nvidia_ctk,
    tools::k_openssl,
    tools::k_skopeo,
    tools::k_mount,
    tools::k_swapoff,
    tools::k_swapon,
    tools::k_systemctl,
    tools::k_touch,
    tools::k_ufw,
    tools::k_umount,
    tools::k_systemd_run,
    tools::k_useradd,
    tools::k_userdel,
    std::string_view("/usr/bin/apt-config"),
    std::string_view("/usr/bin/systemd-tmpfiles"),
    std::string_view("/usr/bin/test"),
    tools::k_groupdel,
    std::string_view("/usr/sbin/ip6tables"),
    std::string_view("/usr/sbin/ip6tables-restore"),
    std::string_view("/usr/sbin/ip6tables-save"),
    std::string_view("/usr/sbin/iptables"),
    std::string_view("/usr/sbin/iptables-restore"),
    std::string_view("/usr/sbin/iptables-save"),
    std::string_view("/usr/sbin/nft"),
    std::string_view("/usr/sbin/sysctl"),
    std::string_view("/usr/bin/qrencode"),
    std::string_view("/usr/sbin/update-ca-certificates"),
};

bool directly_in(std::string_view path, std::string_view directory) {
  if (!path.starts_with(directory)) return false;
  const std::string_view name = path.substr(directory.size());
  return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos;
}

}  // namespace

std::span<const std::string_view> allowed_tools() { return k_allowed; }

bool tool_allowed(std::string_view path) {
  return std::find(k_allowed.begin(), k_allowed.end(), path) != k_allowed.end() || directly_in(path, "/usr/local/bin/") ||
         directly_in(path, "/usr/local/sbin/");
}

}  // namespace rootcellar
