// The one door to the machine: every side effect the installer can have, and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bundle/base/digest.h"
#include "bundle/base/file.h"
#include "bundle/base/io.h"

namespace rootcellar {

/// Names or decimal ids. Empty: left as it is, the one who runs.
struct Owner {
  std::string user = "root";
  std::string group = "root";
  bool operator==(const Owner&) const = default;
};

/// A tool of the fixed list (see tools.h) run without a shell: LC_ALL=C, stdin closed or `input`, time limit, output to a log.
struct ToolCall {
  std::vector<std::string> argv;         ///< argv[0]: absolute path from the fixed list, or a program the bundle placed
  std::vector<std::string> environment;  ///< additions and replacements, "KEY=VALUE"
  std::string input;
  std::uint64_t time_limit = 600;                   ///< seconds
  std::string log;                                  ///< log file to append redacted output to; empty: none
  std::vector<std::string> secrets;                 ///< texts replaced by "***" in logs and results' copies for logs
  std::size_t output_limit = std::size_t{1} << 20;  ///< bytes of each stream kept in the result, the last ones
  bool ends_with_us = false;                        ///< does not run on when we are killed: the next try must not meet it at work
  bool of_appliance = false;                        ///< a check's own program: named by the signed appliance, so any absolute path
  bool operator==(const ToolCall&) const = default;
};

struct ToolResult {
  int exit_code = 0;
  bool timed_out = false;
  std::string output;        ///< the end of stdout
  std::string error_output;  ///< the end of stderr
};

struct HttpReply {
  int status = 0;  ///< 0: no connection or no valid answer; `body` then says why
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
};

/// A file being written; in place only after commit().
class StagedFile : public Sink {
 public:
  /// With sync=false durability is left to sync_filesystem().
  virtual void commit(bool sync) = 0;
};

/// Paths are absolute. Failures are SystemErrors. One real implementation, one in memory for tests, one that fails at call n.
class HostSystem {
 public:
  virtual ~HostSystem() = default;

  virtual std::optional<FileStatus> status(const std::string& path) = 0;                         ///< lstat
  virtual std::optional<std::string> read_file(const std::string& path, std::size_t limit) = 0;  ///< nothing when absent
  virtual std::unique_ptr<Source> open_source(const std::string& path) = 0;                      ///< a regular file; else nullptr
  virtual std::optional<std::string> read_link(const std::string& path) = 0;
  virtual std::vector<std::string> list(const std::string& path) = 0;  ///< sorted; empty when absent
  virtual std::unique_ptr<StagedFile> create_file(const std::string& path, unsigned mode, const Owner& owner) = 0;
  virtual void make_directory(const std::string& path, unsigned mode, const Owner& owner) = 0;  ///< one level; existing is fine
  virtual void make_symlink(const std::string& target, const std::string& path) = 0;            ///< replaces an existing link
  virtual void remove(const std::string& path) = 0;                                    ///< file, link or empty directory; absence is fine
  /// Within one filesystem, at once; what stands at `to` is nothing, a file or an empty directory.
  virtual void move(const std::string& from, const std::string& to) = 0;
  virtual void sync_filesystem(const std::string& path) = 0;                           ///< syncfs(2)
  virtual void change_owner(const std::string& path, unsigned uid, unsigned gid) = 0;  ///< lchown(2)
  /// A kernel setting below /proc/sys, written in place: such a file has no other name to be renamed from.
  virtual void set_kernel_value(const std::string& path, const std::string& value) = 0;
  virtual SpaceFacts space(const std::string& path) = 0;
  virtual ToolResult run(const ToolCall& call) = 0;
  /// A program that is on no disk yet: `program` writes it into memory, where it runs from, with argv[0] for its name.
  virtual ToolResult run_from_memory(const ToolCall& call, const std::function<void(Sink&)>& program) = 0;
  /// GET by numeric address only: "http://127.0.0.1:5000/v2/". No name lookup, no TLS, no redirects; body at most 1 MiB. `authorization`:
  /// that header's value; empty: none.
  virtual HttpReply http_get(const std::string& url, std::uint64_t time_limit, const std::string& authorization = {}) = 0;
  /// Whether a nameserver at this numeric IPv4 address answers at all: empty when it does, else why not.
  virtual std::string nameserver_fault(const std::string& address, std::uint64_t time_limit) = 0;
  /// Of these numeric IPv4 addresses those that answer on a network of this machine's, each with its hardware address ("52:54:00:12:34:56").
  virtual std::map<std::string, std::string> answering(const std::vector<std::string>& addresses, std::uint64_t milliseconds) = 0;
  virtual std::int64_t now() = 0;  ///< UTC seconds
  /// Seconds since some moment of this boot: goes on evenly when the clock is set, so every wait is measured by it.
  virtual std::int64_t ticks() = 0;
  virtual void set_clock(std::int64_t utc) = 0;  ///< the system's, not the one that runs on a battery
  virtual void sleep(std::uint64_t milliseconds) = 0;
  virtual bool is_root() = 0;
  virtual std::string machine() = 0;  ///< uname -m
  /// Appends to an open journal file: written and fdatasynced when this returns.
  virtual void append_durably(const std::string& path, std::string_view bytes) = 0;
  /// SHA-256 of a regular file, read in pieces; nothing when there is none.
  virtual std::optional<Digest> digest(const std::string& path) = 0;

  // Built on the above:
  void write_file(const std::string& path, std::string_view content, unsigned mode = 0644, const Owner& owner = {});
  void make_directories(const std::string& path, unsigned mode = 0755, const Owner& owner = {});
  bool exists(const std::string& path) { return status(path).has_value(); }
  /// What belongs to the owner of `path`, below it and never through links, belongs to `uid` and `gid` then; what others own stays theirs.
  /// `path` itself comes last, so that a stop shows.
  void change_owner_of_tree(const std::string& path, unsigned uid, unsigned gid);
  /// A directory with all it holds, never through links; absence is fine.
  void remove_tree(const std::string& path);
};

}  // namespace rootcellar
