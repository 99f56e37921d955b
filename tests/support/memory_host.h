// A machine in memory for tests: a tree of files with owners, what of it is on disk yet, and tools that are functions of the test.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "installer/host/host_system.h"

namespace rootcellar {

struct MemoryNode {
  FileStatus::Type type = FileStatus::Type::file;
  std::string content;  ///< of a link: its target
  unsigned mode = 0;
  unsigned uid = 0;
  unsigned gid = 0;
  bool operator==(const MemoryNode&) const = default;
};
using MemoryTree = std::map<std::string, MemoryNode>;

class MemoryHost final : public HostSystem {
 public:
  using Tool = std::function<ToolResult(MemoryHost&, const ToolCall&)>;
  using Server = std::function<HttpReply(MemoryHost&, const std::string& url)>;

  MemoryHost();
  /// What `program` does; a program nobody set exits 127.
  void set_tool(const std::string& program, Tool tool) { tools_[program] = std::move(tool); }
  void set_server(Server server) { server_ = std::move(server); }
  void add_file(const std::string& path, std::string_view content, unsigned mode = 0644);
  void add_directories(const std::string& path);

  const MemoryTree& tree() const { return tree_; }
  /// Back to what is surely on disk: files committed with sync, and everything before the last sync_filesystem().
  void cut_power() { tree_ = durable_; }
  const std::vector<std::vector<std::string>>& calls() const { return calls_; }

  std::optional<FileStatus> status(const std::string& path) override;
  std::optional<std::string> read_file(const std::string& path, std::size_t limit) override;
  std::unique_ptr<Source> open_source(const std::string& path) override;
  std::optional<std::string> read_link(const std::string& path) override;
  std::vector<std::string> list(const std::string& path) override;
  std::unique_ptr<StagedFile> create_file(const std::string& path, unsigned mode, const Owner& owner) override;
  void make_directory(const std::string& path, unsigned mode, const Owner& owner) override;
  void make_symlink(const std::string& target, const std::string& path) override;
  void remove(const std::string& path) override;
  void move(const std::string& from, const std::string& to) override;
  void sync_filesystem(const std::string&) override { durable_ = tree_; }
  void change_owner(const std::string& path, unsigned uid, unsigned gid) override;
  /// Kept through a cut of power like everything else: tests compare what was set, and a kernel forgets.
  void set_kernel_value(const std::string& path, const std::string& value) override;
  SpaceFacts space(const std::string&) override { return space_; }
  void set_space(SpaceFacts space) { space_ = std::move(space); }
  ToolResult run(const ToolCall& call) override;
  /// The tool that the test set for argv[0]; the program's bytes are taken and go nowhere.
  ToolResult run_from_memory(const ToolCall& call, const std::function<void(Sink&)>& program) override;
  HttpReply http_get(const std::string& url, std::uint64_t time_limit, const std::string& authorization) override;
  std::string nameserver_fault(const std::string& address, std::uint64_t) override {
    const auto found = nameservers_.find(address);
    return found == nameservers_.end() ? "Connection refused" : found->second;
  }
  /// `fault`: why it does not answer; empty: it does. One that no test set refuses.
  void set_nameserver(const std::string& address, std::string fault) { nameservers_[address] = std::move(fault); }
  std::map<std::string, std::string> answering(const std::vector<std::string>& addresses, std::uint64_t) override {
    std::map<std::string, std::string> found;
    for (const std::string& address : addresses) {
      if (const auto neighbour = neighbours_.find(address); neighbour != neighbours_.end()) found.insert(*neighbour);
    }
    return found;
  }
  void set_neighbour(const std::string& address, const std::string& hardware) { neighbours_[address] = hardware; }
  std::int64_t now() override { return now_ms_ / 1000; }
  std::int64_t ticks() override { return ticks_ms_ / 1000; }
  void set_clock(std::int64_t utc) override { now_ms_ = utc * 1000; }
  void sleep(std::uint64_t milliseconds) override {
    now_ms_ += static_cast<std::int64_t>(milliseconds);
    ticks_ms_ += static_cast<std::int64_t>(milliseconds);
  }
  bool is_root() override { return root_; }
  /// Tests of what is said to those who are not; no permission is checked.
  void set_root(bool root) { root_ = root; }
  void set_available(std::uint64_t bytes) { space_.available = bytes, space_.total = 2 * bytes; }
  std::string machine() override { return "x86_64"; }
  void append_durably(const std::string& path, std::string_view bytes) override;
  std::optional<Digest> digest(const std::string& path) override;

 private:
  friend class MemoryStagedFile;
  void require_parent(const std::string& path, std::string_view operation) const;
  void put(const std::string& path, MemoryNode node, bool sync);
  unsigned id_of(const std::string& name);

  MemoryTree tree_, durable_;
  std::map<std::string, Tool> tools_;
  std::map<std::string, std::string> nameservers_, neighbours_;
  Server server_;
  std::map<std::string, unsigned> ids_;
  std::vector<std::vector<std::string>> calls_;
  bool root_ = true;
  SpaceFacts space_{.available = 1u << 30, .total = 1u << 31, .device = 1, .read_only = false, .filesystem = "ext4"};
  std::int64_t ticks_ms_ = 0;
  std::int64_t now_ms_ = std::int64_t{1'800'000'000} * 1000;
};

}  // namespace rootcellar
