// What lego is told, and what is read from what it says; it runs in tests/upstream/acme.
#include "builder/acme/lego.h"

#include <gtest/gtest.h>

#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "tests/support/thrown.h"

namespace rootcellar {
namespace {

using Words = std::vector<std::string>;

LegoOrder order() {
  LegoOrder order;
  order.domain = "lab.duckdns.org";
  order.server = "https://ca.example:14000/dir";
  order.email = "me@lab.example";
  order.folder = "/cache/acme/ca.example_14000";
  order.hook = "/cache/acme/ca.example_14000/hook.sh";
  return order;
}

TEST(Lego, KeepsWhatBelongsToAServerApart) {
  EXPECT_EQ(server_folder(k_lets_encrypt), "acme-v02.api.letsencrypt.org");
  EXPECT_EQ(server_folder("https://127.0.0.1:14000/dir"), "127.0.0.1_14000");
  EXPECT_EQ(kept_account(order()), "/cache/acme/ca.example_14000/accounts/ca.example_14000/me@lab.example/account.json");
  EXPECT_EQ(kept_chain(order()), "/cache/acme/ca.example_14000/certificates/lab.duckdns.org.crt");
  EXPECT_EQ(kept_key(order()), "/cache/acme/ca.example_14000/certificates/lab.duckdns.org.key");
}

TEST(Lego, ArgumentsAreForTheDomainAndAllBelow) {
  Words expected{"--accept-tos",
                 "--server",
                 "https://ca.example:14000/dir",
                 "--email",
                 "me@lab.example",
                 "--path",
                 "/cache/acme/ca.example_14000",
                 "--dns",
                 "exec",
                 "--domains",
                 "lab.duckdns.org",
                 "--domains",
                 "*.lab.duckdns.org",
                 "run"};
  EXPECT_EQ(lego_arguments(order()), expected);
  LegoOrder asked = order();
  asked.resolver = "192.0.2.53:53";
  expected.insert(expected.end() - 1, {"--dns.resolvers", "192.0.2.53:53", "--dns.disable-cp"});
  EXPECT_EQ(lego_arguments(asked), expected);
}

TEST(Lego, EnvironmentIsOursWithoutSettingsForOthers) {
  LegoOrder with = order();
  with.ca_file = "/cache/ca.pem";
  with.wait = 5;
  EXPECT_EQ(lego_environment({"PATH=/usr/bin", "EXEC_MODE=RAW", "LEGO_PATH=/home", "HTTPS_PROXY=http://proxy"}, with),
            (Words{"PATH=/usr/bin", "HTTPS_PROXY=http://proxy", "EXEC_PATH=/cache/acme/ca.example_14000/hook.sh",
                   "EXEC_PROPAGATION_TIMEOUT=300", "EXEC_SEQUENCE_INTERVAL=5", "LEGO_CA_CERTIFICATES=/cache/ca.pem"}));
}

TEST(Lego, LinesWithoutTimeAndLevel) {
  EXPECT_EQ(lego_line("2026/11/25 17:40:00 [INFO] [lab.duckdns.org] acme: use dns-01 solver"), "[lab.duckdns.org] acme: use dns-01 solver");
  EXPECT_EQ(lego_line("2026/11/25 17:40:00 Could not obtain certificates:"), "Could not obtain certificates:");
  EXPECT_EQ(lego_line("\terror: words"), "error: words");
  EXPECT_EQ(lego_line(""), "");
  EXPECT_TRUE(is_lego_news("[lab.duckdns.org] acme: use dns-01 solver"));
  EXPECT_TRUE(is_lego_news("sequence: wait for 1m0s"));
  EXPECT_FALSE(is_lego_news("[lab.duckdns.org] acme: Could not find solver for: http-01"));
  EXPECT_FALSE(is_lego_news("!!!! HEADS UP !!!!"));
}

TEST(Lego, TheReasonIsTheLastComplaintOnOneLine) {
  EXPECT_EQ(lego_reason("2026/11/25 17:40:00 [INFO] trying\n"
                        "2026/11/25 17:40:01 [WARN] slow\n"
                        "2026/11/25 17:40:02 Could not obtain certificates:\n\terror: one:\n[lab.duckdns.org] refused\n"),
            "lego: Could not obtain certificates: error: one: [lab.duckdns.org] refused");
  EXPECT_EQ(lego_reason("2026/11/25 17:40:00 [INFO] trying\n"), "");
  EXPECT_EQ(lego_reason(""), "");
}

TEST(Lego, WhatTheHookCouldNotDoIsTheReasonBeforeAll) {
  EXPECT_EQ(lego_reason("2026/11/25 17:40:00 [INFO] trying\n"
                        "2026/11/25 17:40:01 error: cannot set the TXT record\nhint: compare\n\n"
                        "2026/11/25 17:40:02 Could not obtain certificates:\n\terror: exit status 3\n"),
            "cannot set the TXT record");
}

TEST(Lego, HowItEnded) {
  std::string hint;
  const auto failure = [&hint](const LegoOrder& ordered, const ProcessResult& result) {
    return test::message_of([&] { require_certificate(ordered, result); }, &hint);
  };
  EXPECT_EQ(failure(order(), {}), "no error");
  EXPECT_EQ(failure(order(), {.exit_code = 1}),
            "cannot obtain a certificate for 'lab.duckdns.org' from 'https://ca.example:14000/dir': lego ended with exit code 1");
  EXPECT_EQ(hint, "");
  EXPECT_EQ(failure(order(), {.exit_code = 143, .timed_out = true}),
            "cannot obtain a certificate for 'lab.duckdns.org' from 'https://ca.example:14000/dir': lego came to no end within 30 min");
  LegoOrder known = order();
  known.server = k_lets_encrypt;
  EXPECT_EQ(failure(known, {.exit_code = 1, .output = "2026/11/25 17:40:00 no\n"}),
            "cannot obtain a certificate for 'lab.duckdns.org' from 'https://acme-v02.api.letsencrypt.org/directory': lego: no");
  EXPECT_EQ(
      hint,
      "until it works, try with --server https://acme-staging-v02.api.letsencrypt.org/directory: the real one allows few failures an hour");
}

TEST(Lego, KeptWhileMoreThanTwoThirdsAreLeft) {
  EXPECT_TRUE(is_good_for_long(0, 90, 0));
  EXPECT_TRUE(is_good_for_long(0, 90, 29));
  EXPECT_FALSE(is_good_for_long(0, 90, 30));
  EXPECT_FALSE(is_good_for_long(0, 90, 91));
}

TEST(Lego, TheHookCallsWithEveryWordAsItIs) {
  const TemporaryDirectory folder("rc-hook-");
  const std::string path = path_join(folder.path(), "hook.sh");
  write_file_atomically(path, hook_script({"/usr/bin/printf", "%s|", "it's", "a b", "$HOME"}), 0700);
  const ProcessResult result =
      run_process({.argv = {path, "present", "_acme-challenge.lab.duckdns.org.", "-value"}, .time_limit_seconds = 60});
  EXPECT_EQ(result.output, "it's|a b|$HOME|present|_acme-challenge.lab.duckdns.org.|--value=-value|");
}

}  // namespace
}  // namespace rootcellar
