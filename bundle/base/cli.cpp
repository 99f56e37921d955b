#include "bundle/base/cli.h"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "bundle/base/cli_console.h"
#include "bundle/base/cli_help.h"
#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"

namespace rootcellar::cli {
namespace {

constexpr int k_output_closed = 128 + SIGPIPE;

struct Globals {
  ConsoleOptions console;
  bool help = false;
  bool version = false;
};

std::vector<Option> globals_as_options(Globals& globals) {
  return global_options(&globals.console.quiet, &globals.console.json, &globals.console.no_color, &globals.help, &globals.version);
}

std::string hint_for(std::string_view word, const std::vector<std::string>& candidates, std::string otherwise) {
  const auto near = did_you_mean(word, candidates);
  return near ? cat("did you mean '", *near, "'?") : std::move(otherwise);
}

std::vector<std::string> option_spellings(const std::vector<Option>& options) {
  std::vector<std::string> names;
  for (const Option& option : options) {
    for (const std::string_view name : split(option.names, ',')) {
      if (name.starts_with("--")) names.emplace_back(name);
    }
  }
  return names;
}

[[noreturn]] void throw_bad_value(const Option& option, std::string_view expected, std::string_view found) {
  throw UsageError(cat("option '", display_name(option), "': expected ", expected, ", found '", printable(found), "'"));
}

void assign(const Option& option, std::vector<std::string> values) {
  if (option.list != nullptr) {
    *option.list = std::move(values);
    return;
  }
  if (values.size() > 1) throw UsageError(cat("option '", display_name(option), "' was given more than once"));
  const std::string& value = values.front();
  if (option.text != nullptr) *option.text = value;
  if (option.optional_text != nullptr) *option.optional_text = value;
  if (option.number != nullptr || option.optional_number != nullptr) {
    const auto number = parse_u64(value);
    if (!number) throw_bad_value(option, "a number", value);
    if (option.number != nullptr) *option.number = *number;
    if (option.optional_number != nullptr) *option.optional_number = number;
  }
  if (option.size != nullptr) {
    const auto size = parse_size(value);
    if (!size) throw_bad_value(option, "a size such as 64MiB or 4GiB", value);
    *option.size = *size;
  }
}

/// One command's words, given to CLI11 to be taken apart; meaning and messages are ours.
class Parser {
 public:
  Parser(const std::vector<Option>& options, std::string help_hint) : options_(options), help_hint_(std::move(help_hint)) {
    app_.set_help_flag();
    app_.allow_extras();
    values_.resize(options.size());
    for (std::size_t i = 0; i < options.size(); ++i) declare(options[i], values_[i]);
  }

  void parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::ArgumentMismatch& mismatch) {
      const std::string_view name = split(mismatch.what(), ':').front();
      throw UsageError(cat("option '", name, "' needs a value"), help_hint_);
    } catch (const CLI::ParseError& error) {
      throw UsageError(cat("cannot read the command line: ", error.what()), help_hint_);
    }
  }

  void refuse_extras() const {
    const std::vector<std::string> extras = app_.remaining();
    if (extras.empty()) return;
    const std::string_view word = extras.front();
    if (!word.starts_with('-')) throw UsageError(cat("unexpected argument '", printable(word), "'"), help_hint_);
    const std::string name(split(word, '=').front());
    throw UsageError(cat("unknown option '", printable(name), "'"), hint_for(name, option_spellings(options_), help_hint_));
  }

  void assign_all() {
    for (std::size_t i = 0; i < options_.size(); ++i) {
      const Option& option = options_[i];
      const std::string_view kind = is_positional(option) ? "argument" : "option";
      if (!values_[i].empty())
        assign(option, std::move(values_[i]));
      else if (option.required)
        throw UsageError(cat("missing ", kind, " '", display_name(option), "'"), help_hint_);
    }
  }

 private:
  void declare(const Option& option, std::vector<std::string>& values) {
    if (option.flag != nullptr) {
      app_.add_flag(option.names, *option.flag);
      return;
    }
    const auto keep = [&values](const CLI::results_t& results) {
      values = results;
      return true;
    };
    CLI::Option* declared = app_.add_option(option.names, keep)->take_all();
    if (is_positional(option) && option.list != nullptr) declared->expected(0, CLI::detail::expected_max_vector_size);
  }

  const std::vector<Option>& options_;
  std::string help_hint_;
  CLI::App app_;
  std::vector<std::vector<std::string>> values_;
};

const Command& find_command(const Program& program, std::string_view name) {
  std::vector<std::string> names;
  for (const Command& command : program.commands) {
    if (command.name == name) return command;
    names.push_back(command.name);
  }
  throw UsageError(cat("unknown command '", printable(name), "'"), hint_for(name, names, cat("see '", program.name, " --help'")));
}

