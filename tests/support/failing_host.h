// A host whose n-th call fails, or during whose n-th call the machine dies: makes "stopped anywhere" a loop in a test.
#pragma once

#include <cstdint>

#include "installer/host/host_system.h"

namespace rootcellar {

/// The process is gone. Not a std::exception: nothing under test may catch it by kind.
struct Killed {};

class FailingHost final : public HostSystem {
 public:
  enum class Failure {
    error,        ///< the call fails with ENOSPC and has no effect; the next ones work
    kill_before,  ///< the process dies at the call: no effect, no call after it
    kill_after,   ///< the call has its effect, then the process dies
  };

  /// `call` counts from 1; 0: never.
  FailingHost(HostSystem& inner, std::uint64_t call, Failure failure) : inner_(inner), call_(call), failure_(failure) {}
  std::uint64_t calls() const { return calls_; }
  bool failed() const { return call_ != 0 && calls_ >= call_; }

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
  void sync_filesystem(const std::string& path) override;
  void change_owner(const std::string& path, unsigned uid, unsigned gid) override;
  void set_kernel_value(const std::string& path, const std::string& value) override;
  SpaceFacts space(const std::string& path) override;
  ToolResult run(const ToolCall& call) override;
  ToolResult run_from_memory(const ToolCall& call, const std::function<void(Sink&)>& program) override;
  HttpReply http_get(const std::string& url, std::uint64_t time_limit, const std::string& authorization) override;
  std::string nameserver_fault(const std::string& address, std::uint64_t time_limit) override;
  std::map<std::string, std::string> answering(const std::vector<std::string>& addresses, std::uint64_t milliseconds) override;
  std::int64_t now() override { return inner_.now(); }
  std::int64_t ticks() override { return inner_.ticks(); }
  void set_clock(std::int64_t utc) override;
  void sleep(std::uint64_t milliseconds) override { inner_.sleep(milliseconds); }
  bool is_root() override { return inner_.is_root(); }
  std::string machine() override { return inner_.machine(); }
  void append_durably(const std::string& path, std::string_view bytes) override;
  std::optional<Digest> digest(const std::string& path) override;

  /// Counts one call and fails in it when it is the one.
  template <typename Action>
  decltype(auto) count(const std::string& path, Action&& action);

 private:
  HostSystem& inner_;
  std::uint64_t call_;
  Failure failure_;
  std::uint64_t calls_ = 0;
};

}  // namespace rootcellar
