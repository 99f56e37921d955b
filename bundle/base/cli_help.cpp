#include "bundle/base/cli_help.h"

#include <algorithm>

#include "bundle/base/text.h"

namespace rootcellar::cli {
namespace {

constexpr std::size_t k_columns = 100;
constexpr std::size_t k_widest_names = 34;

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

/// Words broken into lines that start at column `indent`; the first line is already there.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (const std::string_view word : split(text, ' ')) {
    const bool is_first = column == indent;
    if (!is_first && column + 1 + display_width(word) > k_columns) {
      out += cat("\n", std::string(indent, ' '));
      column = indent;
    } else if (!is_first) {
      out.push_back(' ');
      ++column;
    }
    out += word;
    column += display_width(word);
  }
  return out;
}

/// "  NAMES    help", the help wrapped in its own column.
std::string aligned(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& [left, right] : rows) {
    if (left.size() <= k_widest_names) width = std::max(width, left.size());
  }
  std::string out;
  for (const auto& [left, right] : rows) {
    const std::string gap = left.size() <= width ? std::string(width - left.size() + 2, ' ') : cat("\n", std::string(width + 4, ' '));
    out += cat("  ", left, gap, wrapped(right, width + 4), "\n");
  }
  return out;
}

std::string option_names(const Option& option) {
  std::string names;
  for (const std::string_view name : split(option.names, ',')) names += cat(names.empty() ? "" : ", ", name);
  return option.value.empty() ? names : cat(names, " ", option.value);
}

std::string section(std::string_view title, const std::vector<std::pair<std::string, std::string>>& rows) {
  return rows.empty() ? std::string() : cat("\n", title, ":\n", aligned(rows));
}

std::string examples_section(const std::vector<std::string>& examples) {
  std::string out = examples.empty() ? std::string() : "\nExamples:\n";
  for (const std::string& example : examples) out += cat("  ", example, "\n");
  return out;
}

std::vector<std::pair<std::string, std::string>> option_rows(const std::vector<Option>& options, bool positional) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Option& option : options) {
    if (is_positional(option) == positional) rows.emplace_back(positional ? option.names : option_names(option), option.help);
  }
  return rows;
}

std::string positional_synopsis(const Option& option) {
  const std::string name = cat(option.names, option.list != nullptr ? "..." : "");
  return option.required ? cat(" ", name) : cat(" [", name, "]");
}

std::string synopsis(const Program& program, const Command& command) {
  std::string line = cat(program.name, " ", command.name);
  for (const Option& option : command.options) {
    if (is_positional(option)) line += positional_synopsis(option);
  }
  for (const Option& option : command.options) {
    if (!is_positional(option) && option.required) line += cat(" ", display_name(option), option.value.empty() ? "" : " ", option.value);
  }
  return line + " [options]";
}

}  // namespace

std::vector<Option> global_options(bool* quiet, bool* json, bool* no_color, bool* help, bool* version) {
  const auto flag = [](std::string names, std::string text, bool* target) {
    Option option;
    option.names = std::move(names);
    option.help = std::move(text);
    option.flag = target;
    return option;
  };
  return {flag("-q,--quiet", "say only warnings and errors", quiet), flag("--json", "one JSON event a line on standard output", json),
          flag("--no-color", "no colour, even on a terminal", no_color), flag("-h,--help", "show this help", help),
          flag("--version", "show the version", version)};
}

bool is_positional(const Option& option) { return !option.names.starts_with('-'); }

std::string display_name(const Option& option) { return std::string(split(option.names, ',').back()); }

std::string program_help(const Program& program) {
  std::vector<std::pair<std::string, std::string>> commands;
  for (const Command& command : program.commands) commands.emplace_back(command.name, command.summary);
  return cat("Usage: ", program.name, " COMMAND [options]\n\n", wrapped(program.summary, 0), "\n", section("Commands", commands),
             section("Options of every command", option_rows(global_options(nullptr, nullptr, nullptr, nullptr, nullptr), false)),
             examples_section(program.examples), "\nSee '", program.name, " COMMAND --help' for a command's own options.\n");
}

std::string command_help(const Program& program, const Command& command) {
  std::vector<Option> options = command.options;
  const auto global = global_options(nullptr, nullptr, nullptr, nullptr, nullptr);
  options.insert(options.end(), global.begin(), global.end());
  const std::string& about = command.description.empty() ? command.summary : command.description;
  return cat("Usage: ", synopsis(program, command), "\n\n", wrapped(about, 0), "\n", section("Arguments", option_rows(options, true)),
             section("Options", option_rows(options, false)), examples_section(command.examples));
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += cat(row[i], std::string(widths[i] - display_width(row[i]) + 2, ' '));
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

}  // namespace rootcellar::cli
