#include "tests/support/memory_host.h"

#include <cerrno>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/host/accounts.h"

namespace rootcellar {

class MemoryStagedFile final : public StagedFile {
 public:
  MemoryStagedFile(MemoryHost& host, std::string path, MemoryNode node) : host_(host), path_(std::move(path)), node_(std::move(node)) {}
  void write(ByteView bytes) override { node_.content.append(as_text(bytes)); }
  void commit(bool sync) override { host_.put(path_, std::move(node_), sync); }

 private:
  MemoryHost& host_;
  std::string path_;
  MemoryNode node_;
};

MemoryHost::MemoryHost() {
  tree_["/"] = {.type = FileStatus::Type::directory, .content = {}, .mode = 0755, .uid = 0, .gid = 0};
  ids_["root"] = 0;
  for (const char* path : {"/etc", "/usr/sbin", "/var/lib"}) add_directories(path);
  durable_ = tree_;
}

void MemoryHost::add_directories(const std::string& path) {
  make_directories(path);
  durable_ = tree_;
}

void MemoryHost::add_file(const std::string& path, std::string_view content, unsigned mode) {
  add_directories(path_parent(path));
  tree_[path] = {.type = FileStatus::Type::file, .content = std::string(content), .mode = mode, .uid = 0, .gid = 0};
  durable_ = tree_;
}

unsigned MemoryHost::id_of(const std::string& name) {
  if (const auto number = parse_u64(name)) return static_cast<unsigned>(*number);
  for (const char* file : {"/etc/passwd", "/etc/group"}) {
    const auto accounts = tree_.find(file);
    if (accounts == tree_.end()) continue;
    if (const auto id = account_id(accounts->second.content, name)) return *id;
  }
  return ids_.try_emplace(name, 1000 + static_cast<unsigned>(ids_.size())).first->second;
}

void MemoryHost::require_parent(const std::string& path, std::string_view operation) const {
  const auto parent = tree_.find(path_parent(path));
  if (parent == tree_.end()) throw SystemError(operation, path, ENOENT);
  if (parent->second.type != FileStatus::Type::directory) throw SystemError(operation, path, ENOTDIR);
}

// What is synced is reachable: its directories are on disk with it.
void MemoryHost::put(const std::string& path, MemoryNode node, bool sync) {
  require_parent(path, "create");
  if (sync) {
    durable_[path] = node;
    for (std::string parent = path_parent(path); !durable_.contains(parent); parent = path_parent(parent)) durable_[parent] = tree_[parent];
  }
  tree_[path] = std::move(node);
}

std::optional<FileStatus> MemoryHost::status(const std::string& path) {
  const auto found = tree_.find(path);
  if (found == tree_.end()) return std::nullopt;
  const MemoryNode& node = found->second;
  return FileStatus{.type = node.type,
                    .size = node.content.size(),
                    .mode = node.mode,
                    .uid = node.uid,
                    .gid = node.gid,
                    .mtime = 0,
                    .device = 1,
                    .inode = 0};
}

std::optional<std::string> MemoryHost::read_file(const std::string& path, std::size_t limit) {
  const auto found = tree_.find(path);
  if (found == tree_.end()) return std::nullopt;
  if (found->second.type != FileStatus::Type::file) throw SystemError("read", path, EISDIR);
  if (found->second.content.size() > limit) throw InputError(cat("'", path, "': larger than ", limit, " bytes"));
  return found->second.content;
}

std::optional<std::string> MemoryHost::read_link(const std::string& path) {
  const auto found = tree_.find(path);
  if (found == tree_.end() || found->second.type != FileStatus::Type::symlink) return std::nullopt;
  return found->second.content;
}

std::vector<std::string> MemoryHost::list(const std::string& path) {
  std::vector<std::string> names;
  const std::string prefix = path == "/" ? path : path + '/';
  for (auto entry = tree_.upper_bound(prefix); entry != tree_.end() && entry->first.starts_with(prefix); ++entry) {
    const std::string name = entry->first.substr(prefix.size());
    if (name.find('/') == name.npos) names.push_back(name);
  }
  return names;
}

std::unique_ptr<StagedFile> MemoryHost::create_file(const std::string& path, unsigned mode, const Owner& owner) {
  require_parent(path, "create");
  const auto there = tree_.find(path);
  if (there != tree_.end() && there->second.type == FileStatus::Type::directory) throw SystemError("create", path, EISDIR);
  return std::make_unique<MemoryStagedFile>(
      *this, path,
      MemoryNode{.type = FileStatus::Type::file, .content = {}, .mode = mode, .uid = id_of(owner.user), .gid = id_of(owner.group)});
}

void MemoryHost::make_directory(const std::string& path, unsigned mode, const Owner& owner) {
  const auto there = tree_.find(path);
  if (there != tree_.end()) {
    if (there->second.type == FileStatus::Type::file) throw SystemError("create", path, ENOTDIR);
    return;
  }
  require_parent(path, "create");
  tree_[path] = {.type = FileStatus::Type::directory, .content = {}, .mode = mode, .uid = id_of(owner.user), .gid = id_of(owner.group)};
}

void MemoryHost::make_symlink(const std::string& target, const std::string& path) {
  put(path, {.type = FileStatus::Type::symlink, .content = target, .mode = 0777, .uid = 0, .gid = 0}, true);
}

void MemoryHost::remove(const std::string& path) {
  if (!list(path).empty()) throw SystemError("remove", path, ENOTEMPTY);
  tree_.erase(path);
}

void MemoryHost::move(const std::string& from, const std::string& to) {
  if (!tree_.contains(from)) throw SystemError("put in place", to, ENOENT);
  require_parent(to, "put in place");
  if (!list(to).empty()) throw SystemError("put in place", to, ENOTEMPTY);
  MemoryTree moved;
  for (auto entry = tree_.lower_bound(from); entry != tree_.end();) {
    const bool is_below = entry->first == from || entry->first.starts_with(from + '/');
    if (!entry->first.starts_with(from)) break;
    if (is_below) moved[to + entry->first.substr(from.size())] = entry->second;
    entry = is_below ? tree_.erase(entry) : std::next(entry);
  }
  tree_.erase(to);
  tree_.merge(moved);
}

void MemoryHost::change_owner(const std::string& path, unsigned uid, unsigned gid) {
  const auto found = tree_.find(path);
  if (found == tree_.end()) throw SystemError("set the owner of", path, ENOENT);
  found->second.uid = uid;
  found->second.gid = gid;
}

void MemoryHost::set_kernel_value(const std::string& path, const std::string& value) {
  const auto found = tree_.find(path);
  if (found == tree_.end()) throw SystemError("open", path, ENOENT);
  found->second.content = value + '\n';
  durable_[path] = found->second;
}

ToolResult MemoryHost::run(const ToolCall& call) {
  calls_.push_back(call.argv);
  const auto tool = tools_.find(call.argv.at(0));
  if (tool == tools_.end()) return {.exit_code = 127, .timed_out = false, .output = {}, .error_output = "not found"};
  return tool->second(*this, call);
}

ToolResult MemoryHost::run_from_memory(const ToolCall& call, const std::function<void(Sink&)>& program) {
  NullSink bytes;
  program(bytes);
  return run(call);
}

HttpReply MemoryHost::http_get(const std::string& url, std::uint64_t, const std::string&) {
  if (!server_) return {.status = 0, .body = "Connection refused", .headers = {}};
  return server_(*this, url);
}

void MemoryHost::append_durably(const std::string& path, std::string_view bytes) {
  MemoryNode node{.type = FileStatus::Type::file, .content = {}, .mode = 0600, .uid = 0, .gid = 0};
  if (const auto found = tree_.find(path); found != tree_.end()) node = found->second;
  node.content.append(bytes);
  put(path, std::move(node), true);
}

namespace {

/// What the file held when it was opened.
class OpenedFile final : public Source {
 public:
  explicit OpenedFile(std::string content) : content_(std::move(content)), source_(as_bytes(content_)) {}
  std::size_t read(std::span<std::uint8_t> into) override { return source_.read(into); }

 private:
  std::string content_;
  MemorySource source_;
};

}  // namespace

std::unique_ptr<Source> MemoryHost::open_source(const std::string& path) {
  const auto found = tree_.find(path);
  if (found == tree_.end() || found->second.type != FileStatus::Type::file) return nullptr;
  return std::make_unique<OpenedFile>(found->second.content);
}

std::optional<Digest> MemoryHost::digest(const std::string& path) {
  const auto found = tree_.find(path);
  if (found == tree_.end() || found->second.type != FileStatus::Type::file) return std::nullopt;
  return sha256(as_bytes(found->second.content));
}

}  // namespace rootcellar
