#include "builder/rehearse/tool.h"

#include "bundle/base/error.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"

namespace rootcellar {

namespace {

std::string failure_reason(const ProcessResult& result, std::uint64_t time_limit) {
  if (result.timed_out) return cat("no end within ", human_duration(time_limit));
  const std::string said = last_line(result.error_output);
  return said.empty() ? cat("exit code ", result.exit_code) : said;
}

/// The words of `before` start the tool and are no part of what a message names.
std::string run_after(const std::vector<std::string>& before, const std::vector<std::string>& argv, const std::string& package,
                      std::uint64_t time_limit) {
  const auto program = find_program(argv.front());
  if (!program) {
    throw HostError(cat("cannot find the program '", argv.front(), "'"),
                    cat("install the package '", package, "': apt-get install ", package));
  }
  ProcessSpec spec;
  spec.argv = before;
  spec.argv.push_back(*program);
  spec.argv.insert(spec.argv.end(), argv.begin() + 1, argv.end());
  spec.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"};
  spec.time_limit_seconds = time_limit;
  ProcessResult result = run_process(spec);
  if (result.exit_code != 0 || result.timed_out)
    throw SystemError(cat("cannot run '", join(argv, " "), "': ", failure_reason(result, time_limit)));
  return std::move(result.output);
}

}  // namespace

std::string run_tool(const std::vector<std::string>& argv, const std::string& package, std::uint64_t time_limit) {
  return run_after({}, argv, package, time_limit);
}

std::string run_confined_tool(const std::vector<std::string>& argv, const std::string& package, std::uint64_t time_limit) {
  static const std::vector<std::string> confinement{"/usr/bin/setpriv", "--pdeathsig", "KILL",   "/usr/bin/unshare",
                                                    "--mount",          "--pid",       "--fork", "--kill-child"};
  return run_after(confinement, argv, package, time_limit);
}

}  // namespace rootcellar
