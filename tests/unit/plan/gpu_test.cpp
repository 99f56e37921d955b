// NVIDIA's cards: what recorded machines have, and what a plan says about them. The trees in machines/ are parts of /sys, /proc and /lib as
// such machines show them; ids are those of pci.ids.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/support/golden.h"
#include "tests/support/memory_host.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::sample_cluster_answers;
using test::sample_cluster_index;
using test::sample_header;
using test::sample_node_facts;
using Texts = std::vector<std::string>;

/// "\6\0\1" as bytes.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    out.push_back(escape ? static_cast<char>(text[++i] - '0') : text[i]);
  }
  return out;
}

void add_entry(MemoryHost& host, std::string_view line) {
  const std::size_t space = line.find(' ');
  const std::string path(line.substr(0, space));
  const std::string_view value = line.substr(space + 1);
  host.add_directories(path_parent(path));
  if (value.starts_with("-> ")) return host.make_symlink(std::string(value.substr(3)), path);
  host.add_file(path, value.starts_with('\\') ? unescaped(value) : cat(value, "\n"));
}

GpuFacts recorded(const std::string& machine, std::string* kernel = nullptr) {
  MemoryHost host;
  const std::string text = read_file(cat(RC_SOURCE_DIR "/tests/unit/plan/machines/", machine, ".tree"), 1u << 20);
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty() && !line.starts_with('#')) add_entry(host, line);
  }
  const std::string release(trim(host.read_file("/proc/sys/kernel/osrelease", 256).value_or("")));
  if (kernel != nullptr) *kernel = release;
  return read_gpu_facts(host, release);
}

PackageFile driver_deb(const std::string& name) {
  return {name, "535.183.01-1~deb12u1", "amd64", "apt/debian/pool/" + name + ".deb", 1'000'000, 4'000'000, {"gpu-driver"}};
}

/// The sample's cluster with a role for machines that have a card, whose driver is carried: Debian's, for one kernel.
Index gpu_index() {
  Index index = sample_cluster_index();
  Appliance& appliance = index.appliance;
  appliance.cluster.roles.push_back({"gpuWorker", {"gpuWorker=yes"}, {}, {"nvtop"}});
  appliance.gpu = {true, "gpuWorker", "packages", {"nvidia-driver"}, 535};
  appliance.runtime.nvidia = true;
  for (const char* name : {"nvidia-driver", "nvidia-kernel-dkms", "linux-headers-6.1.0-18-amd64", "linux-headers-6.1.0-18-common"})
    appliance.packages.files.push_back(driver_deb(name));
  appliance.packages.files.push_back({"nvtop", "3.0", "amd64", "apt/debian/pool/nvtop.deb", 50'000, 200'000, {"role:gpuWorker"}});
  for (const char* name : {"nvidia-container-runtime", "nvidia-ctk", "nvidia-cdi-hook"}) {
    const std::string path = std::string("files/") + name;
    appliance.files.push_back({name, path, std::string("/usr/local/bin/") + name, 0755, "root", "root"});
    index.files.push_back({path, index.files.front().digest, 1000});
  }
  return index;
}

Answers gpu_answers() {
  Answers answers = sample_cluster_answers();
  answers.cluster.roles = Texts{"webServer", "dbServer", "gpuWorker"};
  return answers;
}

Plan plan_on(const std::string& machine, const Index& index = gpu_index(), const Answers& answers = gpu_answers()) {
  Facts facts = sample_node_facts();
  facts.gpu = recorded(machine, &facts.node.kernel);
  return make_plan(sample_header(), index, facts, answers);
}

Texts ids_of(const Plan& plan, std::string_view first, std::string_view second) {
  Texts ids;
  for (const Step& step : plan.steps) {
    if (step.id.starts_with(first) || step.id.starts_with(second)) ids.push_back(step.id);
  }
  return ids;
}

const InstallPackages& packages_of(const Plan& plan) {
  for (const Step& step : plan.steps) {
    if (const auto* action = std::get_if<InstallPackages>(&step.action)) return *action;
  }
  throw InputError("no packages");
}

