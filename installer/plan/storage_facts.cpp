#include "installer/plan/storage_facts.h"

#include <sys/sysmacros.h>

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/index.h"
#include "installer/plan/answers.h"
#include "installer/plan/node_facts.h"
#include "installer/run/data_record.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{4} << 20;
constexpr std::string_view k_own_table = "rootcellar.exports";
constexpr std::uint64_t k_answer_seconds = 5;

std::string text_or_empty(HostSystem& host, const std::string& path, std::vector<std::string>& unseen) {
  try {
    return host.read_file(path, k_limit).value_or("");
  } catch (const SystemError& error) {
    unseen.push_back(error.message());
    return {};
  }
}

/// In a container only what the kernel has already can be used: no module is loaded from there.
bool has_nfsd(HostSystem& host, std::vector<std::string>& unseen) {
  ModuleTexts texts;
  texts.filesystems = text_or_empty(host, "/proc/filesystems", unseen);
  if (!host.exists("/run/systemd/container")) {
    const std::string modules = cat("/lib/modules/", trim(text_or_empty(host, "/proc/sys/kernel/osrelease", unseen)));
    texts.builtin = text_or_empty(host, cat(modules, "/modules.builtin"), unseen);
    texts.available = text_or_empty(host, cat(modules, "/modules.dep"), unseen);
  }
  return knows_module(texts, "nfsd");
}

std::vector<ForeignExport> foreign_exports(HostSystem& host, std::vector<std::string>& unseen) {
  std::vector<ForeignExport> exports = parse_exports(text_or_empty(host, "/etc/exports", unseen), "/etc/exports");
  for (const std::string& name : host.list("/etc/exports.d")) {
    const std::string path = path_join("/etc/exports.d", name);
    if (!name.ends_with(".exports") || name.starts_with('.') || name == k_own_table) continue;
    const std::vector<ForeignExport> more = parse_exports(text_or_empty(host, path, unseen), path);
    exports.insert(exports.end(), more.begin(), more.end());
  }
  return exports;
}

DataFacts look_at_data(HostSystem& host, const Index& index, const DataArtifact& artifact, const std::string& state) {
  DataFacts facts;
  facts.is_occupied = !in_the_way(host, artifact.destination).empty();
  const auto record = read_data_record(host, state, artifact.name);
  if (!record || record->path != artifact.destination || is_gone(host, *record)) return facts;
  const auto file = std::find_if(index.files.begin(), index.files.end(), [&](const FileEntry& f) { return f.path == artifact.path; });
  facts.is_ours = true;
  facts.is_same = file != index.files.end() && file->digest == record->digest;
  facts.is_changed = !facts.is_same && is_changed(host, *record);
  return facts;
}

/// Of the disk that the filesystem lies on; a partition's queue is its disk's.
std::optional<bool> turns(HostSystem& host, std::uint64_t device) {
  const std::string folder = cat("/sys/dev/block/", major(device), ":", minor(device));
  for (const char* place : {"/queue/rotational", "/../queue/rotational"}) {
    const auto text = host.read_file(folder + place, k_limit);
    if (text) return trim(*text) == "1";
  }
  return std::nullopt;
}

/// A server of NFS answers no HTTP: whether the connection is taken is all that is asked.
std::string silence_of(HostSystem& host, const std::string& server) {
  const HttpReply reply = host.http_get(cat("http://", server, ":2049/"), k_answer_seconds);
  constexpr std::string_view k_silent[] = {"refused", "unreachable", "No route", "timed out", "no answer"};
  const bool is_silent = std::any_of(std::begin(k_silent), std::end(k_silent),
                                     [&](std::string_view word) { return reply.body.find(word) != std::string::npos; });
  return reply.status == 0 && is_silent ? reply.body : std::string();
}

}  // namespace

std::vector<ForeignExport> parse_exports(std::string_view text, const std::string& file) {
  std::vector<ForeignExport> exports;
  bool goes_on = false;
  for (const std::string_view raw : split(text, '\n')) {
    const std::string_view line = trim(raw);
    const bool is_first = !goes_on;
    goes_on = line.ends_with('\\');
    if (!is_first || line.empty() || line.front() == '#') continue;
    const char quote = line.front() == '"' ? '"' : ' ';
    const std::string_view rest = quote == '"' ? line.substr(1) : line;
    std::string path(rest.substr(0, std::min(rest.find(quote), quote == '"' ? std::string_view::npos : rest.find('\t'))));
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    exports.push_back({std::move(path), file});
  }
  return exports;
}

StorageFacts read_storage_facts(HostSystem& host, const Index& index, const Answers& answers, const std::string& state,
                                std::vector<std::string>& unseen) {
  const Appliance& appliance = index.appliance;
  StorageFacts facts;
  if (appliance.nfs.enabled) {
    facts.has_nfsd = has_nfsd(host, unseen);
    facts.exports = foreign_exports(host, unseen);
  }
  for (const DataArtifact& artifact : appliance.data) {
    if (host.is_root()) facts.data[artifact.name] = look_at_data(host, index, artifact, state);
  }
  if (const auto root = host.status("/")) facts.root_device = root->device;
  for (const NodeRole& role : appliance.cluster.roles) {
    for (const RoleDisk& disk : role.disks) {
      const auto turning = turns(host, host.space(disk.path).device);
      if (turning) facts.turning[disk.path] = *turning;
    }
  }
  if (answers.existing.nfs) facts.existing_nfs = silence_of(host, answers.existing.nfs->server);
  return facts;
}

}  // namespace rootcellar
