// The programs the installer may start: a fixed list of absolute paths, so that no PATH and no bundle decides what runs as root.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rootcellar {

namespace tools {
// The cluster's programs: a bundle places them, and HostSystem starts what lies there.
inline constexpr std::string_view k_crictl = "/usr/local/bin/crictl";
inline constexpr std::string_view k_helm = "/usr/local/bin/helm";
inline constexpr std::string_view k_kubeadm = "/usr/local/bin/kubeadm";
inline constexpr std::string_view k_kubectl = "/usr/local/bin/kubectl";

inline constexpr std::string_view k_nvidia_ctk = "/usr/bin/nvidia-ctk";  // a machine's own; a bundle's lies in /usr/local/bin

inline constexpr std::string_view k_apt_get = "/usr/bin/apt-get";
inline constexpr std::string_view k_apt_mark = "/usr/bin/apt-mark";
inline constexpr std::string_view k_dpkg = "/usr/bin/dpkg";
inline constexpr std::string_view k_dpkg_query = "/usr/bin/dpkg-query";
inline constexpr std::string_view k_ctr = "/usr/bin/ctr";
inline constexpr std::string_view k_docker = "/usr/bin/docker";
inline constexpr std::string_view k_firewall_cmd = "/usr/bin/firewall-cmd";
inline constexpr std::string_view k_firewall_offline = "/usr/bin/firewall-offline-cmd";
inline constexpr std::string_view k_exportfs = "/usr/sbin/exportfs";
inline constexpr std::string_view k_groupadd = "/usr/sbin/groupadd";
inline constexpr std::string_view k_groupdel = "/usr/sbin/groupdel";
inline constexpr std::string_view k_hwclock = "/usr/sbin/hwclock";
inline constexpr std::string_view k_ip = "/usr/sbin/ip";
inline constexpr std::string_view k_journalctl = "/usr/bin/journalctl";
inline constexpr std::string_view k_modprobe = "/usr/sbin/modprobe";
inline constexpr std::string_view k_openssl = "/usr/bin/openssl";
inline constexpr std::string_view k_skopeo = "/usr/bin/skopeo";
inline constexpr std::string_view k_mount = "/usr/bin/mount";
inline constexpr std::string_view k_swapoff = "/usr/sbin/swapoff";
inline constexpr std::string_view k_swapon = "/usr/sbin/swapon";
inline constexpr std::string_view k_systemctl = "/usr/bin/systemctl";
inline constexpr std::string_view k_systemd_run = "/usr/bin/systemd-run";
inline constexpr std::string_view k_touch = "/usr/bin/touch";
inline constexpr std::string_view k_ufw = "/usr/sbin/ufw";
inline constexpr std::string_view k_umount = "/usr/bin/umount";
inline constexpr std::string_view k_useradd = "/usr/sbin/useradd";
inline constexpr std::string_view k_userdel = "/usr/sbin/userdel";
}  // namespace tools

/// The distribution's programs that may run.
std::span<const std::string_view> allowed_tools();
/// True for the list, and for programs directly in /usr/local/bin and /usr/local/sbin, where a bundle places its own.
bool tool_allowed(std::string_view path);

}  // namespace rootcellar
