#include "bundle/base/cli.h"

#include <gtest/gtest.h>

#include "bundle/base/cli_console.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar::cli {
namespace {

struct Shop {
  bool fresh = false;
  std::string profile;
  std::optional<std::string> output;
  std::vector<std::string> sets;
  std::uint64_t serial = 1;
  std::uint64_t size = 0;
  std::function<ExitCode(Console&)> action = [](Console&) { return ExitCode::ok; };
};

template <typename Target>
Option option(std::string names, std::string value, std::string help, Target Option::*member, Target target) {
  Option made;
  made.names = std::move(names);
  made.value = std::move(value);
  made.help = std::move(help);
  made.*member = target;
  return made;
}

Program program(Shop& shop) {
  Command lock;
  lock.name = "lock";
  lock.summary = "pin every input of a profile";
  lock.description = "Pins every input by digest and writes the lock.";
  lock.examples = {"cellar lock lab.yaml -o lab.lock"};
  lock.options = {option("PROFILE", "", "the profile", &Option::text, &shop.profile),
                  option("-o,--output", "FILE", "where the lock goes", &Option::optional_text, &shop.output),
                  option("--set", "KEY=VALUE", "set a variable", &Option::list, &shop.sets),
                  option("--serial", "N", "the serial", &Option::number, &shop.serial),
                  option("--volume-size", "SIZE", "the size", &Option::size, &shop.size),
                  option("--fresh", "", "forget the cache", &Option::flag, &shop.fresh)};
  lock.options[0].required = true;
  lock.run = [&shop](Console& console) { return shop.action(console); };
  Command verify;
  verify.name = "verify";
  verify.summary = "check a bundle";
  verify.run = [](Console&) { return ExitCode::failed_check; };
  return {"cellar", "Carries things.", "0.1.0", {"cellar lock lab.yaml"}, {lock, verify}};
}

Captured run(Shop& shop, const std::vector<std::string>& arguments) { return run_captured(program(shop), arguments); }

std::string usage_error(const std::vector<std::string>& arguments) {
  Shop shop;
  const Captured captured = run(shop, arguments);
  EXPECT_EQ(captured.exit_code, 2);
  EXPECT_EQ(captured.out, "");
  return captured.err;
}

TEST(Cli, OptionsReachTheirDestinations) {
  Shop shop;
  const Captured captured =
      run(shop, {"lock", "lab.yaml", "-o", "x", "--set", "a=1", "--set=b=2", "--serial", "7", "--volume-size", "64MiB", "--fresh"});
  EXPECT_EQ(captured.err, "");
  EXPECT_EQ(captured.exit_code, 0);
  EXPECT_EQ(shop.profile, "lab.yaml");
  EXPECT_EQ(shop.output, "x");
  EXPECT_EQ(shop.sets, (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(shop.serial, 7u);
  EXPECT_EQ(shop.size, 64u << 20);
  EXPECT_TRUE(shop.fresh);
}

TEST(Cli, WhatIsNotGivenStays) {
  Shop shop;
  EXPECT_EQ(run(shop, {"lock", "lab.yaml"}).exit_code, 0);
  EXPECT_EQ(shop.serial, 1u);
  EXPECT_EQ(shop.output, std::nullopt);
  EXPECT_FALSE(shop.fresh);
}

TEST(Cli, OptionsMayComeBeforeTheCommandAndTheArgument) {
  Shop shop;
  EXPECT_EQ(run(shop, {"--serial", "9", "lock", "--set", "a=1", "lab.yaml"}).exit_code, 0);
  EXPECT_EQ(shop.serial, 9u);
  EXPECT_EQ(shop.profile, "lab.yaml");
}

TEST(Cli, AnArgumentMayBeCalledLikeACommand) {
  Shop shop;
  EXPECT_EQ(run(shop, {"lock", "verify"}).exit_code, 0);
  EXPECT_EQ(shop.profile, "verify");
}

TEST(Cli, UsageErrors) {
  EXPECT_EQ(usage_error({"lok"}), "error: unknown command 'lok'\nhint: did you mean 'lock'?\n");
  EXPECT_EQ(usage_error({"frobnicate"}), "error: unknown command 'frobnicate'\nhint: see 'cellar --help'\n");
  EXPECT_EQ(usage_error({"lock", "a", "--serail", "1"}), "error: unknown option '--serail'\nhint: did you mean '--serial'?\n");
  EXPECT_EQ(usage_error({"lock", "a", "--xyzzy=1"}), "error: unknown option '--xyzzy'\nhint: see 'cellar lock --help'\n");
  EXPECT_EQ(usage_error({"lock", "a", "b"}), "error: unexpected argument 'b'\nhint: see 'cellar lock --help'\n");
  EXPECT_EQ(usage_error({"lock"}), "error: missing argument 'PROFILE'\nhint: see 'cellar lock --help'\n");
  EXPECT_EQ(usage_error({"lock", "a", "--output"}), "error: option '--output' needs a value\nhint: see 'cellar lock --help'\n");
  EXPECT_EQ(usage_error({"lock", "a", "-o", "x", "-o", "y"}), "error: option '--output' was given more than once\n");
  EXPECT_EQ(usage_error({"lock", "a", "--serial", "07"}), "error: option '--serial': expected a number, found '07'\n");
  EXPECT_EQ(usage_error({"lock", "a", "--volume-size", "big"}),
            "error: option '--volume-size': expected a size such as 64MiB or 4GiB, found 'big'\n");
}

TEST(Cli, WithoutACommandTheHelpIsShownAndItIsAnError) {
  Shop shop;
  const Captured captured = run(shop, {});
  EXPECT_EQ(captured.exit_code, 2);
  EXPECT_EQ(captured.err, run(shop, {"--help"}).out);
}

TEST(Cli, ProgramHelp) {
  Shop shop;
  EXPECT_EQ(run(shop, {"--help"}).out,
            "Usage: cellar COMMAND [options]\n"
            "\n"
            "Carries things.\n"
            "\n"
            "Commands:\n"
            "  lock    pin every input of a profile\n"
            "  verify  check a bundle\n"
            "\n"
            "Options of every command:\n"
            "  -q, --quiet  say only warnings and errors\n"
            "  --json       one JSON event a line on standard output\n"
            "  --no-color   no colour, even on a terminal\n"
            "  -h, --help   show this help\n"
            "  --version    show the version\n"
            "\n"
            "Examples:\n"
            "  cellar lock lab.yaml\n"
            "\n"
            "See 'cellar COMMAND --help' for a command's own options.\n");
}

TEST(Cli, CommandHelp) {
  Shop shop;
  const Captured captured = run(shop, {"lock", "-h"});
  EXPECT_EQ(captured.exit_code, 0);
  EXPECT_EQ(captured.out,
            "Usage: cellar lock PROFILE [options]\n"
            "\n"
            "Pins every input by digest and writes the lock.\n"
            "\n"
            "Arguments:\n"
            "  PROFILE  the profile\n"
            "\n"
            "Options:\n"
            "  -o, --output FILE   where the lock goes\n"
            "  --set KEY=VALUE     set a variable\n"
            "  --serial N          the serial\n"
            "  --volume-size SIZE  the size\n"
            "  --fresh             forget the cache\n"
            "  -q, --quiet         say only warnings and errors\n"
            "  --json              one JSON event a line on standard output\n"
            "  --no-color          no colour, even on a terminal\n"
            "  -h, --help          show this help\n"
            "  --version           show the version\n"
            "\n"
            "Examples:\n"
            "  cellar lock lab.yaml -o lab.lock\n");
}

TEST(Cli, Version) {
  Shop shop;
  EXPECT_EQ(run(shop, {"--version"}).out, "cellar 0.1.0\n");
  EXPECT_EQ(run(shop, {"lock", "--version"}).out, "cellar 0.1.0\n");
}

TEST(Cli, ExitCodesOfExceptions) {
  Shop shop;
  shop.action = [](Console&) -> ExitCode { throw HostError("this machine does not fit", "use another"); };
  Captured captured = run(shop, {"lock", "a"});
  EXPECT_EQ(captured.exit_code, 6);
  EXPECT_EQ(captured.err, "error: this machine does not fit\nhint: use another\n");
  shop.action = [](Console&) -> ExitCode { throw Interrupted(); };
  captured = run(shop, {"lock", "a"});
  EXPECT_EQ(captured.exit_code, 130);
  EXPECT_EQ(captured.err, "interrupted\n");
  shop.action = [](Console&) -> ExitCode { throw std::logic_error("oops"); };
  captured = run(shop, {"lock", "a"});
  EXPECT_EQ(captured.exit_code, 70);
  EXPECT_EQ(captured.err, "error: this is a bug in rootcellar, not in what you did: oops\n");
  shop.action = [](Console&) -> ExitCode { throw 7; };
  EXPECT_EQ(run(shop, {"lock", "a"}).err, "error: this is a bug in rootcellar, not in what you did: an exception of unknown type\n");
  EXPECT_EQ(run(shop, {"verify"}).exit_code, 1);
}

TEST(Cli, ResultsAndMessagesGoWhereTheyBelong) {
  Shop shop;
  shop.action = [](Console& console) {
    console.print("result\n");
    console.say("message");
    console.warn("careful");
    console.event("never", JsonValue::object());
    return ExitCode::ok;
  };
  Captured captured = run(shop, {"lock", "a"});
  EXPECT_EQ(captured.out, "result\n");
  EXPECT_EQ(captured.err, "message\nwarning: careful\n");
  captured = run(shop, {"lock", "a", "-q"});
  EXPECT_EQ(captured.out, "result\n");
  EXPECT_EQ(captured.err, "warning: careful\n");
}

TEST(Cli, JsonEvents) {
  Shop shop;
  shop.action = [](Console& console) -> ExitCode {
    console.say("message");
    console.event("volume", JsonValue::object({{"number", JsonValue::number(1)}}));
    const ProgressTask task(console.progress(), "reading", 10, false);
    throw TrustError("wrong key", "ask");
  };
  const Captured captured = run(shop, {"lock", "a", "--json"});
  EXPECT_EQ(captured.out,
            "{\"event\":\"note\",\"text\":\"message\"}\n"
            "{\"event\":\"volume\",\"number\":1}\n"
            "{\"event\":\"begin\",\"task\":\"reading\",\"done\":0,\"total\":10,\"unit\":\"items\"}\n"
            "{\"event\":\"end\",\"task\":\"reading\",\"done\":0,\"total\":10,\"unit\":\"items\"}\n"
            "{\"event\":\"error\",\"exit_code\":4,\"message\":\"wrong key\",\"hint\":\"ask\"}\n");
  EXPECT_EQ(captured.err, "error: wrong key\nhint: ask\n");
}

TEST(Cli, NobodyToAsk) {
  Shop shop;
  shop.action = [](Console& console) -> ExitCode {
    EXPECT_FALSE(console.interactive());
    console.ask("Six words:", "the fingerprint");
    return ExitCode::ok;
  };
  const Captured captured = run(shop, {"lock", "a"});
  EXPECT_EQ(captured.exit_code, 2);
  EXPECT_EQ(captured.err, "error: cannot ask for the fingerprint: nobody is at a terminal\nhint: give it with an option; see --help\n");
}

TEST(Cli, ColourMarksTheFrontOfLinesOnly) {
  EXPECT_EQ(painted("error: an error: x\nhint: y\nplain\n"), "\x1b[1;31merror:\x1b[0m an error: x\n\x1b[1;36mhint:\x1b[0m y\nplain\n");
}

TEST(Cli, TableAlignsCharactersNotBytes) {
  EXPECT_EQ(table({{"NAME", "SIZE"}, {"\xC3\xA4pfel", "1 B"}, {"x", "22 kB", "more"}}),
            "NAME   SIZE\n\xC3\xA4pfel  1 B\nx      22 kB  more\n");
  EXPECT_EQ(table({}), "");
}

/// A console on made-up streams, with a clock the test moves.
struct Stage {
  std::string err;
  double clock = 0;
  Streams streams() {
    Streams made;
    made.out = [](std::string_view) {};
    made.err = [this](std::string_view text) { err += text; };
    made.now = [this] { return clock; };
    return made;
  }
  std::string take() { return std::exchange(err, {}); }
};

TEST(ProgressBar, RateAndTimeLeftFollowTheWindow) {
  Stage stage;
  const auto bar = make_bar_progress({stage.streams().err, stage.streams().now}, 100);
  bar->begin("reading", 1'000'000'000, true);
  EXPECT_EQ(stage.take(), "\r\x1b[Kreading [....................] 0% 0 B of 1.0 GB");
  stage.clock = 1;
  bar->advance(100'000'000);
  EXPECT_EQ(stage.take(), "\r\x1b[Kreading [##..................] 10% 100.0 MB of 1.0 GB");
  stage.clock = 2;
  bar->advance(100'000'000);
  EXPECT_EQ(stage.take(), "\r\x1b[Kreading [####................] 20% 200.0 MB of 1.0 GB, 100.0 MB/s, 8 s left");
  bar->advance(1);
  EXPECT_EQ(stage.take(), "");  // drawn at most ten times a second
  for (int second = 3; second <= 13; ++second) {
    stage.clock = second;
    bar->advance(0);
  }
  EXPECT_TRUE(stage.take().ends_with("20% 200.0 MB of 1.0 GB, stalled"));
  bar->note("a line");
  EXPECT_EQ(stage.take(), "\r\x1b[Ka line\nreading [####................] 20% 200.0 MB of 1.0 GB, stalled");
  stage.clock = 20;
  bar->advance(799'999'999);
  stage.take();
  bar->end();
  EXPECT_EQ(stage.take(), "\r\x1b[Kreading: 1.0 GB in 20 s (50.0 MB/s)\n");
}

TEST(ProgressBar, FitsTheTerminal) {
  Stage stage;
  const auto bar = make_bar_progress({stage.streams().err, stage.streams().now}, 30);
  bar->begin("a long name of a task", 100, false);
  EXPECT_EQ(stage.take(), "\r\x1b[Ka long name of a task [......");
}

TEST(ProgressPlain, SaysLinesNowAndThen) {
  Stage stage;
  const auto plain = make_plain_progress({stage.streams().err, stage.streams().now});
  plain->begin("reading", 2'000'000, true);
  stage.clock = 5;
  plain->advance(500'000);
  stage.clock = 10;
  plain->advance(500'000);
  stage.clock = 20;
  plain->advance(1'000'000);
  plain->end();
  EXPECT_EQ(stage.take(),
            "reading (2.0 MB)\n"
            "reading: 50%, 1.0 MB of 2.0 MB, 100.0 kB/s, 10 s left\n"
            "reading: 100%, 2.0 MB of 2.0 MB\n"
            "reading: 2.0 MB in 20 s (100.0 kB/s)\n");
}

TEST(Progress, UnknownTotalsAndStrayCalls) {
  Stage stage;
  const auto plain = make_plain_progress({stage.streams().err, stage.streams().now});
  plain->advance(1);
  plain->end();
  plain->begin("looking", 0, false);
  plain->advance(3);
  plain->end();
  EXPECT_EQ(stage.take(), "looking\nlooking: 3 in 0 s\n");
  silent_progress().warn("nobody hears this");
}

TEST(Progress, ATaskThatCountsNothingTellsItsTime) {
  Stage stage;
  for (const auto& shown : {make_bar_progress({stage.streams().err, stage.streams().now}, 80),
                            make_plain_progress({stage.streams().err, stage.streams().now})}) {
    stage.clock = 0;
    shown->begin("making a root", 0, false);
    stage.clock = 12;
    shown->advance(0);
    stage.clock = 65;
    shown->end();
  }
  EXPECT_EQ(stage.take(),
            "\r\x1b[Kmaking a root 0 s\r\x1b[Kmaking a root 12 s\r\x1b[Kmaking a root: 1 min 5 s\n"
            "making a root\nmaking a root: 12 s\nmaking a root: 1 min 5 s\n");
}

TEST(Progress, AFailingOutputFailsNothing) {
  const auto plain = make_plain_progress({[](std::string_view) { throw OutputClosed(); }, [] { return 0.0; }});
  const ProgressTask task(*plain, "reading");
  plain->note("line");
}

}  // namespace
}  // namespace rootcellar::cli
