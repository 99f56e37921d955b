// The command line of both programs: declared as data, parsed by CLI11, printed in one voice. The only place that prints.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/json.h"
#include "bundle/base/progress.h"
#include "bundle/base/signing.h"

namespace rootcellar::cli {

/// What a person sees and answers. stdout is for results, stderr for everything else.
class Console {
 public:
  virtual ~Console() = default;
  virtual void print(std::string_view text) = 0;  ///< a result, to stdout, as it is
  virtual void say(std::string_view line) = 0;    ///< a message line, to stderr; silent with -q
  virtual void warn(std::string_view line) = 0;   ///< "warning: LINE" to stderr
  virtual bool interactive() const = 0;           ///< a person can be asked: stdin and stderr are terminals
  virtual bool json() const = 0;
  /// One line typed by the person after `question`, shown as it is. UsageError when not interactive. `what` completes "cannot ask for
  /// WHAT: ...".
  virtual std::string ask(std::string_view question, std::string_view what) = 0;
  virtual SecretText ask_secret(std::string_view question, std::string_view what) = 0;
  virtual void event(std::string_view kind, const JsonValue& fields) = 0;  ///< --json: {"event":KIND,...} on one line of stdout
  virtual Progress& progress() = 0;
};

/// One option or argument. Exactly one of the destinations is set.
struct Option {
  std::string names;  ///< "-o,--output", or "PROFILE" for a positional argument
  std::string value;  ///< "FILE"; empty for flags and positionals
  std::string help;
  bool* flag = nullptr;
  std::string* text = nullptr;
  std::optional<std::string>* optional_text = nullptr;
  std::vector<std::string>* list = nullptr;  ///< may be given several times
  std::uint64_t* number = nullptr;
  std::optional<std::uint64_t>* optional_number = nullptr;
  std::uint64_t* size = nullptr;  ///< parse_size()
  bool required = false;
};

/// A subcommand: its words, its options, and what it does. `run` returns the exit code.
struct Command {
  std::string name;
  std::string summary;                ///< one line, for the program's --help
  std::string description;            ///< a paragraph
  std::vector<std::string> examples;  ///< complete command lines
  std::vector<Option> options;
  std::function<ExitCode(Console&)> run;
};

struct Program {
  std::string name;
  std::string summary;
  std::string version;
  std::vector<std::string> examples;
  std::vector<Command> commands;
};

/// Parses, runs, and turns every exception into text and exit code. Global options of every command: -q/--quiet, --json, --help, --version,
/// --no-color. An unknown command or option gets "did you mean"; usage faults exit 2.
int run(const Program& program, int argc, char** argv);

/// As run(), for tests: no process state, all output captured.
struct Captured {
  int exit_code = 0;
  std::string out;
  std::string err;
};
Captured run_captured(const Program& program, const std::vector<std::string>& arguments);

/// Aligned columns; the first row is the head. Widths in display columns of UTF-8 text.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace rootcellar::cli