TEST(GpuFacts, OfRecordedMachines) {
  const GpuFacts server = recorded("t4-server");
  EXPECT_EQ(server.cards, (std::vector<GpuCard>{{"0000:3b:00.0", 0x1eb8, ""}}));
  EXPECT_TRUE(server.driver_version.empty() && server.module_file.empty() && !server.nouveau && !server.secure_boot && !server.headers);
  const GpuFacts board = recorded("a100-board");
  ASSERT_EQ(board.cards.size(), 4u);
  EXPECT_EQ(board.cards.front(), (GpuCard{"0000:07:00.0", 0x20b2, "nvidia"}));
  EXPECT_EQ(board.driver_version, "535.183.01");
  EXPECT_EQ(board.runtime, "/usr/bin/nvidia-container-runtime");
  const GpuFacts desk = recorded("rtx3090-desk");
  EXPECT_EQ(desk.cards, (std::vector<GpuCard>{{"0000:01:00.0", 0x2204, "nouveau"}}));
  EXPECT_TRUE(desk.nouveau && desk.secure_boot && desk.headers && desk.module_file.empty());
  const GpuFacts other = recorded("gtx1080-desk");
  EXPECT_EQ(other.module_file, "updates/dkms/nvidia-current.ko.xz");
  EXPECT_FALSE(other.secure_boot);
  EXPECT_EQ(recorded("k80-server").cards.size(), 2u);
  EXPECT_TRUE(recorded("laptop").cards.empty());
}

TEST(GpuFacts, GenerationsOfKnownCards) {
  const auto name = [](std::uint32_t device) {
    const GpuGeneration* generation = gpu_generation(device);
    return generation == nullptr ? std::string("unknown") : cat(generation->name, " ", generation->first, "-", generation->last);
  };
  EXPECT_EQ(name(0x06d1), "Fermi 0-390");         // Tesla C2050
  EXPECT_EQ(name(0x102d), "Kepler 0-470");        // Tesla K80
  EXPECT_EQ(name(0x13c2), "Maxwell 0-580");       // GeForce GTX 970
  EXPECT_EQ(name(0x17fd), "Maxwell 0-580");       // Tesla M40
  EXPECT_EQ(name(0x15f8), "Pascal 0-580");        // Tesla P100
  EXPECT_EQ(name(0x1b80), "Pascal 0-580");        // GeForce GTX 1080
  EXPECT_EQ(name(0x1db4), "Volta 0-580");         // Tesla V100
  EXPECT_EQ(name(0x1eb8), "Turing 410-0");        // Tesla T4
  EXPECT_EQ(name(0x20b0), "Ampere 450-0");        // A100 40 GB
  EXPECT_EQ(name(0x2204), "Ampere 455-0");        // GeForce RTX 3090
  EXPECT_EQ(name(0x2330), "Hopper 520-0");        // H100
  EXPECT_EQ(name(0x2684), "Ada Lovelace 520-0");  // GeForce RTX 4090
  EXPECT_EQ(name(0x2b85), "Blackwell 570-0");     // GeForce RTX 5090
  EXPECT_EQ(name(0x7fff), "unknown");
}

TEST(Gpu, ACardThatTheCarriedDriverKnowsGetsIt) {
  const Plan plan = plan_on("t4-server");
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(ids_of(plan, "nvidia", "cdi"),
            (Texts{"nvidia-directory", "nvidia-config", "nvidia-modules-file", "nvidia-modules", "cdi-directory", "cdi"}));
  EXPECT_EQ(packages_of(plan).packages,
            (Texts{"containerd", "docker-registry", "conntrack", "iptables", "iproute2", "nvtop", "nvidia-driver"}));
  EXPECT_EQ(packages_of(plan).groups, (Texts{"role:gpuWorker", "gpu-driver"}));
}