/// What --json, --quiet and --no-color say, as far as it can be seen before parsing: errors of parsing obey them too.
ConsoleOptions early_options(const std::vector<std::string>& arguments) {
  const auto has = [&](std::string_view word) { return std::find(arguments.begin(), arguments.end(), word) != arguments.end(); };
  return {has("-q") || has("--quiet"), has("--json"), has("--no-color")};
}

class Runner {
 public:
  Runner(const Program& program, const Streams& streams) : program_(program), streams_(streams) {}

  int run(std::vector<std::string> arguments) {
    early_ = early_options(arguments);
    try {
      return static_cast<int>(dispatch(std::move(arguments)));
    } catch (const Error& error) {
      return report(error);
    } catch (const Interrupted&) {
      return tell(ExitCode::interrupted, "interrupted\n");
    } catch (const OutputClosed&) {
      return k_output_closed;
    } catch (const std::exception& error) {
      return tell(ExitCode::bug, bug_text(error.what()));
    } catch (...) {
      return tell(ExitCode::bug, bug_text("an exception of unknown type"));
    }
  }

 private:
  /// The first word; behind options, whose values are words too, the first that is a command.
  std::vector<std::string>::iterator find_command_word(std::vector<std::string>& arguments) const {
    const auto is_command = [&](const std::string& word) {
      return std::any_of(program_.commands.begin(), program_.commands.end(), [&](const Command& command) { return command.name == word; });
    };
    const auto is_word = [](const std::string& word) { return !word.starts_with('-'); };
    const auto word = std::find_if(arguments.begin(), arguments.end(), is_word);
    if (word == arguments.begin()) return word;
    const auto command = std::find_if(arguments.begin(), arguments.end(), is_command);
    return command == arguments.end() ? word : command;
  }

  ExitCode dispatch(std::vector<std::string> arguments) {
    const auto word = find_command_word(arguments);
    if (word == arguments.end()) return run_without_command(std::move(arguments));
    const Command& command = find_command(program_, *word);
    arguments.erase(word);
    return run_command(command, std::move(arguments));
  }

  ExitCode run_without_command(std::vector<std::string> arguments) {
    Globals globals;
    const auto options = globals_as_options(globals);
    Parser parser(options, cat("see '", program_.name, " --help'"));
    parser.parse(std::move(arguments));
    parser.refuse_extras();
    if (shown_instead(globals, [&] { return program_help(program_); })) return ExitCode::ok;
    streams_.err(program_help(program_));
    return ExitCode::usage;
  }

  ExitCode run_command(const Command& command, std::vector<std::string> arguments) {
    Globals globals;
    std::vector<Option> options = command.options;
    const auto global = globals_as_options(globals);
    options.insert(options.end(), global.begin(), global.end());
    Parser parser(options, cat("see '", program_.name, " ", command.name, " --help'"));
    parser.parse(std::move(arguments));
    if (shown_instead(globals, [&] { return command_help(program_, command); })) return ExitCode::ok;
    parser.refuse_extras();
    parser.assign_all();
    const auto console = make_console(streams_, globals.console);
    return command.run(*console);
  }

  template <typename Help>
  bool shown_instead(const Globals& globals, const Help& help) {
    if (globals.help)
      streams_.out(help());
    else if (globals.version)
      streams_.out(cat(program_.name, " ", program_.version, "\n"));
    return globals.help || globals.version;
  }

  int report(const Error& error) {
    if (early_.json) {
      JsonValue fields = JsonValue::object({{"event", JsonValue::string("error")},
                                            {"exit_code", JsonValue::number(static_cast<std::uint64_t>(error.code()))},
                                            {"message", JsonValue::string(error.message())},
                                            {"hint", JsonValue::string(error.hint())}});
      try {
        streams_.out(fields.dump() + "\n");
      } catch (const OutputClosed&) {
        return k_output_closed;
      }
    }
    return tell(error.code(), render_error(error));
  }

  int tell(ExitCode code, std::string_view text) {
    streams_.err(streams_.colour && !early_.no_color ? painted(text) : std::string(text));
    return static_cast<int>(code);
  }

  static std::string bug_text(std::string_view what) {
    return cat("error: this is a bug in rootcellar, not in what you did: ", printable(what), "\n");
  }

  const Program& program_;
  Streams streams_;
  ConsoleOptions early_;
};

}  // namespace

int run(const Program& program, int argc, char** argv) {
  catch_interrupts();
  signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the write, so that everything is unwound and cleaned up
  return Runner(program, standard_streams()).run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
}

Captured run_captured(const Program& program, const std::vector<std::string>& arguments) {
  Captured captured;
  Streams streams;
  streams.out = [&](std::string_view text) { captured.out += text; };
  streams.err = [&](std::string_view text) { captured.err += text; };
  streams.now = [] { return 0.0; };
  captured.exit_code = Runner(program, streams).run(arguments);
  return captured;
}

}  // namespace rootcellar::cli
