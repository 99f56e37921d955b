// The worked example of FORMAT.md, made again by the code. ROOTCELLAR_ACCEPT=1 writes what the code makes into the document.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/support/golden.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

const std::string k_document = cat(RC_SOURCE_DIR, "/bundle/FORMAT.md");
constexpr std::string_view k_begin = "<!-- example begins -->\n```\n";
constexpr std::string_view k_end = "```\n<!-- example ends -->\n";

/// As `hexdump -C` shows bytes: repeated lines become one "*".
std::string hexdump(std::string_view bytes) {
  constexpr char k_digits[] = "0123456789abcdef";
  std::string out;
  std::string before;
  bool starred = false;
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    std::string_view row = bytes.substr(at, 16);
    bool repeated = row == before && at + 16 < bytes.size();
    if (repeated && !starred) out += "*\n";
    starred = repeated;
    if (repeated) continue;
    before = row;
    for (int shift = 28; shift >= 0; shift -= 4) out += k_digits[(at >> shift) & 15];
    out += ' ';
    for (std::size_t i = 0; i < 16; ++i) {
      if (i == 8) out += ' ';
      if (i >= row.size()) {
        out += "   ";
        continue;
      }
      auto byte = static_cast<unsigned char>(row[i]);
      out += cat(' ', k_digits[byte >> 4], k_digits[byte & 15]);
    }
    out += "  |";
    for (char c : row) out += c >= ' ' && c <= '~' ? c : '.';
    out += "|\n";
  }
  return out;
}

TEST(Format, TheWorkedExampleIsWhatTheCodeMakes) {
  TemporaryDirectory folder("rc-bundle");
  std::string hello = "hello, cellar\n";
  auto paths = test::build(folder.path(), {{Bytes(hello.begin(), hello.end()), BlobMode::asis}}, {.level = 9});
  std::string made = hexdump(test::slurp(paths.at(0)));
  std::string document = test::slurp(k_document);
  std::size_t begin = document.find(k_begin);
  std::size_t end = document.find(k_end);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end);
  begin += k_begin.size();
  test::expect_text(k_document, document.replace(begin, end - begin, made));
}

}  // namespace
}  // namespace rootcellar
