#include "installer/plan/ticket.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/support/golden.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::error_of;
using test::sample_ticket;

const SecretKey& site_key() {
  static const SecretKey key = SecretKey::generate();
  return key;
}

const SecretKey& other_key() {
  static const SecretKey key = SecretKey::generate();
  return key;
}

JoinTicket whole_ticket() {
  JoinTicket ticket = sample_ticket();
  ticket.certificate_key = std::string(64, 'b');
  ticket.machines = {{"bench7", {"webServer", "dbServer"}}, {"bench8", {}}};
  ticket.domain = "lab.internal";
  ticket.domain_address = "192.0.2.240";
  ticket.authority = ticket.names_authority = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  return ticket;
}

JoinTicket opened(const std::string& text) { return open_sealed_ticket(read_sealed_ticket(text, "join.ticket"), "join.ticket"); }

TEST(Ticket, IsWrittenAndReadAgain) {
  const std::string text = seal_ticket(whole_ticket(), site_key());
  EXPECT_EQ(encode_ticket(opened(text)), encode_ticket(whole_ticket()));
  test::expect_golden("plan/join.ticket", encode_ticket(whole_ticket()));
}

TEST(Ticket, SaysWhatItIsInItsFirstLinesAndSecretsInNone) {
  const std::string text = seal_ticket(whole_ticket(), site_key());
  EXPECT_TRUE(text.starts_with("untrusted comment: rootcellar join ticket: a secret, erase it when all machines have joined\n")) << text;
  EXPECT_NE(text.find("\ntrusted comment: rootcellar join ticket lab-cpu serial 3 arch amd64 expires 2026-11-21T09:00:00Z\n"),
            std::string::npos);
}

// Every byte but those of the untrusted comment, which nobody believes.
TEST(Ticket, AlteredAnywhereItIsRefused) {
  const std::string text = seal_ticket(whole_ticket(), site_key());
  for (std::size_t at = text.find('\n') + 1; at < text.size(); ++at) {
    std::string altered = text;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    EXPECT_THROW(opened(altered), Error) << at;
  }
}

TEST(Ticket, CutAnywhereItIsRefused) {
  const std::string text = seal_ticket(whole_ticket(), site_key());
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_THROW(opened(text.substr(0, size)), Error) << size;
}

TEST(Ticket, AlteredItSaysSo) {
  std::string text = seal_ticket(whole_ticket(), site_key());
  text.replace(text.find("192.0.2.10"), 10, "192.0.2.66");
  EXPECT_EQ(error_of([&] { opened(text); }),
            "error: cannot use 'join.ticket': it is not what the site's key signed: it was altered or cut\n"
            "hint: make a new one with 'rootcellar-install ticket' on the first node\n");
}

TEST(Ticket, SignedAnewByAnotherKeyItCarriesThatKey) {
  const SealedTicket sealed = read_sealed_ticket(seal_ticket(whole_ticket(), other_key()), "join.ticket");
  EXPECT_EQ(sealed.key, other_key().public_key());
}

TEST(Ticket, OtherFilesAreNone) {
  const std::string refusal =
      "error: 'join.ticket' is no join ticket\nhint: make a new one with 'rootcellar-install ticket' on the first node\n";
  for (const std::string& text :
       {std::string(), std::string("a\nb\nc\nd\ne\nf\n"), std::string(300 << 10, '\n'), site_key().public_key().file_text()})
    EXPECT_EQ(error_of([&] { read_sealed_ticket(text, "join.ticket"); }), refusal);
  // Signed by the site, and without what makes it a ticket.
  EXPECT_EQ(error_of([&] { opened(seal_ticket(used_ticket(whole_ticket()), site_key())); }), refusal);
}

TEST(Ticket, ItsFaultsAreShownAllAtOnceWithoutSecrets) {
  JoinTicket ticket = whole_ticket();
  ticket.token = "ABCDEF.0123456789abcdef";
  ticket.address = "first.site";
  ticket.certificate_key = "b";
  EXPECT_EQ(error_of([&] { opened(seal_ticket(ticket, site_key())); }),
            "error: join.ticket:15:10: 'address': expected an IPv4 address\n"
            "  address: first.site\n"
            "           ^\n"
            "error: join.ticket:24:8: 'token': expected a bootstrap token\n"
            "error: join.ticket:25:18: 'certificate_key': expected 64 hex digits\n");
}

TEST(Ticket, OfAnotherVersion) {
  std::string text = encode_ticket(whole_ticket());
  text.replace(text.find("ticket: 1"), 9, "ticket: 2");
  EXPECT_EQ(error_of([&] { parse_ticket(text, "join.ticket"); }),
            "error: join.ticket:1:9: expected a ticket of version 1, found '2'\n"
            "  ticket: 2\n"
            "          ^\n"
            "hint: make a new one with 'rootcellar-install ticket' on the first node\n");
}

TEST(Ticket, UsedItHasNoSecretAndNoEnd) {
  const JoinTicket used = used_ticket(whole_ticket());
  EXPECT_EQ(used.token + used.certificate_key + used.signers, "");
  EXPECT_EQ(used.expires, 0);
  EXPECT_EQ(encode_ticket(parse_ticket(encode_ticket(used), "journal")), encode_ticket(used));
}

TEST(Ticket, IsForOneBundle) {
  const auto misfit = [](auto change) {
    Header header = test::sample_header();
    change(header);
    return ticket_misfit(sample_ticket(), header).value_or("fits");
  };
  EXPECT_EQ(misfit([](Header&) {}), "fits");
  EXPECT_EQ(misfit([](Header& header) { header.product = "other"; }), "the ticket is for product 'lab', and the bundle is 'other'");
  EXPECT_EQ(misfit([](Header& header) { header.variant = "gpu"; }), "the ticket is for variant 'cpu', and the bundle is 'gpu'");
  EXPECT_EQ(misfit([](Header& header) { header.architecture = "arm64"; }),
            "the ticket is for architecture 'amd64', and the bundle is 'arm64'");
  EXPECT_EQ(misfit([](Header& header) { header.serial = 4; }), "the ticket is for serial '3', and the bundle is '4'");
  EXPECT_TRUE(misfit([](Header& header) { header.payload += 1; }).starts_with("the ticket is for the bundle with the id '"));
}

}  // namespace
}  // namespace rootcellar
