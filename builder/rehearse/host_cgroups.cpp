#include "builder/rehearse/host_cgroups.h"

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {

namespace {

constexpr std::size_t k_mountinfo_limit = std::size_t{1} << 20;
constexpr std::size_t k_value_limit = 4096;  // cgroup files hold a line
constexpr int k_removal_tries = 50;          // 100 ms apart: killed processes leave a moment later

void write_value(const std::string& path, std::string_view value) {
  const Fd file = open_file(path, O_WRONLY);
  write_full(file.get(), as_bytes(value), path);
}

/// Version 1's cpuset starts empty, and an empty set admits no process (kernel: cgroup-v1/cpusets.rst).
void copy_cpuset(const std::string& from, const std::string& to) {
  for (const char* name : {"cpuset.cpus", "cpuset.mems"}) {
    const auto value = read_file_if_exists(path_join(from, name), k_value_limit);
    if (value) write_value(path_join(to, name), *value);
  }
}

// What follows also runs after Ctrl-C and while groups vanish by themselves: it starts no program, asks for no interrupt, throws nothing.

/// Deepest first: rmdir(2) is how a group goes, and only an empty one does.
std::vector<std::string> groups_below(const std::string& top) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  std::error_code failed;
  for (fs::recursive_directory_iterator entry(top, failed), end; !failed && entry != end; entry.increment(failed)) {
    if (entry->is_directory(failed)) found.push_back(entry->path());
  }
  std::reverse(found.begin(), found.end());
  return found;
}

void kill_members(const std::string& group) {
  std::ifstream members(path_join(group, "cgroup.procs"));
  for (pid_t process = 0; members >> process;) {
    if (process > 1) ::kill(process, SIGKILL);
  }
}

bool remove_group(const std::string& top) {
  std::vector<std::string> groups = groups_below(top);
  groups.push_back(top);
  for (const std::string& group : groups) {
    if (::rmdir(group.c_str()) != 0 && errno == EBUSY) kill_members(group);
  }
  return ::access(top.c_str(), F_OK) != 0;
}

void remove_for_sure(const std::string& group) {
  constexpr timespec pause{0, 100'000'000};
  for (int tries = 0; tries < k_removal_tries && !remove_group(group); ++tries) ::nanosleep(&pause, nullptr);
}

std::vector<CgroupMount> mounted_hierarchies() { return parse_cgroup_mounts(read_file("/proc/self/mountinfo", k_mountinfo_limit)); }

}  // namespace

std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo) {
  std::vector<CgroupMount> mounts;
  for (const std::string_view line : split(mountinfo, '\n')) {
    const std::size_t separator = line.find(" - ");
    const auto front = split(line.substr(0, separator), ' ');
    if (separator == std::string_view::npos || front.size() < 6) continue;
    const auto type = split(line.substr(separator + 3), ' ').front();
    if (type != "cgroup" && type != "cgroup2") continue;
    const std::string options = cat(",", front[5], ",");
    mounts.push_back({std::string(front[4]), type == "cgroup2", options.find(",ro,") != std::string::npos});
  }
  return mounts;
}

HostCgroups::HostCgroups(std::string name) {
  try {
    for (const CgroupMount& mount : mounted_hierarchies()) {
      groups_.push_back(path_join(mount.path, name));
      make_directories(groups_.back());
      if (!mount.unified) copy_cpuset(mount.path, groups_.back());
      entrances_.push_back(open_file(path_join(groups_.back(), "cgroup.procs"), O_WRONLY));
    }
  } catch (...) {
    remove();
    throw;
  }
}

HostCgroups::~HostCgroups() {
  if (!kept_) remove();
}

bool HostCgroups::enter() const noexcept {
  for (const Fd& entrance : entrances_) {
    if (::write(entrance.get(), "0", 1) != 1) return false;
  }
  return true;
}

void HostCgroups::remove() noexcept {
  for (const std::string& group : groups_) remove_for_sure(group);
  groups_.clear();
}

void remove_host_cgroups(const std::string& name) {
  for (const CgroupMount& mount : mounted_hierarchies()) remove_for_sure(path_join(mount.path, name));
}

}  // namespace rootcellar
