#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/tree_tar.h"
#include "installer/run/actions/actions.h"
#include "installer/run/data_record.h"

namespace rootcellar {
namespace {

/// Members of the tar as files below a folder.
class Unpacking final : public TreeReceiver {
 public:
  Unpacking(HostSystem& host, std::string root, Owner owner, ProgressTask& task)
      : host_(host), root_(std::move(root)), owner_(std::move(owner)), task_(task) {}

  void begin(const TreeEntry& entry) override {
    const std::string path = path_join(root_, entry.path);
    if (entry.kind == TreeEntry::Kind::directory) host_.make_directory(path, entry.mode, owner_);
    if (entry.kind == TreeEntry::Kind::symlink) host_.make_symlink(entry.target, path);
    if (entry.kind == TreeEntry::Kind::file || entry.kind == TreeEntry::Kind::hardlink) file_ = host_.create_file(path, entry.mode, owner_);
    if (entry.kind == TreeEntry::Kind::hardlink) copy_from(path_join(root_, entry.target));
  }
  void content(ByteView bytes) override {
    file_->write(bytes);
    task_.advance(bytes.size());
  }
  void end(const TreeEntry&) override {
    if (file_) file_->commit(false);  // all of them become durable at once
    file_.reset();
  }

 private:
  void copy_from(const std::string& path) {
    const std::unique_ptr<Source> source = host_.open_source(path);
    if (!source) throw SystemError(cat("cannot copy '", path, "': it vanished"));
    copy(*source, *file_);
  }

  HostSystem& host_;
  std::string root_;
  Owner owner_;
  ProgressTask& task_;
  std::unique_ptr<StagedFile> file_;
};

const FileEntry& entry_of(const UnpackData& action, const ActionScope& scope) {
  const FileEntry* entry = scope.bundle().find_file(action.bundle_path);
  if (entry == nullptr) throw InputError(cat("bundle: expected the file '", action.bundle_path, "', found none"));
  return *entry;
}

std::optional<DataRecord> record_of(const UnpackData& action, ActionScope& scope) {
  auto record = read_data_record(scope.host(), scope.context.paths.state, action.name);
  return record && record->path == action.path ? record : std::nullopt;
}

void unpack(const UnpackData& action, const std::string& part, ActionScope& scope) {
  HostSystem& host = scope.host();
  const FileEntry& entry = entry_of(action, scope);
  host.remove_tree(part);
  host.make_directories(part, 0700);
  // Where others may write, one may have put a link there meanwhile.
  const auto made = host.status(part);
  if (!made || made->type != FileStatus::Type::directory) throw HostError(cat("cannot unpack into '", part, "': it is no directory"));
  ProgressTask task(scope.context.progress, cat("unpacking '", action.name, "'"), entry.size, true);
  Unpacking unpacking(host, part, action.owner, task);
  TreeReader reader(unpacking, cat("data '", action.name, "'"));
  scope.bundle().read_blob(entry.digest, reader);
  reader.finish();
  host.sync_filesystem(part);
}

/// From where it was unpacked to where it belongs. What is no longer in the part is in place already.
void place(const DataRecord& record, const std::string& part, HostSystem& host) {
  for (const std::string& name : host.list(part)) {
    host.remove_tree(path_join(record.path, name));
    host.move(path_join(part, name), path_join(record.path, name));
  }
  for (const std::string& name : record.former) {
    if (!std::binary_search(record.entries.begin(), record.entries.end(), name)) host.remove_tree(path_join(record.path, name));
  }
  host.remove_tree(part);
  host.sync_filesystem(record.path);
}

void finish_placing(DataRecord record, const UnpackData& action, ActionScope& scope) {
  place(record, data_part(action.path, action.name), scope.host());
  record.placing = false;
  record.former.clear();
  write_data_record(scope.host(), scope.context.paths.state, action.name, record);
}

/// Names that the artifact wants and people have taken.
std::vector<std::string> taken(const std::vector<std::string>& wanted, const std::vector<std::string>& ours, const std::string& path,
                               HostSystem& host) {
  std::vector<std::string> names;
  for (const std::string& name : wanted) {
    if (!std::binary_search(ours.begin(), ours.end(), name) && host.exists(path_join(path, name))) names.push_back(name);
  }
  return names;
}

/// REQUIRES: `before` is unchanged, or there is none.
void replace(const UnpackData& action, const std::optional<DataRecord>& before, ActionScope& scope) {
  HostSystem& host = scope.host();
  const std::string part = data_part(action.path, action.name);
  unpack(action, part, scope);
  DataRecord record{action.digest, action.path, host.list(part), before ? before->entries : std::vector<std::string>(), {}, true};
  const std::vector<std::string> names = taken(record.entries, record.former, action.path, host);
  if (!names.empty()) {
    host.remove_tree(part);
    const std::string fault = cat("data '", action.name, "' would stand where '", path_join(action.path, names.front()), "' is");
    if (!before) throw HostError(fault, "move it away");
    return scope.context.progress.warn(cat(fault, ": the data that is there stays as it is"));
  }
  record.seal = seal_of(host, part, record.entries);
  write_data_record(host, scope.context.paths.state, action.name, record);
  finish_placing(record, action, scope);
}

}  // namespace

ProbeResult probe(const UnpackData& action, ActionScope& scope) {
  const auto record = record_of(action, scope);
  const bool is_it = record && !record->placing && record->digest == action.digest;
  return is_it && !is_gone(scope.host(), *record) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const UnpackData&, ActionScope&) { return JsonValue::object(); }

void perform(const UnpackData& action, ActionScope& scope) {
  auto record = record_of(action, scope);
  if (record && is_gone(scope.host(), *record)) record.reset();
  scope.host().make_directories(action.path);
  if (record && record->placing && record->digest == action.digest) return finish_placing(*record, action, scope);
  if (record && record->placing) {
    finish_placing(*record, action, scope);
    return replace(action, record, scope);
  }
  if (record && record->digest == action.digest) return;
  if (!record || !is_changed(scope.host(), *record)) return replace(action, record, scope);
  scope.context.progress.warn(cat("people changed data '", action.name, "' in '", action.path, "': it stays as it is"));
}

// All of it is unpacked once it is being put in place: to end that is quicker than to take half of it back.
void take_back(const UnpackData& action, const JsonValue&, bool purge_data, ActionScope& scope) {
  HostSystem& host = scope.host();
  const auto record = record_of(action, scope);
  if (record && record->placing) finish_placing(*record, action, scope);
  host.remove_tree(data_part(action.path, action.name));
  const std::string& state = scope.context.paths.state;
  if (purge_data && record) remove_data_record(host, state, action.name);
  remove_empty_record_folder(host, state);
}

}  // namespace rootcellar
