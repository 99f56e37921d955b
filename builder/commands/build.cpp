#include <memory>

#include "builder/assemble/assemble.h"
#include "builder/commands/counted.h"
#include "builder/commands/installer_kit.h"
#include "builder/commands/keys.h"
#include "builder/commands/program.h"
#include "builder/commands/workbench.h"
#include "builder/lock/lock.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/base/zstd.h"

namespace rootcellar {
namespace {

struct BuildWords {
  std::string lock;
  std::vector<std::string> keys;
  std::vector<std::string> passphrase_files;
  std::string output = ".";
  std::uint64_t volume_size = limits::k_volume_size;
  std::uint64_t level = 9;
  std::optional<std::string> installer;
  FetchWords fetch;
};

void check_words(const BuildWords& words) {
  if (words.level < 1 || words.level > 19) throw UsageError(cat("expected a level from 1 to 19, found ", words.level));
  if (words.volume_size < limits::k_min_volume_size || words.volume_size > limits::k_max_volume_size)
    throw UsageError(cat("expected a volume size from ", human_size(limits::k_min_volume_size), " to ",
                         human_size(limits::k_max_volume_size), ", found ", human_size(words.volume_size)));
}

void warn_versions(const Lock& lock, cli::Console& console) {
  if (lock.zstd != zstd_version())
    console.warn(cat("the lock was made with zstd ", lock.zstd, ", this is ", zstd_version(),
                     ": the bundle's bytes may differ, its content does not"));
  if (lock.builder != ROOTCELLAR_VERSION)
    console.warn(cat("the lock was made by rootcellar ", lock.builder, ", this is " ROOTCELLAR_VERSION ": the bundle's bytes may differ"));
}

void show(const AssembleResult& result, const std::vector<SecretKey>& keys, cli::Console& console) {
  if (console.json()) {
    std::vector<std::string> words;
    for (const SecretKey& key : keys) words.push_back(fingerprint_line(key.public_key()));
    return console.event("built", JsonValue::object({{"bundle", JsonValue::string(bundle_name(result.header))},
                                                     {"id", JsonValue::string(bundle_id(encode_header(result.header)))},
                                                     {"volumes", JsonValue::string_array(result.volumes)},
                                                     {"fetched", JsonValue::number(result.fetched)},
                                                     {"fingerprints", JsonValue::string_array(words)}}));
  }
  for (const std::string& volume : result.volumes) console.print(cat(volume, "\n"));
  console.say(cat(bundle_name(result.header), ": ", human_size(result.header.payload), " in ", counted(result.header.volumes, "volume"),
                  "; fetched ", human_size(result.fetched)));
  for (const SecretKey& key : keys) console.say(cat("signed by ", fingerprint_line(key.public_key())));
  console.say("The six words must be the same as on your paper.");
}

/// Everything that can be wrong without the network is found before the first byte is fetched or written.
ExitCode build(cli::Console& console, const BuildWords& words) {
  check_words(words);
  const Lock lock = read_lock(words.lock);
  warn_versions(lock, console);
  const std::string installer = find_installer(words.installer, lock.architecture);
  const std::vector<SecretKey> keys = open_secret_keys(words.keys, words.passphrase_files, console);
  const InstallerKit kit = make_installer_kit(installer, lock, keys, words.keys);
  std::vector<const SecretKey*> signers;
  for (const SecretKey& key : keys) signers.push_back(&key);
  Workbench bench(words.fetch, path_parent(words.lock), lock.architecture, console);
  make_directories(words.output);
  const AssembleOptions options{
      .directory = words.output, .volume_size = words.volume_size, .jobs = jobs_of(words.fetch), .level = static_cast<int>(words.level)};
  const AssembleResult result =
      with_note(cat("building '", words.lock, "'"), [&] { return assemble(lock, signers, options, bench.context()); });
  write_installer_kit(kit, words.output);
  show(result, keys, console);
  return ExitCode::ok;
}

std::vector<cli::Option> build_options(BuildWords& words) {
  std::vector<cli::Option> options = {
      {.names = "LOCK", .help = "made by 'rootcellar lock'", .text = &words.lock, .required = true},
      {.names = "--key",
       .value = "FILE",
       .help = "secret key to sign with; may be given up to 8 times",
       .list = &words.keys,
       .required = true},
      {.names = "--passphrase-file",
       .value = "FILE",
       .help = "the first line of FILE opens the keys; given once for all keys, or once for each",
       .list = &words.passphrase_files},
      {.names = "-o,--output", .value = "DIR", .help = "where the volumes are written; default: here", .text = &words.output},
      {.names = "--volume-size",
       .value = "SIZE",
       .help = "largest size of one volume file; default: 4 GiB - 64 KiB, which FAT32 takes",
       .size = &words.volume_size},
      {.names = "--level", .value = "N", .help = "zstd level 1 to 19 for what is not compressed yet; default: 9", .number = &words.level},
      {.names = "--installer",
       .value = "FILE",
       .help = "the rootcellar-install that travels with the bundle; default: beside this program",
       .optional_text = &words.installer}};
  for (cli::Option& option : fetch_options(words.fetch)) options.push_back(std::move(option));
  return options;
}

}  // namespace

cli::Command build_command() {
  auto words = std::make_shared<BuildWords>();
  cli::Command command;
  command.name = "build";
  command.summary = "make a signed bundle from a lock";
  command.description =
      "Fetches what the lock pins and is not in the cache yet, and writes it as signed volumes PRODUCT-VARIANT-SERIAL-ARCH.vNN.cellar. The "
      "same lock gives the same bytes. Beside the volumes it puts the installer, signed by the first key, and signers.yaml, which 'stage' "
      "reads. Prints the keys' fingerprints as six words.";
  command.examples = {"rootcellar build lab.lock.yaml --key ~/keys/lab-team.key -o out",
                      "rootcellar build lab.lock.yaml --key a.key --key b.key --volume-size 2GiB -o out"};
  command.options = build_options(*words);
  command.run = [words](cli::Console& console) { return build(console, *words); };
  return command;
}

}  // namespace rootcellar
