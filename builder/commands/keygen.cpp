#include <memory>

#include "builder/commands/keys.h"
#include "builder/commands/program.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

struct KeygenWords {
  std::string name;
  std::string out = ".";
  std::string passphrase_file;
  bool no_passphrase = false;
};

struct KeyFiles {
  std::string secret, open;
};

void refuse_existing(const KeyFiles& files) {
  for (const std::string& path : {files.secret, files.open}) {
    if (file_status(path))
      throw UsageError(cat("cannot write '", path, "': it exists already"), "a key is never overwritten; choose another name");
  }
}

SecretText ask_twice(cli::Console& console) {
  SecretText first = console.ask_secret("passphrase for the new key: ", "a passphrase");
  if (first.view().empty()) throw UsageError("the passphrase is empty", "--no-passphrase makes a key without one");
  const SecretText second = console.ask_secret("the same once more: ", "the passphrase again");
  if (first.view() != second.view()) throw UsageError("the two passphrases differ", "nothing was written; run the command again");
  return first;
}

SecretText choose_passphrase(const KeygenWords& words, cli::Console& console) {
  if (words.no_passphrase && !words.passphrase_file.empty()) throw UsageError("--no-passphrase and --passphrase-file exclude each other");
  if (!words.passphrase_file.empty()) return read_passphrase_file(words.passphrase_file);
  if (!words.no_passphrase) return ask_twice(console);
  console.warn("this key has no passphrase: whoever reads its file can sign in your name");
  return SecretText(std::string());
}

void show(const KeyFiles& files, const PublicKey& key, cli::Console& console) {
  if (console.json()) {
    return console.event("key", JsonValue::object({{"secret_key", JsonValue::string(files.secret)},
                                                   {"public_key", JsonValue::string(files.open)},
                                                   {"key_id", JsonValue::string(key.id_text())},
                                                   {"fingerprint", JsonValue::string(key.fingerprint_words())}}));
  }
  console.print(cat("secret key   ", files.secret, "\npublic key   ", files.open, "\nkey id       ", key.id_text(), "\nfingerprint  ",
                    key.fingerprint_words(), "\n"));
  console.say("Write the six words on paper, and let the paper travel another way than the stick.");
}

ExitCode keygen(cli::Console& console, const KeygenWords& words) {
  if (!is_file_name(words.name))
    throw UsageError(cat("'", printable(words.name), "' cannot name a key: expected letters, digits, '.', '_', '+' and '-'"));
  const std::string stem = words.out == "." ? words.name : path_join(words.out, words.name);
  const KeyFiles files{stem + ".key", stem + ".pub"};
  refuse_existing(files);
  const SecretText passphrase = choose_passphrase(words, console);
  const SecretKey key = SecretKey::generate();
  const SecretText text(key.file_text(passphrase.view()));
  make_directories(words.out, 0700);
  refuse_existing(files);  // typing a passphrase takes a while
  write_file_atomically(files.secret, text.view(), 0600);
  write_file_atomically(files.open, key.public_key().file_text());
  show(files, key.public_key(), console);
  return ExitCode::ok;
}

}  // namespace

cli::Command keygen_command() {
  auto words = std::make_shared<KeygenWords>();
  cli::Command command;
  command.name = "keygen";
  command.summary = "make a key pair for signing bundles";
  command.description =
      "Makes NAME.key, which signs and stays on the machine that builds, and NAME.pub, which checks. Both are minisign's files. Prints the "
      "key's fingerprint as six words for paper: the installer asks for them when it meets the key for the first time.";
  command.examples = {"rootcellar keygen lab-team --out ~/keys", "rootcellar keygen ci --passphrase-file /run/secrets/passphrase"};
  command.options = {{.names = "NAME", .help = "name of the two files", .text = &words->name, .required = true},
                     {.names = "--out", .value = "DIR", .help = "where they are written; default: here", .text = &words->out},
                     {.names = "--passphrase-file",
                      .value = "FILE",
                      .help = "protect the key with the first line of FILE",
                      .text = &words->passphrase_file},
                     {.names = "--no-passphrase",
                      .help = "leave the key unprotected, for tests and machines that keep secrets otherwise",
                      .flag = &words->no_passphrase}};
  command.run = [words](cli::Console& console) { return keygen(console, *words); };
  return command;
}

}  // namespace rootcellar
