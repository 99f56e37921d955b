// The state of the machine in memory: lines of files below /fake, and the answers its tools give.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "bundle/base/text.h"
#include "tests/support/memory_host.h"

namespace rootcellar::test {

using Lines = std::set<std::string>;

inline Lines read_lines(MemoryHost& host, const std::string& path) {
  Lines lines;
  const std::string text = host.read_file(path, 1u << 20).value_or("");
  for (const auto line : split(text, '\n')) {
    if (!line.empty()) lines.emplace(line);
  }
  return lines;
}

inline void write_lines(MemoryHost& host, const std::string& path, const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  host.write_file(path, text);
}

inline bool has(const ToolCall& call, std::string_view word) {
  return std::find(call.argv.begin(), call.argv.end(), word) != call.argv.end();
}

inline std::vector<std::string> after(const ToolCall& call, std::string_view word) {
  const auto at = std::find(call.argv.begin(), call.argv.end(), word);
  return at == call.argv.end() ? std::vector<std::string>{} : std::vector<std::string>(at + 1, call.argv.end());
}

inline ToolResult good(std::string output = {}) {
  return {.exit_code = 0, .timed_out = false, .output = std::move(output), .error_output = {}};
}
inline ToolResult bad(int code, std::string said = {}) {
  return {.exit_code = code, .timed_out = false, .output = {}, .error_output = std::move(said)};
}

inline void set_member(MemoryHost& host, const std::string& file, const std::string& name, bool in) {
  Lines lines = read_lines(host, file);
  if (in)
    lines.insert(name);
  else
    lines.erase(name);
  write_lines(host, file, lines);
}

}  // namespace rootcellar::test
