// docs/commands.md is what --help says; ROOTCELLAR_ACCEPT=1 writes it again.
#include <gtest/gtest.h>

#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "tests/support/golden.h"

namespace rootcellar {
namespace {

std::string help_of(const std::string& program, const std::vector<std::string>& words) {
  std::vector<std::string> argv{program};
  argv.insert(argv.end(), words.begin(), words.end());
  argv.emplace_back("--help");
  const ProcessResult result = run_process({.argv = argv, .environment = {"PATH=/usr/bin:/bin"}, .time_limit_seconds = 60});
  EXPECT_EQ(result.exit_code, 0) << result.error_output;
  return result.output;
}

/// The names under "Commands:" in a program's help.
std::vector<std::string> commands_of(std::string_view help) {
  std::vector<std::string> names;
  const std::size_t start = help.find("\nCommands:\n");
  if (start == std::string_view::npos) return names;
  for (const std::string_view line : split(help.substr(start + 11), '\n')) {
    if (line.empty()) return names;
    if (line.starts_with("  ") && !line.starts_with("   ")) names.emplace_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return names;
}

std::string chapter(const std::string& name, const std::string& program) {
  const std::string help = help_of(program, {});
  std::string out = cat("## ", name, "\n\n```\n", help, "```\n\n");
  for (const std::string& command : commands_of(help))
    out += cat("### ", name, " ", command, "\n\n```\n", help_of(program, {command}), "```\n\n");
  return out;
}

std::string document() {
  return cat(
      "# Commands\n\n"
      "Made from what the programs say themselves: `rootcellar COMMAND --help`. [Exit codes](exit-codes.md) are the same everywhere.\n\n"
      "Mirrors, a private CA and the place of the cache can also stand in `$XDG_CONFIG_HOME/rootcellar/config.yaml` (else\n"
      "`~/.config/rootcellar/config.yaml`), strict YAML like everything else; what stands on the command line wins:\n\n"
      "```yaml\n"
      "mirrors:\n"
      "  - docker.io=https://mirror.example.org/hub\n"
      "ca_file: /etc/ssl/site-ca.pem\n"
      "cache: /srv/rootcellar-cache\n"
      "```\n\n",
      chapter("rootcellar", RC_BUILDER), chapter("rootcellar-install", RC_INSTALLER));
}

TEST(CommandsDocument, IsWhatHelpSays) {
  test::expect_text(RC_SOURCE_DIR "/docs/commands.md", document());
}

}  // namespace
}  // namespace rootcellar
