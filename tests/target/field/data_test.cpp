// Data that a bundle brings: unpacked with owner and mode, whole after a kill, replaced where nobody changed it, and people's when it goes.
#include <gtest/gtest.h>

#include "builder/rehearse/tool.h"
#include "bundle/base/text.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

constexpr const char* k_new_stick = "/media/new";
constexpr const char* k_resume = "/usr/local/sbin/rootcellar-install resume -q";
const std::string k_upgrade = cat("sh ", k_new_stick, "/START.sh install --yes -q");

/// A profile with one archive: 170 MB of numbers, a small file, a link; `text` is in the small one.
StickOrder order(const TemporaryDirectory& folder, std::uint64_t serial, const std::string& text) {
  const std::string script =
      "set -e; cd \"$1\"; rm -rf sky; mkdir -p sky/deep; seq 21000000 > sky/numbers; echo \"$2\" > sky/deep/near; ln -s deep/near sky/nearest; "
      "chmod 0600 sky/deep/near; chmod 0644 sky/numbers; chmod 0755 sky sky/deep; tar -cf sky.tar sky; rm -rf sky";
  run_tool({"bash", "-c", script, "bash", folder.path(), text}, "tar", 120);
  write_file_atomically(path_join(folder.path(), "data.yaml"),
                        "rootcellar: 1\nproduct: field\ntarget: {distribution: debian, version: \"12\", codename: bookworm}\n"
                        "architectures: [amd64]\ndata:\n  - {name: sky, path: sky.tar, strip: 1, destination: /srv/sky, mode: \"0750\", "
                        "owner: \"1000\", group: \"1000\", directory_mode: \"0750\"}\n");
  return {.profile = "data", .serial = serial, .folder = folder.path()};
}

struct Site {
  explicit Site(const std::string& name) : machine(setup(name)), before(machine.snapshot()) {}
  MachineSetup setup(const std::string& name) const {
    MachineSetup setup = setup_of(name, workshop().stick(order(old_folder, 5, "M31")));
    setup.more_sticks = {{workshop().stick(order(new_folder, 6, "M31 and M33")), k_new_stick}};
    return setup;
  }
  TemporaryDirectory old_folder{"rc-field-old"}, new_folder{"rc-field-new"};
  Machine machine;
  HostSnapshot before;
};

std::string listing(Machine& machine) {
  return machine.shell("find /srv/sky -printf '%p %y %m %U:%G %l\\n' | sort; cat /srv/sky/deep/near");
}

std::string as_unpacked(const std::string& text) {
  return cat("/srv/sky d 750 1000:1000 \n/srv/sky/deep d 750 1000:1000 \n"
             "/srv/sky/deep/near f 600 1000:1000 \n/srv/sky/nearest l 777 0:0 deep/near\n/srv/sky/numbers f 644 1000:1000 \n",
             text, "\n");
}

TEST(Data, IsReplacedWhereNobodyChangedIt) {
  Site site("data");
  Machine& machine = site.machine;
  ASSERT_EQ(machine.install().text, "exit 0\n");
  EXPECT_EQ(listing(machine), as_unpacked("M31"));
  EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
  machine.write("/srv/sky/mine", "people's\n");
  EXPECT_EQ(machine.begin("step", k_upgrade)().text, "exit 0\n");
  EXPECT_EQ(machine.shell("cat /srv/sky/deep/near /srv/sky/mine"), "M31 and M33\npeople's\n");
  EXPECT_EQ(machine.installed({"uninstall", "--yes"}).text, "exit 0\n");
  EXPECT_EQ(machine.shell("cat /srv/sky/deep/near /srv/sky/mine; ls /var/lib/rootcellar/data"), "M31 and M33\npeople's\nsky\n");
  // What is kept is gone on with; then all of it goes, by name.
  EXPECT_EQ(machine.begin("step", cat(k_upgrade, " --trust ", k_key))().text, "exit 0\n");
  EXPECT_EQ(machine.installed({"uninstall", "--purge-data", "--product", "field"}).text, "exit 0\n");
  machine.shell("rm -f /root/step.*");
  EXPECT_EQ(differences(site.before, machine.snapshot()), "");
}

TEST(Data, StaysWherePeopleChangedIt) {
  Site site("datamine");
  Machine& machine = site.machine;
  ASSERT_EQ(machine.install().text, "exit 0\n");
  machine.write("/srv/sky/deep/near", "people's own catalogue\n");
  const std::string plan = machine.shell(cat("sh ", k_new_stick, "/START.sh plan"));
  EXPECT_NE(plan.find("people changed data 'sky' in '/srv/sky': it stays as it is, and what the bundle has is not unpacked"),
            std::string::npos)
      << plan;
  EXPECT_EQ(machine.begin("step", k_upgrade)().exit_code, 0);
  EXPECT_EQ(machine.shell("cat /srv/sky/deep/near"), "people's own catalogue\n");
}

TEST(Data, OfPeopleIsInTheWay) {
  Site site("dataway");
  Machine& machine = site.machine;
  machine.shell("mkdir -p /srv/sky; echo mine > /srv/sky/near");
  EXPECT_EQ(machine.install().text,
            "exit 6\nerror: cannot install 'field-default-5-amd64': data 'sky' goes into '/srv/sky', where something is that no install put "
            "there: move it away\nnothing was installed\n");
}

TEST(Data, IsWholeAfterAKill) {
  Site site("datakill");
  Machine& machine = site.machine;
  const std::string command = cat("sh ", k_stick, "/START.sh install --trust ", k_key, " --yes -q");
  const auto end = machine.begin("step", command);
  ASSERT_TRUE(Machine::await([&] { return machine.exists("/srv/sky/.rootcellar-sky.part"); }, [&] { return machine.exists("/root/step.code"); }));
  machine.shell("systemctl kill --kill-whom=main --signal=KILL rootcellar-install.service || true");
  EXPECT_EQ(end().exit_code, 5);
  EXPECT_FALSE(machine.exists("/srv/sky/numbers"));
  EXPECT_EQ(machine.begin("step", k_resume)().text, "exit 0\n");
  EXPECT_EQ(listing(machine), as_unpacked("M31"));
  EXPECT_EQ(machine.shell("tail -n 1 /srv/sky/numbers"), "21000000\n");
}

}  // namespace
}  // namespace rootcellar::field
