// Running a program: absolute path or PATH lookup by the caller's choice, argv only, never a shell.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/io.h"

namespace rootcellar {

struct ProcessSpec {
  std::vector<std::string> argv;                         ///< argv[0] is an absolute path
  std::vector<std::string> environment;                  ///< "KEY=VALUE", the whole environment of the child; LC_ALL=C is always added
  std::string directory;                                 ///< empty: the current one
  std::string input;                                     ///< written to stdin, which is then closed; empty: /dev/null
  std::uint64_t time_limit_seconds = 0;                  ///< 0: none. At the limit the process group gets SIGTERM, 5 s later SIGKILL
  std::size_t output_limit = std::size_t{1} << 20;       ///< bytes of each stream kept in the result (the last ones)
  std::function<void(std::string_view line)> on_output;  ///< each line of stdout or stderr as it arrives; may be empty
  bool merge_stderr = false;
  bool ends_with_us = false;  ///< SIGTERM for the program when the thread that runs it is gone, also by SIGKILL; its own children are its
                              ///< business
};

struct ProcessResult {
  int exit_code = 0;  ///< 128 + signal when ended by one
  bool timed_out = false;
  std::string output;
  std::string error_output;
};

/// Runs to the end. Throws SystemError when the program cannot be started; a non-zero exit is not an error here. An arriving
/// interrupt ends the child and throws Interrupted.
ProcessResult run_process(const ProcessSpec& spec);
/// Where `name` is in $PATH, plus /usr/sbin and /sbin; nothing when nowhere.
std::optional<std::string> find_program(std::string_view name);

}  // namespace rootcellar