TEST(Gpu, ADriverThatIsThereStays) {
  const Plan plan = plan_on("a100-board");
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(packages_of(plan).groups, Texts{"role:gpuWorker"});
  EXPECT_EQ(packages_of(plan).packages.back(), "nvtop");
}

TEST(Gpu, AMachineWithoutTheRoleGetsNothingOfIt) {
  const Plan plan = plan_on("laptop", gpu_index(), sample_cluster_answers());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(ids_of(plan, "nvidia", "cdi"), Texts{});
  EXPECT_EQ(packages_of(plan).groups, Texts{});
}

std::uint64_t room_for_packages(const Plan& plan) {
  for (const SpaceLine& line : plan.space) {
    for (const SpaceNeed& need : line.needs) {
      if (need.purpose == "unpacked packages") return need.bytes;
    }
  }
  throw InputError("no packages");
}

TEST(Gpu, RoomIsCountedForThePackagesOfThisMachineAlone) {
  const std::uint64_t without = room_for_packages(plan_on("laptop", gpu_index(), sample_cluster_answers()));
  EXPECT_EQ(room_for_packages(plan_on("a100-board")) - without, 200'000u) << "what the role brings";
  EXPECT_EQ(room_for_packages(plan_on("t4-server")) - without, 200'000u + 4 * 4'000'000u) << "and the driver";
}

TEST(Gpu, NoCard) {
  EXPECT_EQ(plan_on("laptop").refusals,
            Texts{"the role 'gpuWorker' is for machines with a card of NVIDIA's, and this machine shows none: answer "
                  "'cluster.roles' without it, or see that the card is seated and its slot is on"});
  Index everywhere = gpu_index();
  everywhere.appliance.gpu.role.clear();
  EXPECT_EQ(plan_on("laptop", everywhere).refusals, Texts{"the appliance is for machines with a card of NVIDIA's, and this machine shows "
                                                          "none: see that the card is seated and its slot is on"});
}

TEST(Gpu, ACardOfVirtualMachines) {
  EXPECT_EQ(plan_on("vfio-host").refusals,
            Texts{"the card 10de:1eb8 at 0000:af:00.0 is set aside for virtual machines (vfio-pci): give it back, or "
                  "answer 'cluster.roles' for another machine"});
}

TEST(Gpu, ACardThatIsTooOldAndAKernelThatNothingIsFor) {
  EXPECT_EQ(
      plan_on("k80-server").refusals,
      (Texts{
          "the card 10de:102d at 0000:84:00.0 is too old for the bundle's driver: branch 470 is the last that knows Kepler, and the bundle "
          "has branch 535; take a bundle with that branch, or another card",
          "the card 10de:102d at 0000:85:00.0 is too old for the bundle's driver: branch 470 is the last that knows Kepler, and the bundle "
          "has branch 535; take a bundle with that branch, or another card",
          "kernel 6.1.0-32-cloud-amd64 runs here, and the bundle has neither a module of NVIDIA's driver for it nor "
          "linux-headers-6.1.0-32-cloud-amd64 to build one (it has headers of: 6.1.0-18-amd64): boot such a kernel, or install this one's "
          "headers"}));
}

TEST(Gpu, ACardThatIsTooNew) {
  Index index = gpu_index();
  index.appliance.gpu.branch = 390;
  EXPECT_EQ(plan_on("t4-server", index).refusals,
            Texts{"the card 10de:1eb8 at 0000:3b:00.0 is too new for the bundle's driver: Turing is known from "
                  "branch 410 on, and the bundle has branch 390; take a bundle with a later driver"});
}

TEST(Gpu, ACardThatNobodyKnowsIsMentioned) {
  Facts facts = sample_node_facts();
  facts.gpu = recorded("t4-server");
  facts.gpu.cards[0].device = 0x7fff;
  const Plan plan = make_plan(sample_header(), gpu_index(), facts, gpu_answers());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(std::count(plan.cautions.begin(), plan.cautions.end(),
                       "the card 10de:7fff at 0000:3b:00.0 is of a generation that this installer does not know: whether branch 535 of the "
                       "driver is for it, the driver says"),
            1);
}

TEST(Gpu, NouveauAndSecureBoot) {
  EXPECT_EQ(plan_on("rtx3090-desk").refusals,
            (Texts{"Secure Boot is on, and a driver that is built on this machine is signed by nobody whom the firmware knows: switch it "
                   "off, or install "
                   "a signed driver first",
                   "the free driver nouveau has the card, and NVIDIA's cannot take it over: write 'blacklist nouveau' into "
                   "/etc/modprobe.d/nouveau.conf, run 'update-initramfs -u', and boot"}));
  Index prebuilt = gpu_index();
  prebuilt.appliance.packages.files.push_back(driver_deb("linux-modules-nvidia-535-6.1.0-18-amd64"));
  EXPECT_EQ(plan_on("rtx3090-desk", prebuilt).refusals.size(), 1u) << "a signed module needs no headers and passes Secure Boot";
}

TEST(Gpu, AContainerHasNoKernelOfItsOwn) {
  Facts facts = sample_node_facts();
  facts.gpu = recorded("t4-server");
  facts.node.container = "lxc";
  EXPECT_EQ(make_plan(sample_header(), gpu_index(), facts, gpu_answers()).refusals,
            Texts{"this machine is a container (lxc): NVIDIA's driver belongs to the machine around it, which has to have it"});
}

TEST(Gpu, TheMachinesOwnDriver) {
  Index index = gpu_index();
  index.appliance.gpu = {true, "gpuWorker", "host", {}, 0};
  EXPECT_EQ(plan_on("t4-server", index).refusals, Texts{"the appliance uses the driver that the machine has, and NVIDIA's is not in kernel "
                                                        "6.1.0-18-amd64 here: install it from the distribution first"});
  EXPECT_EQ(plan_on("rtx3090-desk", index).refusals,
            Texts{"the appliance uses the driver that the machine has, and NVIDIA's is not in kernel "
                  "6.1.0-18-amd64 here, which has nouveau instead: install it from the distribution first"});
  EXPECT_EQ(plan_on("gtx1080-desk", index).refusals, Texts{}) << "it is there to be loaded";
  EXPECT_EQ(plan_on("a100-board", index).refusals, Texts{});
}

TEST(Gpu, NoRuntimeForContainers) {
  Index index = gpu_index();
  std::erase_if(index.appliance.files, [](const PlacedFile& file) { return file.name.starts_with("nvidia"); });
  EXPECT_EQ(plan_on("t4-server", index).refusals,
            Texts{"containers get NVIDIA's cards by nvidia-container-runtime, which neither this machine nor the bundle has"});
  EXPECT_EQ(plan_on("a100-board", index).refusals, Texts{});
}

std::string written(const Plan& plan, const std::string& id) {
  for (const Step& step : plan.steps) {
    const auto* file = std::get_if<WriteFile>(&step.action);
    if (file != nullptr && step.id == id) return cat("=== ", file->path, "\n", file->content);
  }
  return cat("no step ", id, "\n");
}

TEST(Gpu, ContainerdKnowsTheRuntime) {
  std::string text;
  for (const char* version : {"1.6.20~ds1-1+deb12u2", "1.7.24~ds1-4", "2.1.4-1"}) {
    Index index = gpu_index();
    index.appliance.runtime.nvidia_default = std::string(version).starts_with("1.7");
    for (PackageFile& file : index.appliance.packages.files) {
      if (file.name == "containerd") file.version = version;
    }
    index.appliance.packages.files.push_back({"containerd", version, "amd64", "apt/debian/pool/containerd.deb", 1000, 1000});
    text += cat("# containerd ", version, "\n", written(plan_on("t4-server", index), "containerd-config"));
  }
  test::expect_golden("plan/gpu-containerd.txt",
                      cat(text, written(plan_on("t4-server"), "nvidia-config"), written(plan_on("t4-server"), "nvidia-modules-file")));
}

}  // namespace
}  // namespace rootcellar
