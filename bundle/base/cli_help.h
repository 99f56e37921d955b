// The texts of --help, from the same data that is parsed.
#pragma once

#include <string>

#include "bundle/base/cli.h"

namespace rootcellar::cli {

/// The global options, as every command's help lists them.
std::vector<Option> global_options(bool* quiet, bool* json, bool* no_color, bool* help, bool* version);

bool is_positional(const Option& option);
/// "--output" for "-o,--output"; the name itself for a positional argument.
std::string display_name(const Option& option);

std::string program_help(const Program& program);
std::string command_help(const Program& program, const Command& command);

}  // namespace rootcellar::cli
