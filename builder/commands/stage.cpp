#include "builder/assemble/stage.h"

#include <ctime>
#include <memory>

#include "builder/commands/bundle_words.h"
#include "builder/commands/installer_kit.h"
#include "builder/commands/keys.h"
#include "builder/commands/program.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/pki/provided.h"
#include "bundle/pki/summary.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_signature = 8192;
constexpr std::size_t k_max_pem = std::size_t{1} << 20;

struct StageWords {
  BundleWords bundle;
  std::vector<std::string> sticks;
  std::optional<std::string> certificate;
};

std::string folder_of(const BundleWords& words) {
  const auto status = file_status_followed(words.bundle);
  return status && status->type == FileStatus::Type::file ? path_parent(words.bundle) : words.bundle;
}

std::string kit_file(const std::string& folder, const char* name) {
  const std::string path = path_join(folder, name);
  if (!file_status_followed(path))
    throw InputError(cat("cannot find '", path, "'"), "name the folder that 'rootcellar build' wrote, or build the bundle again");
  return path;
}

/// Without --trust, the keys of the build: enough to see that the files belong together. Whether they are the right keys the paper says.
TrustPolicy policy_of(const StageWords& words) {
  return read_trust(words.bundle.trust ? *words.bundle.trust : kit_file(folder_of(words.bundle), KitNames::signers));
}

StageOptions options_of(const StageWords& words) {
  const std::string folder = folder_of(words.bundle);
  return {.sticks = words.sticks,
          .installer = kit_file(folder, KitNames::installer),
          .installer_signature = read_file(kit_file(folder, KitNames::installer_signature), k_max_signature),
          .start_signature = read_file(kit_file(folder, KitNames::start_signature), k_max_signature)};
}

void check_signed(std::string_view what, std::string_view bytes, const std::string& signature_text, const TrustPolicy& policy) {
  const Signature signature = Signature::parse(signature_text, what);
  for (const TrustedKey& key : policy.keys) {
    if (key.key.id == signature.key_id && verify_signature(as_bytes(bytes), signature, key.key)) return;
  }
  throw TrustError(cat("cannot stage '", what, "': its signature does not hold"), "build the bundle again with this version of rootcellar");
}

void check_kit(const StageOptions& options, const Bundle& bundle, const TrustPolicy& policy) {
  constexpr std::size_t k_max_installer = std::size_t{64} << 20;
  check_signed("rootcellar-install", read_file(options.installer, k_max_installer), options.installer_signature, policy);
  check_signed("START.sh", stick_start_script(bundle.header()), options.start_signature, policy);
}

void show(const Bundle& bundle, const StageResult& result, const TrustPolicy& policy, const std::optional<StagedCertificate>& certificate,
          cli::Console& console) {
  for (const StageResult::Placed& placed : result.sticks) {
    if (console.json())
      console.event("staged", JsonValue::object({{"stick", JsonValue::string(placed.stick)},
                                                 {"files", JsonValue::string_array(placed.files)},
                                                 {"bytes", JsonValue::number(placed.bytes)}}));
    if (!console.json()) console.print(cat(placed.stick, ": ", join(placed.files, ", "), " (", human_size(placed.bytes), ")\n"));
  }
  console.say(cat(bundle_name(bundle.header()), " is on the stick, read back and compared."));
  for (const Signature& signature : bundle.signatures()) {
    for (const TrustedKey& key : policy.keys) {
      if (key.key.id == signature.key_id) console.say(cat("signed by ", fingerprint_line(key.key)));
    }
  }
  if (certificate)
    console.say(cat("The certificate for ", join(certificate->names, ", "), " is good until ", format_time(certificate->until), "."));
  console.say("Compare the six words with your paper; the paper travels another way than the stick.");
}

/// Checked here, where another can still be had.
StagedCertificate read_certificate(const std::string& folder) {
  const std::string chain = read_file(path_join(folder, "chain.pem"), k_max_pem), key = read_file(path_join(folder, "key.pem"), k_max_pem);
  std::vector<std::string> faults = faults_of({chain, key, {}, std::time(nullptr)});
  const auto summary = summary_of(chain);
  if (faults.empty() && (!summary || summary->names.empty())) faults.emplace_back("it is for no name");
  if (!faults.empty())
    throw InputError(cat("cannot stage the certificate in '", folder, "': ", join(faults, "; ")), "'rootcellar certificate' obtains one");
  return {chain, key, summary->names, summary->until};
}

/// The signers' keys go along, never believed for lying there: who types the six words says with them which key is meant.
std::vector<std::pair<std::string, std::string>> signers_keys(const Bundle& bundle, const TrustPolicy& policy) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const Signature& signature : bundle.signatures()) {
    for (const TrustedKey& key : policy.keys) {
      if (key.key.id == signature.key_id) files.emplace_back(cat("key-", lower_ascii(key.key.id_text()), ".pub"), key.key.file_text());
    }
  }
  return files;
}

ExitCode stage_bundle(cli::Console& console, const StageWords& words) {
  StageOptions options = options_of(words);
  const TrustPolicy policy = policy_of(words);
  Bundle bundle = Bundle::open(find_bundle(words.bundle, console), policy);
  options.public_keys = signers_keys(bundle, policy);
  if (words.certificate) options.certificate = read_certificate(*words.certificate);
  check_kit(options, bundle, policy);
  const StageResult result = stage(bundle, options, console.progress());
  show(bundle, result, policy, options.certificate, console);
  return ExitCode::ok;
}

}  // namespace

cli::Command stage_command() {
  auto words = std::make_shared<StageWords>();
  cli::Command command;
  command.name = "stage";
  command.summary = "put a bundle on sticks";
  command.description =
      "Copies volumes, installer, START.sh and README.txt to one or several sticks, each volume where there is room, and reads everything "
      "back "
      "past the page cache. Needs no key: the installer was signed by 'build'. Other files on the sticks are left alone.";
  command.examples = {"rootcellar stage out --to /media/STICK",
                      "rootcellar stage out --to /media/A --to /media/B --bundle lab-gpu-3-amd64"};
  command.options = bundle_options(words->bundle, true);
  command.options.push_back({.names = "--to",
                             .value = "STICK",
                             .help = "mount point of a stick; may be given several times",
                             .list = &words->sticks,
                             .required = true});
  command.options.push_back({.names = "--certificate",
                             .value = "DIR",
                             .help = "take chain.pem and key.pem of DIR along, for the server on the other side",
                             .optional_text = &words->certificate});
  command.run = [words](cli::Console& console) { return stage_bundle(console, *words); };
  return command;
}

}  // namespace rootcellar
