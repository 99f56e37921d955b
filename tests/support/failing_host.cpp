#include "tests/support/failing_host.h"

#include <cerrno>
#include <type_traits>

#include "bundle/base/error.h"

namespace rootcellar {

template <typename Action>
decltype(auto) FailingHost::count(const std::string& path, Action&& action) {
  ++calls_;
  const bool dead = call_ != 0 && calls_ > call_ && failure_ != Failure::error;
  if (dead || (calls_ == call_ && failure_ == Failure::kill_before)) throw Killed();
  if (calls_ == call_ && failure_ == Failure::error) throw SystemError("write", path, ENOSPC);
  const bool dies = calls_ == call_;
  if constexpr (std::is_void_v<decltype(action())>) {
    action();
    if (dies) throw Killed();
  } else {
    auto result = action();
    if (dies) throw Killed();
    return result;
  }
}

namespace {

class FailingStagedFile final : public StagedFile {
 public:
  FailingStagedFile(FailingHost& host, std::unique_ptr<StagedFile> inner, std::string path)
      : host_(host), inner_(std::move(inner)), path_(std::move(path)) {}
  void write(ByteView bytes) override {
    host_.count(path_, [&] { inner_->write(bytes); });
  }
  void commit(bool sync) override {
    host_.count(path_, [&] { inner_->commit(sync); });
  }

 private:
  FailingHost& host_;
  std::unique_ptr<StagedFile> inner_;
  std::string path_;
};

}  // namespace

std::optional<FileStatus> FailingHost::status(const std::string& path) {
  return count(path, [&] { return inner_.status(path); });
}
std::optional<std::string> FailingHost::read_file(const std::string& path, std::size_t limit) {
  return count(path, [&] { return inner_.read_file(path, limit); });
}
std::unique_ptr<Source> FailingHost::open_source(const std::string& path) {
  return count(path, [&] { return inner_.open_source(path); });
}
std::optional<std::string> FailingHost::read_link(const std::string& path) {
  return count(path, [&] { return inner_.read_link(path); });
}
std::vector<std::string> FailingHost::list(const std::string& path) {
  return count(path, [&] { return inner_.list(path); });
}
std::unique_ptr<StagedFile> FailingHost::create_file(const std::string& path, unsigned mode, const Owner& owner) {
  return std::make_unique<FailingStagedFile>(*this, count(path, [&] { return inner_.create_file(path, mode, owner); }), path);
}
void FailingHost::make_directory(const std::string& path, unsigned mode, const Owner& owner) {
  count(path, [&] { inner_.make_directory(path, mode, owner); });
}
void FailingHost::make_symlink(const std::string& target, const std::string& path) {
  count(path, [&] { inner_.make_symlink(target, path); });
}
void FailingHost::remove(const std::string& path) {
  count(path, [&] { inner_.remove(path); });
}
void FailingHost::move(const std::string& from, const std::string& to) {
  count(to, [&] { inner_.move(from, to); });
}
void FailingHost::sync_filesystem(const std::string& path) {
  count(path, [&] { inner_.sync_filesystem(path); });
}
void FailingHost::change_owner(const std::string& path, unsigned uid, unsigned gid) {
  count(path, [&] { inner_.change_owner(path, uid, gid); });
}
SpaceFacts FailingHost::space(const std::string& path) {
  return count(path, [&] { return inner_.space(path); });
}
void FailingHost::set_kernel_value(const std::string& path, const std::string& value) {
  count(path, [&] { inner_.set_kernel_value(path, value); });
}
void FailingHost::set_clock(std::int64_t utc) {
  count("clock", [&] { inner_.set_clock(utc); });
}
ToolResult FailingHost::run(const ToolCall& call) {
  return count(call.argv.at(0), [&] { return inner_.run(call); });
}
ToolResult FailingHost::run_from_memory(const ToolCall& call, const std::function<void(Sink&)>& program) {
  return count(call.argv.at(0), [&] { return inner_.run_from_memory(call, program); });
}

std::string FailingHost::nameserver_fault(const std::string& address, std::uint64_t time_limit) {
  return count(address, [&] { return inner_.nameserver_fault(address, time_limit); });
}

std::map<std::string, std::string> FailingHost::answering(const std::vector<std::string>& addresses, std::uint64_t milliseconds) {
  return count("neighbours", [&] { return inner_.answering(addresses, milliseconds); });
}

HttpReply FailingHost::http_get(const std::string& url, std::uint64_t time_limit, const std::string& authorization) {
  return count(url, [&] { return inner_.http_get(url, time_limit, authorization); });
}
void FailingHost::append_durably(const std::string& path, std::string_view bytes) {
  count(path, [&] { inner_.append_durably(path, bytes); });
}
std::optional<Digest> FailingHost::digest(const std::string& path) {
  return count(path, [&] { return inner_.digest(path); });
}

}  // namespace rootcellar
