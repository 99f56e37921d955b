// Disks that are full or read-only, and a stick that is pulled out: a clear message, and nothing lost.
#include <gtest/gtest.h>
#include <signal.h>

#include "builder/rehearse/tool.h"
#include "bundle/base/text.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

std::string install_command(const std::string& stick) { return cat("sh ", stick, "/START.sh install --trust ", k_key, " --yes -q"); }

TEST(Disk, TooSmallIsRefusedBeforeTheFirstWrite) {
  Machine machine(setup_of("small", workshop().stick({})));
  const HostSnapshot before = machine.snapshot();
  machine.shell("mkdir /var/lib/rootcellar; mount -t tmpfs -o size=100m tmpfs /var/lib/rootcellar");
  const Answer refused = machine.install();
  EXPECT_EQ(refused.exit_code, 6);
  const std::string head = "exit 6\nerror: cannot install 'field-default-5-amd64': the filesystem of /var/lib/rootcellar needs ";
  const std::string tail = " MB and has 104.9 MB free: make room, or answer a 'storage.root' on a larger disk\nnothing was installed\n";
  EXPECT_TRUE(refused.text.starts_with(head) && refused.text.ends_with(tail)) << refused.text;
  EXPECT_EQ(machine.shell("find /var/lib/rootcellar"), "/var/lib/rootcellar\n");
  machine.shell("umount /var/lib/rootcellar; rmdir /var/lib/rootcellar");
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

TEST(Disk, ReadOnlyIsRefusedBeforeTheFirstWrite) {
  Machine machine(setup_of("ro", workshop().stick({})));
  const HostSnapshot before = machine.snapshot();
  const std::pair<const char*, const char*> folders[] = {{"/usr/local", "/usr/local/sbin"}, {"/etc", "/etc"}};
  for (const auto& [folder, named] : folders) {
    machine.shell(cat("mount --bind ", folder, " ", folder, "; mount -o remount,ro,bind ", folder));
    EXPECT_EQ(machine.install().text, cat("exit 6\nerror: cannot install 'field-default-5-amd64': the filesystem of ", named,
                                          " is read-only\nnothing was installed\n"));
    machine.shell(cat("umount ", folder));
  }
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

TEST(Disk, ThatFillsUpInTheMiddle) {
  Machine machine(setup_of("fills", workshop().stick({})));
  const HostSnapshot before = machine.snapshot();
  // People's disk of its own for the registry; somebody else fills it once the installation has begun.
  machine.shell("mkdir -p /var/lib/rootcellar/registry; mount -t tmpfs -o size=300m tmpfs /var/lib/rootcellar/registry");
  machine.write("/etc/dpkg/dpkg.cfg.d/field", "post-invoke=fallocate -l 250M /var/lib/rootcellar/registry/somebodys 2>/dev/null || true\n");
  const Answer full = machine.install();
  EXPECT_EQ(full.exit_code, 5);
  const std::string head = "exit 5\nerror: cannot write '/var/lib/rootcellar/registry/docker/registry/v2/blobs/sha256/";
  const std::string tail =
      "/data': No space left on device\n"
      "  while write 1 image into /var/lib/rootcellar/registry\n"
      "5 of 16 steps are done and stay; run 'rootcellar-install resume' to go on\n";
  EXPECT_TRUE(full.text.starts_with(head) && full.text.ends_with(tail)) << full.text;
  machine.shell("rm /var/lib/rootcellar/registry/somebodys /etc/dpkg/dpkg.cfg.d/field");
  EXPECT_EQ(machine.installed({"resume"}).text, "exit 0\n");
  EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
  EXPECT_EQ(machine.installed({"uninstall", "--yes"}).text, "exit 0\n");
  machine.shell("umount /var/lib/rootcellar/registry; rmdir -p /var/lib/rootcellar/registry 2>/dev/null || true");
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

/// A FAT32 stick, attached by a fusefat of our own; pulled out by ending it.
class Stick {
 public:
  Stick(const std::string& image, const std::string& folder) : folder_(folder) {
    make_directories(folder);
    const std::string script =
        "fusefat -f -o ro \"$1\" \"$2\" </dev/null >/dev/null 2>&1 & echo $!; for n in $(seq 100); do mountpoint -q \"$2\" && exit 0; "
        "sleep 0.1; done; exit 1";
    pid_ = static_cast<pid_t>(parse_u64(trim(run_tool({"bash", "-c", script, "bash", image, folder}, "fusefat"))).value_or(0));
  }
  ~Stick() {
    pull();
    static_cast<void>(run_process({.argv = {"/usr/bin/umount", "--lazy", folder_}, .time_limit_seconds = 30}));
  }
  Stick(const Stick&) = delete;
  Stick& operator=(const Stick&) = delete;
  void pull() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    pid_ = 0;
  }

 private:
  std::string folder_;
  pid_t pid_ = 0;
};

TEST(Disk, StickPulledOutInTheMiddle) {
  const TemporaryDirectory work("rc-field-stick");
  const std::string image = path_join(work.path(), "stick.img");
  run_tool({"bash", cat(RC_SOURCE_DIR, "/tests/target/fat32.sh"), "make", image, workshop().stick({})}, "mtools", 600);
  Stick stick(image, path_join(work.path(), "one")), again(image, path_join(work.path(), "two"));
  MachineSetup setup = setup_of("pulled", path_join(work.path(), "one"));
  setup.more_sticks = {{path_join(work.path(), "two"), "/media/again"}};
  Machine machine(setup);
  const HostSnapshot before = machine.snapshot();
  machine.write("/etc/dpkg/dpkg.cfg.d/field", "post-invoke=touch /root/installing; while [ ! -e /root/go ]; do sleep 0.1; done\n");
  const auto end = machine.begin("step", install_command(k_stick));
  ASSERT_TRUE(Machine::await([&] { return machine.exists("/root/installing"); }, [&] { return machine.exists("/root/step.code"); }));
  stick.pull();
  machine.write("/root/go", "");
  EXPECT_EQ(end().text,
            "exit 5\n"
            "error: cannot read '/media/stick/field-default-5-amd64.v01.cellar': Transport endpoint is not connected\n"
            "  while write 1 image into /var/lib/rootcellar/registry\n"
            "hint: the medium went away or is failing: plug it in again and run 'rootcellar-install resume', or the same command again\n"
            "5 of 16 steps are done and stay; run 'rootcellar-install resume' to go on\n");
  EXPECT_EQ(machine.installed({"resume"}).text,
            "exit 3\n"
            "warning: '/media/stick' is passed over: cannot search '/media/stick': Transport endpoint is not connected\n"
            "error: volume 1 of 3 ('field-default-5-amd64.v01.cellar') is in none of the places searched\n"
            "  while write 1 image into /var/lib/rootcellar/registry\n"
            "hint: attach the medium that holds it and run 'rootcellar-install resume --from FOLDER'\n"
            "5 of 16 steps are done and stay; run 'rootcellar-install resume' to go on\n");
  EXPECT_EQ(machine.installed({"install", "/media/stick", "--yes"}).text,
            "exit 5\n"
            "error: cannot search '/media/stick': Transport endpoint is not connected\n"
            "hint: the medium that was mounted there is gone: unmount it, attach it again, and name the folder it has then\n"
            "nothing was installed\n");
  EXPECT_EQ(machine.installed({"resume", "/media/again"}).text, "exit 0\n");
  EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
  EXPECT_EQ(machine.installed({"uninstall", "--yes"}).text, "exit 0\n");
  machine.shell("rm -f /root/step.* /root/go /root/installing /etc/dpkg/dpkg.cfg.d/field");
  EXPECT_EQ(differences(before, machine.snapshot()), "");
}

}  // namespace
}  // namespace rootcellar::field
