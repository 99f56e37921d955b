#include "builder/profile/catalogue.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

TEST(Catalogue, MostExactEntryWins) {
  const Catalogue catalogue = Catalogue::parse(
      "rootcellar-catalogue: 1\nimages:\n  - {name: gcr.io/a/*, status: moved, since: 2023-04, today: b.io/*}\n  - {name: gcr.io/a/x, "
      "note: kept}\n",
      "catalogue.yaml");
  EXPECT_EQ(catalogue.find(*parse_image_name("gcr.io/a/x:1"))->note, "kept");
  const CatalogueEntry* prefix = catalogue.find(*parse_image_name("gcr.io/a/y/z:1"));
  ASSERT_NE(prefix, nullptr);
  EXPECT_EQ(catalogue_warning(*prefix, "gcr.io/a/y/z:1"), "image 'gcr.io/a/y/z:1' moved in 2023-04: it is at b.io/y/z today");
  EXPECT_EQ(catalogue.find(*parse_image_name("gcr.io/ab:1")), nullptr);
}

TEST(Catalogue, FaultsAreToldTogether) {
  try {
    Catalogue::parse("rootcellar-catalogue: 1\nimages:\n  - {name: nginx, status: lost}\n  - {name: a.io/b, status: gone, since: june}\n",
                     "catalogue.yaml");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(render_error(error),
              "error: catalogue.yaml:3:12: key 'name': expected a repository in full, host first, or HOST/PATH/*, found 'nginx'\n"
              "    - {name: nginx, status: lost}\n"
              "             ^\n"
              "error: catalogue.yaml:3:27: key 'status': expected one of 'available', 'moved', 'frozen', 'gone', found 'lost'\n"
              "    - {name: nginx, status: lost}\n"
              "                            ^\n"
              "error: catalogue.yaml:4:5: 'a.io/b' is gone: expected where it is today, or what stands in\n"
              "    - {name: a.io/b, status: gone, since: june}\n"
              "      ^\n"
              "error: catalogue.yaml:4:41: key 'since': expected a month like 2025-08, found 'june'\n"
              "    - {name: a.io/b, status: gone, since: june}\n"
              "                                          ^\n");
  }
}

}  // namespace
}  // namespace rootcellar
