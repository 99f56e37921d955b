#include "builder/source/http_rules.h"

#include <gtest/gtest.h>

#include "builder/source/http_failure.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

TEST(RetryDelay, DoublesUpToHalfAMinute) {
  EXPECT_EQ(retry_delay(0, 1000, {}), 1000u);
  EXPECT_EQ(retry_delay(1, 1000, {}), 2000u);
  EXPECT_EQ(retry_delay(4, 1000, {}), 16000u);
  EXPECT_EQ(retry_delay(5, 1000, {}), 30000u);
  EXPECT_EQ(retry_delay(4000000000, 1000, {}), 30000u);
  EXPECT_EQ(retry_delay(3, 0, {}), 0u);
  EXPECT_EQ(retry_delay(0, ~std::uint64_t{0}, {}), 30000u);
}

TEST(RetryDelay, TheServersWishCountsUnlessItIsTooLong) {
  EXPECT_EQ(retry_delay(0, 1000, 7), 7000u);
  EXPECT_EQ(retry_delay(4, 1000, 7), 16000u);
  EXPECT_EQ(retry_delay(0, 1000, 300), 300000u);
  EXPECT_EQ(retry_delay(0, 1000, 301), std::nullopt);
  EXPECT_EQ(retry_delay(0, 1000, ~std::uint64_t{0}), std::nullopt);
}

TEST(HttpStatus, SomeMayChangeByWaiting) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) EXPECT_TRUE(is_transient_status(status)) << status;
  for (const int status : {200, 206, 301, 400, 401, 403, 404, 410, 416, 501, 505}) EXPECT_FALSE(is_transient_status(status)) << status;
  EXPECT_EQ(status_text(404), "404 Not Found");
  EXPECT_EQ(status_text(799), "799");
}

TEST(HttpHeader, IsSplitAtItsColon) {
  const std::optional<HeaderLine> line = parse_header_line("WWW-Authenticate:  Basic realm=\"a:b\" \r\n");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->name, "www-authenticate");
  EXPECT_EQ(line->value, "Basic realm=\"a:b\"");
  for (const char* other : {"", "\r\n", "HTTP/1.1 200 OK: really\r\n", ": x", "no colon"}) EXPECT_FALSE(parse_header_line(other)) << other;
}

TEST(HttpHeader, ContentRange) {
  EXPECT_EQ(content_range_first("bytes 100-199/200"), 100u);
  EXPECT_EQ(content_range_first("bytes 0-0/*"), 0u);
  for (const char* bad : {"", "bytes", "bytes */200", "bytes -5/200", "100-199/200", "bytes x-1/2", "bytes 99999999999999999999-1/2"}) {
    EXPECT_FALSE(content_range_first(bad)) << bad;
  }
}

TEST(HttpHeader, HtmlByItsType) {
  EXPECT_TRUE(is_html("text/html"));
  EXPECT_TRUE(is_html("Text/HTML; charset=utf-8"));
  EXPECT_TRUE(is_html("application/xhtml+xml"));
  EXPECT_FALSE(is_html("application/octet-stream"));
  EXPECT_FALSE(is_html(""));
}

TEST(HttpDate, OnlyTheFormOfToday) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  for (const char* bad : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Xxx 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 46 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_http_date(bad)) << bad;
  }
}

TransferFacts facts_of(TransferFault fault) {
  TransferFacts facts;
  facts.fault = fault;
  facts.host = "dl.example";
  facts.text = "Failed to connect to dl.example port 443 after 12 ms: Couldn't connect to server";
  facts.os_error = 111;
  facts.verify_result = 20;
  facts.position = 10;
  facts.whole = 30;
  facts.connect_timeout = 20;
  facts.stall_timeout = 60;
  return facts;
}

TEST(TransferFailure, OneSentenceForEachWayToFail) {
  const auto reason = [](TransferFault fault) { return describe_failure(facts_of(fault)).reason; };
  EXPECT_EQ(reason(TransferFault::no_address), "no address is known for 'dl.example'");
  EXPECT_EQ(reason(TransferFault::no_proxy_address), "no address is known for the proxy");
  EXPECT_EQ(reason(TransferFault::no_connection), "no connection to dl.example port 443: Connection refused");
  EXPECT_EQ(reason(TransferFault::timeout), "no connection to 'dl.example' within 20 s");
  EXPECT_EQ(reason(TransferFault::no_answer), "the server closed the connection without an answer");
  EXPECT_EQ(reason(TransferFault::cut), "the connection was cut after 10 of 30 bytes");
  EXPECT_EQ(reason(TransferFault::certificate), "the certificate of 'dl.example' is signed by an authority this machine does not know");
  EXPECT_EQ(reason(TransferFault::ca_file), "the certificates of --ca-file cannot be read");
  EXPECT_EQ(reason(TransferFault::redirects), "more than 10 redirects");
  EXPECT_EQ(reason(TransferFault::other_protocol), "it redirects from https to another protocol, which is refused");
}

TEST(TransferFailure, TellsWhatItKnows) {
  TransferFacts facts = facts_of(TransferFault::timeout);
  facts.connected = true;
  EXPECT_EQ(describe_failure(facts).reason, "'dl.example' sent nothing for 1 min");
  facts = facts_of(TransferFault::no_connection);
  facts.host = "other.example";
  EXPECT_EQ(describe_failure(facts).reason, "no connection to the proxy dl.example port 443: Connection refused");
  facts = facts_of(TransferFault::cut);
  facts.whole.reset();
  EXPECT_EQ(describe_failure(facts).reason, "the connection was cut after 10 bytes");
  facts.proxy_status = 407;
  EXPECT_EQ(describe_failure(facts).reason, "the proxy refuses the connection: 407 Proxy Authentication Required");
  facts = facts_of(TransferFault::tls);
  facts.text = "error:0A00010B:SSL routines::wrong version number";
  EXPECT_TRUE(describe_failure(facts).no_tls);
}

TEST(TransferFailure, CertificatesAreRefusedForAReason) {
  const auto reason = [](long result) {
    TransferFacts facts = facts_of(TransferFault::certificate);
    facts.verify_result = result;
    const TransferFailure failure = describe_failure(facts);
    EXPECT_FALSE(failure.transient);
    return failure.reason;
  };
  EXPECT_EQ(reason(0), "the certificate of 'dl.example' is for another name");
  EXPECT_EQ(reason(9), "the certificate of 'dl.example' is not valid yet");
  EXPECT_EQ(reason(10), "the certificate of 'dl.example' has expired");
  EXPECT_EQ(reason(23), "the certificate of 'dl.example' is refused (OpenSSL's verify error 23)");
}

}  // namespace
}  // namespace rootcellar
