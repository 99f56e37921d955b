// Keys and signatures, and that Debian's own minisign agrees with them.
#include "bundle/base/signing.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_message = "product: lab\nserial: 7\n";

ProcessResult minisign(const std::vector<std::string>& arguments, std::string input = {}) {
  ProcessSpec spec;
  const auto program = find_program("minisign");
  if (!program) throw SystemError("these tests need Debian's package minisign");
  spec.argv = {*program};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  spec.input = std::move(input);
  spec.time_limit_seconds = 120;
  return run_process(spec);
}

struct Files {
  TemporaryDirectory directory{"rc-signing-test"};
  std::string path(std::string_view name) const { return path_join(directory.path(), name); }
  void write(std::string_view name, std::string_view text) const { write_file_atomically(path(name), text, 0600); }
  std::string read(std::string_view name) const { return read_file(path(name), 1 << 20); }
};

TEST(Signing, RoundTrip) {
  const SecretKey key = SecretKey::generate();
  const Signature signature = key.sign(as_bytes(k_message), "lab 7");
  EXPECT_TRUE(verify_signature(as_bytes(k_message), signature, key.public_key()));
  EXPECT_FALSE(verify_signature(as_bytes("product: lab\nserial: 8\n"), signature, key.public_key()));
  EXPECT_FALSE(verify_signature(as_bytes(k_message), signature, SecretKey::generate().public_key()));
}

TEST(Signing, EmptyMessageAndOneByte) {
  const SecretKey key = SecretKey::generate();
  for (const std::string_view message : {"", "x"}) {
    EXPECT_TRUE(verify_signature(as_bytes(message), key.sign(as_bytes(message), ""), key.public_key()));
  }
}

TEST(Signing, FilesRoundTrip) {
  const SecretKey key = SecretKey::generate();
  const PublicKey public_key = key.public_key();
  EXPECT_EQ(PublicKey::parse(public_key.file_text(), "lab.pub"), public_key);
  EXPECT_EQ(PublicKey::parse(public_key.base64(), "lab.pub"), public_key);
  EXPECT_EQ(public_key.file_text(), cat("untrusted comment: minisign public key ", public_key.id_text(), "\n", public_key.base64(), "\n"));
  const Signature signature = key.sign(as_bytes(k_message), "lab 7");
  const std::string text = signature.file_text("signature of lab");
  EXPECT_EQ(Signature::parse(text, "lab.minisig").file_text("signature of lab"), text);
  EXPECT_EQ(SecretKey::parse(key.file_text(""), "", "lab.key").public_key(), public_key);
}

TEST(Signing, LineEndsOfWindowsAreFine) {
  const SecretKey key = SecretKey::generate();
  const PublicKey public_key = key.public_key();
  EXPECT_EQ(PublicKey::parse(cat("untrusted comment: x\r\n", public_key.base64(), "\r\n"), "lab.pub"), public_key);
}

TEST(Signing, ProtectedKeyNeedsItsPassphrase) {
  const SecretKey key = SecretKey::generate();
  const std::string text = key.file_text("correct horse");
  EXPECT_TRUE(SecretKey::is_protected(text, "lab.key"));
  EXPECT_FALSE(SecretKey::is_protected(key.file_text(""), "lab.key"));
  EXPECT_EQ(SecretKey::parse(text, "correct horse", "lab.key").public_key(), key.public_key());
  EXPECT_EQ(error_text([&] { SecretKey::parse(text, "wrong", "lab.key"); }), "error: lab.key: wrong passphrase\n");
  EXPECT_EQ(error_text([&] { SecretKey::parse(text, "", "lab.key"); }), "error: lab.key: the key needs its passphrase\n");
}

TEST(Signing, EveryFlippedByteOfASignatureFileIsNoticed) {
  const SecretKey key = SecretKey::generate();
  const std::string text = key.sign(as_bytes(k_message), "lab 7").file_text("c");
  const std::size_t comment = std::string_view("untrusted comment: ").size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == comment) continue;  // the untrusted comment is just that
    std::string bad = text;
    bad[i] = static_cast<char>(bad[i] ^ 0x04);
    try {
      EXPECT_FALSE(verify_signature(as_bytes(k_message), Signature::parse(bad, "lab.minisig"), key.public_key())) << i;
    } catch (const InputError&) {
      // refused while reading: as good
    }
  }
}

TEST(Signing, TruncatedFilesAreRefused) {
  const SecretKey key = SecretKey::generate();
  const std::string signature = key.sign(as_bytes(k_message), "").file_text("c");
  for (std::size_t length = 0; length + 1 < signature.size(); ++length) {
    EXPECT_THROW(Signature::parse(signature.substr(0, length), "s"), InputError) << length;
  }
  const std::string public_key = key.public_key().file_text(), secret_key = key.file_text("");
  for (std::size_t length = 0; length + 1 < public_key.size(); ++length)
    EXPECT_THROW(PublicKey::parse(public_key.substr(0, length), "p"), InputError);
  for (std::size_t length = 0; length + 1 < secret_key.size(); ++length)
    EXPECT_THROW(SecretKey::parse(secret_key.substr(0, length), "", "k"), InputError);
}

TEST(Signing, FlippedBytesOfAKeyFileAreRefusedOrAnotherKey) {
  const SecretKey key = SecretKey::generate();
  const std::string text = key.file_text("");
  const std::size_t start = text.find('\n') + 1;
  auto bytes = *base64_decode(std::string_view(text).substr(start, text.size() - start - 1));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= 0x01;
    try {
      const SecretKey other = SecretKey::parse(cat("untrusted comment: x\n", base64_encode(bytes), "\n"), "", "k");
      const bool only_id_or_unused = (i >= 6 && i < 62);
      EXPECT_TRUE(only_id_or_unused) << i;
    } catch (const InputError&) {
      EXPECT_FALSE(i >= 6 && i < 54) << i;
    }
    bytes[i] ^= 0x01;
  }
}

