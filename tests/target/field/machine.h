// A machine on site: a sealed host with a stick in it, what a person types there and what the machine answers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "builder/rehearse/sealed_host.h"
#include "builder/rehearse/snapshot.h"
#include "bundle/base/file.h"

namespace rootcellar::field {

inline constexpr const char* k_stick = "/media/stick";
inline constexpr const char* k_key = "/root/site.pub";  ///< came another way than the stick
inline constexpr const char* k_journal = "/var/lib/rootcellar/journal";

struct MachineSetup {
  std::string name = "field";                                    ///< short; the process id is added
  std::string stick;                                             ///< host folder, at k_stick inside
  std::vector<std::pair<std::string, std::string>> more_sticks;  ///< host folder -> path inside
  std::vector<std::string> packages;                             ///< that people had installed before
  std::string root;                                              ///< a root folder; empty: Debian 12 from the cache
  std::string like;                                              ///< host folder, laid over the root before it boots; empty: none
  std::string key;                                               ///< host file, to be k_key; empty: that of the workshop's sticks
};

/// What a command answered: its exit code and its standard error, as one text to compare.
struct Answer {
  int exit_code = 0;
  std::string output;
  std::string text;  ///< "exit CODE\n" and standard error
};

class Machine {
 public:
  explicit Machine(MachineSetup setup);  ///< up when it returns, with k_key in place

  SealedHost& host() { return *host_; }
  /// `sh /media/stick/START.sh COMMAND...` with -q: only warnings and errors.
  Answer start_sh(std::vector<std::string> arguments);
  /// START.sh install --trust k_key --yes.
  Answer install(std::vector<std::string> more = {});
  /// The rootcellar-install that an installation left in /usr/local/sbin.
  Answer installed(std::vector<std::string> arguments);
  /// A shell's output, which must succeed.
  std::string shell(const std::string& script);
  /// As a process of its own that goes on; `await` waits for its end and takes its answer.
  std::function<Answer()> begin(const std::string& name, const std::string& command);

  std::string path(const std::string& inside) const { return host_->root_folder() + inside; }
  std::string read(const std::string& inside) const;
  void write(const std::string& inside, std::string_view text, unsigned mode = 0644);
  bool exists(const std::string& inside) const { return file_status(path(inside)).has_value(); }
  /// Records in the journal; 0 when there is none.
  std::size_t journal_records() const;
  /// Waits until `condition` holds, looking every few milliseconds; false when `ended` holds before, or after ten minutes.
  static bool await(const std::function<bool()>& condition, const std::function<bool()>& ended = {});

  HostSnapshot snapshot() { return take_snapshot(*host_); }

 private:
  TemporaryDirectory work_;
  std::unique_ptr<SealedHost> host_;
};

/// What differs after an uninstallation and may not, one line each.
std::string differences(const HostSnapshot& before, const HostSnapshot& after);

/// The state of a machine, without what differs between two machines, two boots or two runs: mounts are of the fixture's making.
HostSnapshot lasting_state(Machine& machine);

/// The site's stick, installed with the key from elsewhere, in a machine of its own.
MachineSetup setup_of(const std::string& name, const std::string& stick);

}  // namespace rootcellar::field
