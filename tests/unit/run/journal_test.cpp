#include "installer/run/journal.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/support/memory_host.h"

namespace rootcellar {
namespace {

using Kind = JournalRecord::Kind;
constexpr const char* k_path = "/var/lib/journal";

JournalRecord record(Kind kind, const std::string& step) {
  JournalRecord made{.kind = kind, .time = 1'800'000'000, .step = step, .data = JsonValue::object()};
  made.data.set("text", JsonValue::string("a \"quoted\"\nline"));
  return made;
}

std::string three_records() {
  return encode_record(record(Kind::plan, "")) + encode_record(record(Kind::begin, "one")) + encode_record(record(Kind::done, "one"));
}

TEST(Journal, KeepsRecordsInOrder) {
  MemoryHost host;
  Journal journal(host, k_path);
  journal.append(record(Kind::begin, "one"));
  journal.append(record(Kind::undone, "one"));
  const Journal again(host, k_path);
  ASSERT_EQ(again.records().size(), 2u);
  EXPECT_EQ(again.records()[0].kind, Kind::begin);
  EXPECT_EQ(again.records()[1].kind, Kind::undone);
  EXPECT_EQ(again.records()[1].step, "one");
  EXPECT_EQ(again.records()[1].data.text("text"), "a \"quoted\"\nline");
  EXPECT_EQ(host.status(k_path)->mode, 0600u);
}

TEST(Journal, ARecordIsLengthChecksumAndALine) {
  JournalRecord plain{.kind = Kind::finished, .time = 7, .step = "", .data = JsonValue::object()};
  const std::string bytes = encode_record(plain);
  EXPECT_EQ(bytes.substr(8), "{\"kind\":\"finished\",\"time\":7,\"step\":\"\",\"data\":{}}\n");
  EXPECT_EQ(bytes.substr(0, 4), std::string("1\0\0\0", 4));
}

// A power cut may leave any part of what was being appended.
TEST(Journal, ATornEndAtEveryByteIsDropped) {
  const std::string whole = three_records();
  const std::size_t two = whole.size() - encode_record(record(Kind::done, "one")).size();
  for (std::size_t cut = two; cut < whole.size(); ++cut) {
    MemoryHost host;
    host.add_file(k_path, whole.substr(0, cut), 0600);
    Journal journal(host, k_path);
    ASSERT_EQ(journal.records().size(), 2u) << cut;
    journal.append(record(Kind::finished, ""));
    const Journal again(host, k_path);
    ASSERT_EQ(again.records().size(), 3u) << cut;
    ASSERT_EQ(again.records()[2].kind, Kind::finished) << cut;
  }
}

TEST(Journal, AnEndOfZerosIsDropped) { EXPECT_EQ(decode_records(three_records() + std::string(500, '\0'), "journal").size(), 3u); }

// The length, the checksum and the line: no flip before the last record goes unnoticed.
TEST(Journal, DamageBeforeTheEndIsAnError) {
  const std::string whole = three_records();
  const std::size_t last = whole.size() - encode_record(record(Kind::done, "one")).size();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    if (at < last)
      EXPECT_THROW(decode_records(bytes, "journal"), InputError) << at;
    else
      EXPECT_EQ(decode_records(bytes, "journal").size(), 2u) << at;
  }
}

TEST(Journal, NamesTheDamagedRecord) {
  std::string bytes = three_records();
  bytes[10] = 'x';
  try {
    decode_records(bytes, "'/var/lib/journal'");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(render_error(error),
              "error: '/var/lib/journal': record 1 at byte 0: expected a record that fits its checksum, found damaged bytes before sound "
              "records\n"
              "hint: the disk or another program has changed the journal; restore it from a backup\n");
  }
}

TEST(Journal, AnEmptyOrAbsentFileIsEmpty) {
  MemoryHost host;
  EXPECT_TRUE(Journal(host, k_path).records().empty());
  host.add_file(k_path, "");
  EXPECT_TRUE(Journal(host, k_path).records().empty());
}

}  // namespace
}  // namespace rootcellar
