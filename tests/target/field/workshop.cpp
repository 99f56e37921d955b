#include "tests/target/field/workshop.h"

#include <stdlib.h>

#include "builder/rehearse/tool.h"
#include "bundle/base/error.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"

namespace rootcellar::field {
namespace {

constexpr std::uint64_t k_time_limit = 1800;

/// The head of an ELF program for arm64: enough for what looks at the installer's architecture, and no machine here could run more.
std::string program_for_arm64() {
  std::string program =
      "\x7f"
      "ELF" +
      std::string(60, '\0');
  program[18] = static_cast<char>(183);  // EM_AARCH64
  return program;
}

std::string home() {
  const char* home = ::getenv("HOME");
  return home == nullptr ? "/root" : home;
}

}  // namespace

Workshop::Workshop() : folder_("rc-field") {}

/// With the user's own cache: what the tests lock does not change from day to day.
void Workshop::rootcellar(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{RC_BUILDER};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const ProcessResult result =
      run_process({.argv = argv,
                   .environment = {cat("HOME=", home()), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                   .directory = folder(),
                   .time_limit_seconds = k_time_limit});
  if (result.exit_code != 0) throw SystemError(cat("cannot run 'rootcellar ", join(arguments, " "), "': ", result.error_output));
}

void Workshop::make_key(const std::string& name) {
  if (!file_status(path_join(folder(), name + ".key"))) rootcellar({"keygen", name, "--no-passphrase", "-q"});
}

std::string Workshop::public_key(const std::string& name) {
  make_key(name);
  return path_join(folder(), name + ".pub");
}

std::string Workshop::make_stick(const StickOrder& order) {
  const std::string name = cat(order.profile, "-", order.serial, "-", order.key, "-", order.architecture);
  const std::string lock = name + ".lock.yaml", out = name + ".out", stick = path_join(folder(), name);
  make_key(order.key);
  const std::string profiles = order.folder.empty() ? cat(RC_SOURCE_DIR, "/tests/target/profiles") : order.folder;
  rootcellar({"lock", cat(profiles, "/", order.profile, ".yaml"), "--arch", order.architecture, "--serial",
              cat(order.serial), "-o", lock, "-q"});
  std::vector<std::string> build{"build", lock, "--key", order.key + ".key", "--volume-size", "16MiB", "-o", out, "-q"};
  if (order.architecture == "arm64") {
    write_file_atomically(path_join(folder(), "installer-arm64"), program_for_arm64(), 0755);
    build.insert(build.end(), {"--installer", "installer-arm64"});
  }
  rootcellar(build);
  make_directories(stick);
  rootcellar({"stage", out, "--to", stick, "--trust", order.key + ".pub", "-q"});
  return stick;
}

const std::string& Workshop::stick(const StickOrder& order) {
  std::string& made = sticks_[cat(order.profile, " ", order.serial, " ", order.key, " ", order.architecture)];
  if (made.empty()) made = make_stick(order);
  return made;
}

std::string Workshop::copy_of_stick(const StickOrder& order, const std::string& parent) {
  const std::string copy = path_join(parent, "stick");
  run_tool({"cp", "-a", stick(order), copy}, "coreutils");
  return copy;
}

Workshop& workshop() {
  static Workshop one;
  return one;
}

std::vector<std::string> volumes_in(const std::string& stick) {
  std::vector<std::string> volumes = list_directory(stick);
  std::erase_if(volumes, [](const std::string& name) { return !name.ends_with(".cellar"); });
  return volumes;
}

}  // namespace rootcellar::field
