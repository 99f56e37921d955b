#include "tests/cli/session.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "bundle/base/signing.h"
#include "bundle/base/text.h"
#include "tests/support/golden.h"

namespace rootcellar::test {
namespace {

std::string section(std::string_view title, std::string text) {
  if (text.empty()) return {};
  if (!text.ends_with('\n')) text += "\n(no newline)\n";
  return cat("--- ", title, "\n", text);
}

/// "in 3 s" at a line's end becomes "in TIME".
std::string without_durations(std::string text) {
  for (std::size_t at = text.find(" in "); at != std::string::npos; at = text.find(" in ", at + 1)) {
    const std::size_t digits = at + 4, end = text.find_first_not_of("0123456789", digits);
    if (end != digits && end != std::string::npos && text.substr(end, 3) == " s\n") text.replace(digits, end + 2 - digits, "TIME");
  }
  return text;
}

}  // namespace

Session::Session() : folder_("rootcellar-cli") { call(folder_.path(), "DIR"); }

ProcessResult Session::run(const std::vector<std::string>& arguments) { return run_program(RC_BUILDER, "rootcellar", arguments); }

ProcessResult Session::run_installer(const std::vector<std::string>& arguments) {
  return run_program(RC_INSTALLER, "rootcellar-install", arguments);
}

ProcessResult Session::run_program(const std::string& program, const std::string& name, const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{program};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const ProcessResult result =
      run_process({.argv = argv,
                   .environment = {cat("HOME=", folder_.path()), cat("TMPDIR=", folder_.path()), "PATH=/usr/bin:/bin"},
                   .directory = folder_.path(),
                   .time_limit_seconds = 120});
  transcript_ += shown(cat("$ ", name, " ", join(arguments, " "), "\nexit ", result.exit_code, "\n", section("stdout", result.output),
                           section("stderr", result.error_output)));
  return result;
}

void Session::remark(const std::string& line) { transcript_ += cat("# ", line, "\n"); }

void Session::write(const std::string& name, const std::string& content, std::int64_t mtime) {
  make_directories(path_parent(path(name)));
  write_file_atomically(path(name), content);
  if (mtime == 0) return;
  const timespec times[2] = {{mtime, 0}, {mtime, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path(name).c_str(), times, 0), 0);
}

void Session::copy_golden(const std::string& golden, const std::string& name) {
  write(name, read_file(cat(RC_SOURCE_DIR, "/tests/golden/", golden), std::size_t{1} << 20));
}

void Session::call(std::string text, std::string name) { names_.emplace_back(std::move(text), std::move(name)); }

void Session::call_key(const std::string& name) {
  const PublicKey key = PublicKey::parse(read_file(path(name + ".pub"), 4096), name);
  call(key.fingerprint_words(), cat("WORDS-", name));
  call(key.id_text(), cat("KEY-", name));
  call(lower_ascii(key.id_text()), cat("key-", name));
}

std::string Session::shown(std::string text) const {
  text = without_durations(std::move(text));
  for (const auto& [from, to] : names_) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  }
  return text;
}

void Session::expect(const std::string& name) { expect_golden(cat("cli/", name, ".txt"), shown(transcript_)); }

std::string tiny_installer() {
  std::string program =
      "\x7f"
      "ELF" +
      std::string(60, '\0');
  program[18] = 62;  // EM_X86_64
  return program;
}

}  // namespace rootcellar::test