TEST(Signing, Messages) {
  EXPECT_EQ(error_text([] { PublicKey::parse("", "lab.pub"); }), "error: lab.pub: expected a minisign public key (42 bytes in base64)\n");
  EXPECT_EQ(error_text([] { PublicKey::parse("a\nb\nc\n", "lab.pub"); }),
            "error: lab.pub: not a minisign public key: expected a comment line and a base64 line\n");
  EXPECT_EQ(error_text([] { Signature::parse("x\n", "s"); }), "error: s: not a minisign signature: expected 4 lines, found 1\n");
  EXPECT_EQ(error_text([] { SecretKey::parse("x\n", "", "k"); }),
            "error: k: not a minisign secret key: expected a comment line and a base64 line\n");
  EXPECT_EQ(error_text([] { PublicKey::parse(std::string(8193, 'x'), "p"); }), "error: p: larger than the limit of 8.2 kB\n");
}

TEST(Signing, FingerprintIsFixedForAKey) {
  PublicKey key;
  for (std::size_t i = 0; i < key.point.size(); ++i) key.point[i] = static_cast<std::uint8_t>(i);
  const std::string words = key.fingerprint_words();
  EXPECT_EQ(words, "voyage hedge bake pang subtle frock");
  EXPECT_EQ(split(words, ' ').size(), 6u);
  key.id[0] = 1;
  EXPECT_NE(key.fingerprint_words(), words);
}

TEST(Minisign, ChecksOurSignature) {
  const Files files;
  const SecretKey key = SecretKey::generate();
  files.write("m", k_message);
  files.write("m.minisig", key.sign(as_bytes(k_message), "lab 7").file_text("signature of lab"));
  files.write("lab.pub", key.public_key().file_text());
  const ProcessResult good = minisign({"-V", "-p", files.path("lab.pub"), "-m", files.path("m")});
  EXPECT_EQ(good.exit_code, 0) << good.error_output;
  EXPECT_EQ(good.output, "Signature and comment signature verified\nTrusted comment: lab 7\n");
  files.write("m", "something else");
  EXPECT_NE(minisign({"-V", "-p", files.path("lab.pub"), "-m", files.path("m")}).exit_code, 0);
}

TEST(Minisign, SignsWithOurKeysAndWeCheckIt) {
  const Files files;
  for (const std::string passphrase : {"", "correct horse"}) {
    const SecretKey key = SecretKey::generate();
    files.write("lab.key", key.file_text(passphrase));
    files.write("m", k_message);
    const ProcessResult result =
        minisign({"-S", "-s", files.path("lab.key"), "-m", files.path("m"), "-t", "by stock tools"}, passphrase + "\n");
    ASSERT_EQ(result.exit_code, 0) << result.output << result.error_output;
    const Signature signature = Signature::parse(files.read("m.minisig"), "m.minisig");
    EXPECT_EQ(signature.trusted_comment, "by stock tools");
    EXPECT_TRUE(verify_signature(as_bytes(k_message), signature, key.public_key()));
  }
}

TEST(Minisign, ItsUnprotectedKeyIsOurs) {
  const Files files;
  ASSERT_EQ(minisign({"-G", "-W", "-p", files.path("m.pub"), "-s", files.path("m.key")}).exit_code, 0);
  const SecretKey key = SecretKey::parse(files.read("m.key"), "", "m.key");
  EXPECT_EQ(key.public_key(), PublicKey::parse(files.read("m.pub"), "m.pub"));
  // Its comment leaves out the zeros a key id begins with; ours is always 16 digits.
  const auto key_line = [](const std::string& text) { return text.substr(text.find('\n')); };
  EXPECT_EQ(key_line(key.public_key().file_text()), key_line(files.read("m.pub")));
}

TEST(Minisign, ItsLegacySignatureIsAccepted) {
  const Files files;
  const SecretKey key = SecretKey::generate();
  files.write("lab.key", key.file_text(""));
  files.write("m", k_message);
  ASSERT_EQ(minisign({"-S", "-l", "-s", files.path("lab.key"), "-m", files.path("m")}, "\n").exit_code, 0);
  const Signature signature = Signature::parse(files.read("m.minisig"), "m.minisig");
  EXPECT_EQ(signature.algorithm, (std::array<char, 2>{'E', 'd'}));
  EXPECT_TRUE(verify_signature(as_bytes(k_message), signature, key.public_key()));
}

TEST(Secret, TextIsMovedNotCopied) {
  SecretText first(std::string("a passphrase longer than any small buffer"));
  const SecretText second(std::move(first));
  EXPECT_EQ(second.view(), "a passphrase longer than any small buffer");
}

TEST(Secret, MemoryStartsEmptyAndRandomFillsIt) {
  SecretMemory memory(64);
  EXPECT_EQ(Bytes(memory.bytes().begin(), memory.bytes().end()), Bytes(64, 0));
  random_bytes(memory.bytes());
  EXPECT_NE(Bytes(memory.bytes().begin(), memory.bytes().end()), Bytes(64, 0));
  wipe(memory.bytes());
  EXPECT_EQ(Bytes(memory.bytes().begin(), memory.bytes().end()), Bytes(64, 0));
}

TEST(Secret, KeptOutOfCores) {
  const auto child = [] {
    keep_secrets_out_of_cores();
    const std::string limits = read_file("/proc/self/limits", 1 << 16);
    _exit(limits.find("Max core file size        0                    0") == std::string::npos ? 1 : 0);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace rootcellar
