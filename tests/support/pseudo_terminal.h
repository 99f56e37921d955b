// A person at a real terminal: a pseudo-terminal on which one of the programs runs, what is typed there, and what it shows.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/file.h"

namespace rootcellar::test {

class PseudoTerminal {
 public:
  /// Starts `argv` (argv[0] an absolute path) in `directory` on a terminal of `columns` columns.
  PseudoTerminal(const std::vector<std::string>& argv, const std::string& directory, std::vector<std::string> environment,
                 unsigned short columns = 80);
  ~PseudoTerminal();  ///< ends the program
  PseudoTerminal(const PseudoTerminal&) = delete;

  /// Reads until `text` was shown after what was waited for before; false when the program ends or three minutes pass first.
  bool wait_for(std::string_view text);
  /// Reads until `condition` holds; false when the program ends or three minutes pass first.
  bool wait_until(const std::function<bool()>& condition);
  void type(std::string_view keys);
  /// Whether what is typed now would be shown.
  bool echoes() const;
  /// Waits for the end: the exit code, or 128 + the signal's number; -1 after three minutes.
  int finish();
  /// Everything shown so far, with LF for the terminal's CR LF.
  std::string shown() const;

 private:
  void read_more();

  Fd master_;
  pid_t child_ = -1;
  std::string raw_;
  std::size_t seen_ = 0;  // of raw_, by wait_for()
  bool ended_ = false;    // the program closed the terminal
};

}  // namespace rootcellar::test
