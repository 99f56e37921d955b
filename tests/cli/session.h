// A person at a shell, in a folder of their own: what they type and what they see becomes one text to compare.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bundle/base/file.h"
#include "bundle/base/process.h"

namespace rootcellar::test {

class Session {
 public:
  Session();

  /// Runs `rootcellar ARGUMENTS` in the folder (HOME too) and appends command, exit code and both streams. Nobody is at the keyboard.
  ProcessResult run(const std::vector<std::string>& arguments);
  /// The same with `rootcellar-install ARGUMENTS`.
  ProcessResult run_installer(const std::vector<std::string>& arguments);
  /// Appends "# LINE".
  void remark(const std::string& line);
  void write(const std::string& name, const std::string& content, std::int64_t mtime = 0);
  void copy_golden(const std::string& golden, const std::string& name);
  std::string path(const std::string& name) const { return path_join(folder_.path(), name); }
  /// Shows `text` as `name` from now on: what differs from run to run.
  void call(std::string text, std::string name);
  /// The key id and the six words of NAME.pub, as KEY-NAME and WORDS-NAME.
  void call_key(const std::string& name);
  /// Compares with tests/golden/cli/NAME.txt.
  void expect(const std::string& name);

 private:
  ProcessResult run_program(const std::string& program, const std::string& name, const std::vector<std::string>& arguments);
  std::string shown(std::string text) const;
  TemporaryDirectory folder_;
  std::vector<std::pair<std::string, std::string>> names_;
  std::string transcript_;
};

/// 64 bytes that look like a program for amd64.
std::string tiny_installer();

}  // namespace rootcellar::test
