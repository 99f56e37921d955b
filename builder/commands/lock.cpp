#include <memory>

#include "builder/commands/counted.h"
#include "builder/commands/local_paths.h"
#include "builder/commands/program.h"
#include "builder/commands/workbench.h"
#include "builder/lock/lock.h"
#include "builder/profile/profile.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_lock = std::size_t{64} << 20;

struct LockWords {
  std::string profile, variant, architecture;
  std::vector<std::string> set;
  std::optional<std::uint64_t> serial;
  std::optional<std::string> output;
  FetchWords fetch;
};

std::vector<std::pair<std::string, std::string>> settings_of(const std::vector<std::string>& words) {
  std::vector<std::pair<std::string, std::string>> settings;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) throw UsageError(cat("'--set ", printable(word), "': expected KEY=VALUE"));
    settings.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return settings;
}

std::string name_of(const std::string& product, const std::string& variant, const std::string& architecture) {
  return cat(product, "-", variant, "-", architecture);
}

std::string output_path(const LockWords& words, const Profile& profile) {
  const std::string name = name_of(profile.product, profile.variant, profile.architecture);
  return words.output.value_or(path_join(path_parent(words.profile), name + ".lock.yaml"));
}

/// What cannot be written is said before anything is fetched.
void check_output(const std::string& path) {
  make_directories(path_parent(path));
  const AtomicFile trial(path);
}

/// The lock that is there already: its serial is continued. Another appliance's lock is not overwritten.
std::optional<Lock> existing_lock(const std::string& path, const Profile& profile) {
  const auto status = file_status_followed(path);
  if (status && status->type == FileStatus::Type::directory)
    throw UsageError(cat("cannot write '", path, "': it is a folder"), cat("name a file in it: -o ", path_join(path, "NAME.lock.yaml")));
  const auto text = read_file_if_exists(path, k_max_lock);
  if (!text) return std::nullopt;
  Lock lock = parse_lock(*text, path);
  const std::string found = name_of(lock.product, lock.variant, lock.architecture);
  const std::string expected = name_of(profile.product, profile.variant, profile.architecture);
  if (found != expected)
    throw UsageError(cat("cannot write '", path, "': expected a lock of '", expected, "' or no file, found a lock of '", found, "'"),
                     "name another file with -o");
  return lock;
}

std::uint64_t least_serial(const LockWords& words, const std::optional<Lock>& before) {
  if (words.serial) return *words.serial;
  return before ? before->serial + 1 : 0;
}

/// Locked again without any change: the serial stays too.
bool is_unchanged(Lock now, const Lock& before) {
  now.serial = before.serial;
  return encode_lock(now) == encode_lock(before);
}

void show(const std::string& path, const Lock& lock, bool is_same, cli::Console& console) {
  std::uint64_t bytes = 0;
  const std::vector<PlannedBlob> blobs = storage_order(lock);
  for (const PlannedBlob& blob : blobs) bytes += blob.blob.size;
  if (console.json()) {
    return console.event("lock", JsonValue::object({{"file", JsonValue::string(path)},
                                                    {"serial", JsonValue::number(lock.serial)},
                                                    {"packages", JsonValue::number(lock.packages.size())},
                                                    {"images", JsonValue::number(lock.images.size())},
                                                    {"files", JsonValue::number(lock.files.size())},
                                                    {"bytes", JsonValue::number(bytes)},
                                                    {"changed", JsonValue::boolean(!is_same)}}));
  }
  console.print(cat(path, "\n"));
  console.say(cat(is_same ? "nothing has changed: " : "", name_of(lock.product, lock.variant, lock.architecture), " serial ", lock.serial,
                  ": ", counted(lock.packages.size(), "package"), ", ", counted(lock.images.size(), "image"), ", ",
                  counted(lock.files.size(), "file"), ", ", human_size(bytes)));
}

ExitCode lock_appliance(cli::Console& console, const LockWords& words) {
  if (words.serial == 0) throw UsageError("expected a serial of at least 1, found 0", "without --serial, one is chosen");
  const Profile profile = load_profile(words.profile, {words.variant, words.architecture, settings_of(words.set)});
  const std::string path = output_path(words, profile);
  const std::optional<Lock> before = existing_lock(path, profile);
  if (before && words.serial && *words.serial < before->serial)
    console.warn(
        cat("serial ", *words.serial, " is lower than ", before->serial, " of the lock before: machines that have that one refuse it"));
  Workbench bench(words.fetch, path_parent(words.profile), profile.architecture, console);
  check_output(path);
  Lock lock =
      with_note(cat("locking '", words.profile, "'"), [&] { return lock_profile(profile, least_serial(words, before), bench.context()); });
  move_local_paths(lock, path_parent(words.profile), path_parent(path));
  const bool is_same = before && !words.serial && is_unchanged(lock, *before);
  if (is_same) lock.serial = before->serial;
  if (!is_same) write_file_atomically(path, encode_lock(lock));
  show(path, lock, is_same, console);
  return ExitCode::ok;
}

std::vector<cli::Option> lock_options(LockWords& words) {
  std::vector<cli::Option> options = {
      {.names = "PROFILE", .help = "the profile, docs/profile.md", .text = &words.profile, .required = true},
      {.names = "--variant", .value = "NAME", .help = "which variant; default: the profile's first", .text = &words.variant},
      {.names = "--arch", .value = "ARCH", .help = "which architecture; default: this machine's", .text = &words.architecture},
      {.names = "--set",
       .value = "KEY=VALUE",
       .help = "give a variable of the profile another value; may be given several times",
       .list = &words.set},
      {.names = "--serial",
       .value = "N",
       .help = "default: one more than that of the lock being replaced, else seconds since 2020",
       .optional_number = &words.serial},
      {.names = "-o,--output",
       .value = "FILE",
       .help = "default: PRODUCT-VARIANT-ARCH.lock.yaml beside the profile",
       .optional_text = &words.output}};
  for (cli::Option& option : fetch_options(words.fetch)) options.push_back(std::move(option));
  return options;
}

}  // namespace

cli::Command lock_command() {
  auto words = std::make_shared<LockWords>();
  cli::Command command;
  command.name = "lock";
  command.summary = "pin every input of a profile by digest and size";
  command.description =
      "Looks up what the profile names (packages with all they depend on, images, files), makes the images that have a recipe, and writes "
      "a "
      "lock: every input by digest and size, under its upstream name. 'build' uses the lock and nothing else. A lock that has not changed "
      "keeps its serial.";
  command.examples = {"rootcellar lock profiles/lab.yaml -o lab.lock.yaml",
                      "rootcellar lock profiles/lab.yaml --variant gpu --set page=1.1",
                      "rootcellar lock site.yaml --mirror docker.io=https://mirror.example.org/hub --ca-file ca.pem"};
  command.options = lock_options(*words);
  command.run = [words](cli::Console& console) { return lock_appliance(console, *words); };
  return command;
}

}  // namespace rootcellar
