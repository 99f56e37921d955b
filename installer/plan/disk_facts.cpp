#include "installer/plan/disk_facts.h"

#include <algorithm>
#include <array>
#include <set>

#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_small = 4096;
constexpr std::uint64_t k_sector = 512;  // of /sys/block/*/size, whatever the disk's own is

bool begins_with_any(std::string_view text, std::span<const std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view beginning) { return text.starts_with(beginning); });
}

std::string value(HostSystem& host, const std::string& path) { return std::string(trim(host.read_file(path, k_small).value_or(""))); }

/// "\040" is a space.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view octal = text.substr(at).starts_with('\\') ? text.substr(at + 1, 3) : std::string_view();
    const bool digits = octal.size() == 3 && std::all_of(octal.begin(), octal.end(), [](char c) { return c >= '0' && c <= '7'; });
    if (digits) out += static_cast<char>((octal[0] - '0') * 64 + (octal[1] - '0') * 8 + (octal[2] - '0'));
    else out += text[at];
    if (digits) at += 3;
  }
  return out;
}

bool holds_data(const Mount& mount) {
  constexpr std::array<std::string_view, 5> k_network = {"nfs", "cifs", "zfs", "btrfs", "virtiofs"};
  constexpr std::array<std::string_view, 1> k_images = {"/dev/loop"};
  return mount.path == "/" || (mount.device.starts_with("/dev/") && !begins_with_any(mount.device, k_images)) ||
         begins_with_any(mount.filesystem, k_network);
}

}  // namespace

std::vector<Disk> read_disks(HostSystem& host) {
  constexpr std::array<std::string_view, 6> k_no_medium = {"loop", "ram", "zram", "dm-", "md", "sr"};
  std::vector<Disk> disks;
  for (const std::string& name : host.list("/sys/block")) {
    const std::string folder = path_join("/sys/block", name);
    const std::uint64_t size = parse_u64(value(host, path_join(folder, "size"))).value_or(0) * k_sector;
    if (size == 0 || begins_with_any(name, k_no_medium)) continue;
    disks.push_back({name, size, value(host, path_join(folder, "removable")) == "1", value(host, path_join(folder, "queue/rotational")) == "1"});
  }
  return disks;
}

std::vector<Mount> parse_mounts(std::string_view text) {
  std::vector<Mount> mounts;
  std::set<std::string> seen;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> fields = split(line, ' ');
    if (fields.size() < 3) continue;
    Mount mount{unescaped(fields[1]), unescaped(fields[0]), std::string(fields[2])};
    if (holds_data(mount) && seen.insert(mount.device).second) mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace rootcellar
