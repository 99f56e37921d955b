// The console behind both the real terminal and the tests' captured one: where text goes is given, how it looks is decided here.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bundle/base/cli.h"

namespace rootcellar::cli {

/// The three standard streams and what is known about them.
struct Streams {
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> err;
  std::function<double()> now;  ///< seconds since some start
  bool in_is_terminal = false;
  bool err_is_terminal = false;
  bool colour = false;  ///< the terminal can and the environment does not forbid it
  std::size_t columns = 80;
};

/// The process's own streams. NO_COLOR (no-color.org) and TERM=dumb switch colour off.
Streams standard_streams();

/// The reader of `stdout` has gone. Ends the program silently, as SIGPIPE would, but after unwinding.
struct OutputClosed {};

struct ConsoleOptions {
  bool quiet = false;
  bool json = false;
  bool no_color = false;
};

std::unique_ptr<Console> make_console(const Streams& streams, const ConsoleOptions& options);

/// "error:", "warning:", "hint:" at the front of lines in colour.
std::string painted(std::string_view text);

}  // namespace rootcellar::cli
