// A person at the machine's terminal who has no answers file: what is asked, what comes of it on the page, and that nothing of it stays.
#include <gtest/gtest.h>

#include "bundle/base/json.h"
#include "bundle/base/signing.h"
#include "bundle/base/text.h"
#include "tests/support/pseudo_terminal.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

using test::PseudoTerminal;

constexpr const char* k_health = "/run/rootcellar-health/health.json";

class Questions : public ::testing::Test {
 protected:
  PseudoTerminal install() {
    return PseudoTerminal(machine_.host().command_inside({"sh", cat(k_stick, "/START.sh")}), "/",
                            {"PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=xterm", "NO_COLOR=1"}, 200);
  }
  static void answer(PseudoTerminal& terminal, std::string_view question, std::string_view typed) {
    ASSERT_TRUE(terminal.wait_for(question)) << terminal.shown();
    terminal.type(typed);
  }
  static std::string words() { return PublicKey::parse(read_file(workshop().public_key("site"), 4096), "site.pub").fingerprint_words(); }
  std::string get(const std::string& path) {
    return machine_.shell(cat("bash -c 'exec 3<>/dev/tcp/127.0.0.1/80; printf \"GET ", path, " HTTP/1.0\\r\\n\\r\\n\" >&3; cat <&3'"));
  }
  /// "" when all parts are well; else the names of those that are not.
  std::string unwell() {
    std::string out;
    const JsonValue health = parse_json(machine_.shell(cat("cat ", k_health)), "health");
    for (const JsonValue& part : health.find("parts")->items()) {
      if (!part.truth("good").value_or(false)) out += cat(part.text("name").value_or("?"), ": ", part.text("state").value_or("?"), "\n");
    }
    return out;
  }

  Machine machine_{setup_of("ask", workshop().stick({.profile = "lab-lan", .folder = cat(RC_SOURCE_DIR, "/profiles")}))};
  HostSnapshot before_ = machine_.snapshot();
};

TEST_F(Questions, MakeTheAnswersFileThatWasNotGiven) {
  const std::string name(trim(machine_.shell("cat /proc/sys/kernel/hostname")));
  const std::string domain = cat("the name that they type [", name, ".internal]: ");
  PseudoTerminal stopped = install();
  answer(stopped, "the six words: ", words() + "\n");
  answer(stopped, domain, "\x03");
  EXPECT_EQ(stopped.finish(), 130);
  EXPECT_EQ(differences(before_, machine_.snapshot()), "");

  PseudoTerminal terminal = install();
  answer(terminal, "the six words: ", words() + "\n");
  answer(terminal, domain, "Lab\n");
  ASSERT_TRUE(terminal.wait_for("'lan.domain' is not a domain's name in small letters; give a name with a dot, like lab.internal")) << terminal.shown();
  answer(terminal, domain, "lab.internal\n");
  answer(terminal, cat("a name, and how to reach them [whoever looks after ", name, "]: "), "\n");
  answer(terminal, "Type 'yes' to install: ", "yes\n");
  EXPECT_EQ(terminal.finish(), 0) << terminal.shown();
  EXPECT_EQ(machine_.shell("stat -c %a /etc/rootcellar/answers.yaml; cat /etc/rootcellar/answers.yaml"),
            cat("600\nlan:\n  domain: lab.internal\n  admin: whoever looks after ", name, "\n"));

  EXPECT_EQ(unwell(), "");
  EXPECT_NE(get("/").find(cat("Whom to ask: <b>whoever looks after ", name, "</b>")), std::string::npos);
  EXPECT_NE(get("/").find(cat("(", words(), ").</p>")), std::string::npos);
  EXPECT_NE(get("/health.json").find("\"name\":\"clock\",\"good\":true"), std::string::npos);
  machine_.shell("systemctl stop rootcellar-names.service && systemctl start rootcellar-health.service");
  EXPECT_EQ(unwell(), "Names of the installed appliance (rootcellar-names.service): inactive (dead)\n");
  machine_.shell("systemctl start rootcellar-names.service");
  const std::string zone = machine_.shell("rootcellar-install records");
  EXPECT_NE(zone.find(cat("$ORIGIN lab.internal.\n")), std::string::npos) << zone;
  EXPECT_EQ(machine_.shell("rootcellar-install status | grep '^health' | grep -c 'as it should be'"), "3\n");

  EXPECT_EQ(machine_.installed({"uninstall", "--yes", "--purge-data", "--product", "lab-lan"}).text, "exit 0\n");
  // The whole of an uninstallation is lan_test's.
  const std::string left = differences(before_, machine_.snapshot());
  for (const char* ours : {"health", "answers.yaml", "rootcellar-portal"}) EXPECT_EQ(left.find(ours), left.npos) << left;
}

}  // namespace
}  // namespace rootcellar::field
