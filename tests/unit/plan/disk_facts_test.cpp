#include "installer/plan/disk_facts.h"

#include <gtest/gtest.h>

#include "tests/support/memory_host.h"

namespace rootcellar::test {
namespace {

TEST(DiskFacts, AreThoseOfDisksWithAMedium) {
  MemoryHost host;
  for (const auto& [name, size] : {std::pair("sda", "2048"), std::pair("sdb", "4096"), std::pair("loop0", "8"), std::pair("sdc", "0")})
    host.add_file(std::string("/sys/block/") + name + "/size", std::string(size) + "\n");
  host.add_file("/sys/block/sda/queue/rotational", "1\n");
  host.add_file("/sys/block/sdb/removable", "1\n");
  EXPECT_EQ(read_disks(host), (std::vector<Disk>{{"sda", 1048576, false, true}, {"sdb", 2097152, true, false}}));
}

TEST(DiskFacts, KnowMountsThatHoldData) {
  EXPECT_EQ(parse_mounts("proc /proc proc rw 0 0\noverlay / overlay rw 0 0\n/dev/sdb1 /media/my\\040stick vfat rw 0 0\n"
                         "/dev/sdb1 /mnt/again vfat rw 0 0\n/dev/loop3 /snap/x squashfs ro 0 0\nstore:/e /srv nfs4 rw 0 0\nhalf a\n"),
            (std::vector<Mount>{{"/", "overlay", "overlay"}, {"/media/my stick", "/dev/sdb1", "vfat"}, {"/srv", "store:/e", "nfs4"}}));
}

}  // namespace
}  // namespace rootcellar::test
