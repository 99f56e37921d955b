#include "installer/run/site_get.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/support/memory_host.h"
#include "tests/support/thrown.h"

namespace rootcellar {
namespace {



HttpReply asked(const ToolResult& said, ToolCall* seen = nullptr, const std::string& url = "https://127.0.0.1:5000/v2/") {
  MemoryHost host;
  host.set_tool("/usr/bin/openssl", [&](MemoryHost&, const ToolCall& call) {
    if (seen != nullptr) *seen = call;
    return said;
  });
  return site_get(host, url, 5);
}

TEST(SiteGet, AsksByOpensslAndBelievesTheSiteAlone) {
  ToolCall call;
  const HttpReply reply = asked({0, false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", ""}, &call);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{}");
  EXPECT_EQ(join(call.argv, " "),
            "/usr/bin/openssl s_client -connect 127.0.0.1:5000 -CAfile /etc/rootcellar/site-ca.crt -verify_ip 127.0.0.1 -verify_return_error -quiet");
  EXPECT_EQ(call.input, "GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(call.time_limit, 5u);
  asked({0, false, "HTTP/1.1 200 OK\r\n\r\n", ""}, &call, "https://[::1]:5000/");
  EXPECT_EQ(call.argv.at(3) + " " + call.argv.at(7), "[::1]:5000 ::1");
}

TEST(SiteGet, SaysWhyThereIsNoAnswer) {
  EXPECT_EQ(asked({1, false, "", "depth=0 CN = lab\nverify error:num=20:unable to get local issuer certificate\nmore\n"}).body,
            "verify error:num=20:unable to get local issuer certificate");
  EXPECT_EQ(asked({1, false, "", "40:error:8000006F:system library:BIO_connect:Connection refused:bss\nconnect:errno=111\n"}).body,
            "40:error:8000006F:system library:BIO_connect:Connection refused:bss");
  EXPECT_EQ(asked({1, false, "", "odd\n"}).body, "openssl got no answer");
  EXPECT_EQ(asked({1, true, "", ""}).body, "no answer within 5 s");
  EXPECT_EQ(asked({0, false, "no http", ""}).status, 0);
}

TEST(SiteGet, KnowsNoNames) {
  MemoryHost host;
  EXPECT_EQ(test::message_of([&] { site_get(host, "https://lab.internal:5000/", 5); }),
            "expected an https:// address with a numeric host, found 'https://lab.internal:5000/'");
}

}  // namespace
}  // namespace rootcellar
