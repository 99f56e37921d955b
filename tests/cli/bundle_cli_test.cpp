// From a profile of local files to a staged folder, and what becomes of a bundle that is damaged or not trusted.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle/base/text.h"
#include "tests/cli/session.h"

namespace rootcellar {
namespace {

using test::Session;

constexpr std::int64_t k_input_time = 1700000000;
constexpr const char* k_profile = R"(rootcellar: 1
product: notes
title: Notes for the site
target: {distribution: debian, version: "12", codename: bookworm}
architectures: [amd64]
variables: {motto: carry on}
files:
  - {name: notes.txt, path: notes.txt, destination: /opt/notes.txt}
  - {name: motto.txt, text: "${motto}\n", destination: /opt/motto.txt, mode: "0600"}
)";

void prepare(Session& session) {
  session.write("site/notes.yaml", k_profile);
  session.write("site/notes.txt", "read me first\n", k_input_time);
  session.write("installer", test::tiny_installer());
  session.run({"keygen", "site", "--no-passphrase"});
  session.call_key("site");
}

const std::vector<std::string> k_lock{"lock", "site/notes.yaml", "--arch", "amd64"};
const std::vector<std::string> k_build{"build", "site/notes-default-amd64.lock.yaml", "--key", "site.key", "--installer", "installer", "-o",
                                       "out"};

void build_quietly(Session& session) {
  prepare(session);
  session.run(k_lock);
  session.run(k_build);
}

std::string volume_of(const Session& session, const std::string& folder) {
  for (const std::string& name : list_directory(session.path(folder))) {
    if (name.ends_with(".cellar")) return path_join(session.path(folder), name);
  }
  return {};
}

TEST(BundleCli, FromProfileToStick) {
  Session session;
  prepare(session);
  session.run(k_lock);
  session.remark("locked again: nothing has changed, the serial stays");
  session.run(k_lock);
  session.remark("with another variable: the next serial");
  std::vector<std::string> changed = k_lock;
  changed.insert(changed.end(), {"--set", "motto=turn back"});
  session.run(changed);
  session.run(k_build);
  session.remark("two sticks, one of them absent");
  make_directories(session.path("stick"));
  session.run({"stage", "out", "--to", "stick", "--to", "absent"});
  EXPECT_TRUE(list_directory(session.path("stick")).empty());
  session.run({"stage", "out", "--to", "stick"});
  session.run({"verify", "stick", "--trust", "site.pub"});
  session.expect("profile-to-stick");
}

TEST(BundleCli, ShowsWhatItIs) {
  Session session;
  build_quietly(session);
  session.run({"inspect", "out"});
  session.run({"inspect", "out", "--json"});
  session.run({"inspect", "out", "--trust", "site.pub"});
  session.run({"ls", "out"});
  session.run({"ls", "out", "--trust", "site.pub"});
  session.run({"ls", "out", "--trust", "site.pub", "--json"});
  session.run({"verify", "out"});
  session.run({"header", "out", "-o", "check"});
  session.expect("shows");
}

TEST(BundleCli, RefusesWhatItCannotBelieve) {
  Session session;
  build_quietly(session);
  session.run({"keygen", "other", "--no-passphrase"});
  session.call_key("other");
  session.run({"verify", "out", "--trust", "other.pub"});
  session.run({"stage", "out", "--to", "stick", "--trust", "other.pub"});
  session.run({"verify", "nowhere", "--trust", "site.pub"});
  session.run({"verify", "site", "--trust", "site.pub"});
  session.run({"verify", "out", "--trust", "site/notes.txt"});
  session.expect("refuses");
}

TEST(BundleCli, AStickIsAnotherFolderAndNamedOnce) {
  Session session;
  build_quietly(session);
  make_directories(session.path("stick"));
  session.run({"stage", "out", "--to", "stick", "--to", "./stick"});
  session.run({"stage", "out", "--to", "out"});
  session.run({"stage", "out", "--to", "stick", "--certificate", "absent"});
  make_directories(session.path("words"));
  session.write("words/chain.pem", "no certificate\n");
  session.write("words/key.pem", "no key\n");
  session.run({"stage", "out", "--to", "stick", "--certificate", "words"});
  EXPECT_TRUE(list_directory(session.path("stick")).empty());
  session.write("file", "mine\n");
  session.run({"build", "site/notes-default-amd64.lock.yaml", "--key", "site.key", "--installer", "installer", "-o", "file"});
  session.run({"header", "out", "-o", "file"});
  session.expect("stick-folders");
}

TEST(BundleCli, ARehearsalWantsAStick) {
  Session session;
  build_quietly(session);
  session.run({"rehearse", "out", "--trust", "site.pub"});
  session.remark("a volume stands for the folder it lies in");
  session.run({"rehearse", cat("out/", path_name(volume_of(session, "out"))), "--trust", "site.pub"});
  session.remark("what is laid over the host's root is a folder");
  session.run({"rehearse", "out", "--trust", "site.pub", "--like", "site.pub"});
  session.run({"rehearse", "out", "--trust", "site.pub", "--like", "nowhere"});
  session.expect("rehearse-refuses");
}

TEST(BundleCli, ARehearsalNeedsRoot) {
  Session session;
  build_quietly(session);
  make_directories(session.path("stick"));
  session.run({"stage", "out", "--to", "stick"});
  ASSERT_EQ(::chmod(session.path("").c_str(), 0755), 0);
  std::vector<std::string> argv{RC_BUILDER, "rehearse", session.path("stick"), "--trust", session.path("site.pub")};
  const std::vector<std::string> as_nobody{"/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"};
  if (::geteuid() == 0) argv.insert(argv.begin(), as_nobody.begin(), as_nobody.end());
  const ProcessResult result = run_process({.argv = argv, .environment = {cat("ROOTCELLAR_CACHE=", session.path("stick"))}});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_EQ(result.error_output,
            "error: cannot rehearse here: expected to run as root, found another user\nhint: begin the command with 'sudo'\n");
}

TEST(BundleCli, TellsDamage) {
  Session session;
  build_quietly(session);
  std::string bytes = read_file(volume_of(session, "out"), std::size_t{1} << 24);
  bytes[4096] = static_cast<char>(bytes[4096] ^ 1);  // the first frame begins after the header's page
  write_file_atomically(volume_of(session, "out"), bytes);
  session.run({"verify", "out", "--trust", "site.pub"});
  session.run({"verify", "out", "--trust", "site.pub", "--json"});
  make_directories(session.path("stick"));
  session.run({"stage", "out", "--to", "stick"});
  EXPECT_TRUE(list_directory(session.path("stick")).empty());
  session.expect("damage");
}

TEST(BundleCli, TheInstallerMustBeTheOneThatWasSigned) {
  Session session;
  build_quietly(session);
  make_directories(session.path("stick"));
  write_file_atomically(session.path("out/rootcellar-install"), test::tiny_installer() + "x");
  session.run({"stage", "out", "--to", "stick"});
  remove_file(session.path("out/START.sh.minisig"));
  session.run({"stage", "out", "--to", "stick"});
  EXPECT_TRUE(list_directory(session.path("stick")).empty());
  session.expect("installer-signature");
}

// What a ticket's words must be, and files that are none: said before anything of the machine is looked at.
TEST(BundleCli, TicketsThatCannotBe) {
  Session session;
  build_quietly(session);
  session.run_installer({"ticket"});
  session.run_installer({"ticket", "-o", "join.ticket", "--ttl", "1w"});
  session.run_installer({"ticket", "-o", "join.ticket", "--control-plane", "--ttl", "3h"});
  session.run_installer({"plan", "out", "--control-plane"});
  session.run_installer({"plan", "out", "--join", "join.ticket"});
  session.run_installer({"plan", "out", "--join", "site.pub"});
  session.expect("ticket");
}

TEST(BundleCli, ALockElsewhereCarriesSmallFilesAndNamesNoFolder) {
  Session session;
  prepare(session);
  make_directories(session.path("elsewhere"));
  session.run({"lock", "site/notes.yaml", "--arch", "amd64", "-o", "elsewhere/notes.lock.yaml"});
  EXPECT_EQ(read_file(session.path("elsewhere/notes.lock.yaml"), std::size_t{1} << 20).find("../"), std::string::npos);
  remove_tree(session.path("site"));
  remove_tree(session.path(".cache"));
  session.run({"build", "elsewhere/notes.lock.yaml", "--key", "site.key", "--installer", "installer", "-o", "out"});
  session.run({"ls", "out", "--trust", "site.pub"});
  session.expect("lock-elsewhere");
}

TEST(BundleCli, SameLockSameBytes) {
  Session session;
  build_quietly(session);
  std::vector<std::string> again = k_build;
  again.back() = "again";
  session.run(again);
  EXPECT_EQ(read_file(volume_of(session, "out"), std::size_t{1} << 24), read_file(volume_of(session, "again"), std::size_t{1} << 24));
}

}  // namespace
}  // namespace rootcellar
