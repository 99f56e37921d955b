// Charts from folders: the same bytes for the same files, and every dependency inside.
#include "builder/source/chart.h"

#include <gtest/gtest.h>

#include "builder/source/archive.h"
#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

class Chart : public testing::Test {
 protected:
  Chart() {
    put("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    put("values.yaml", "port: 80\n");
    put("templates/page.yaml", std::string(100000, '#'));
  }

  void put(const std::string& name, const std::string& content) {
    make_directories(path_parent(in(name)));
    write_file_atomically(in(name), content);
  }
  std::string in(const std::string& name) const { return path_join(path_join(folder_.path(), "any-name"), name); }
  std::string pack() const { return pack_chart_folder(path_join(folder_.path(), "any-name")); }
  std::string packed_file() {
    const std::string path = path_join(folder_.path(), "chart.tgz");
    write_file_atomically(path, pack());
    return path;
  }

  TemporaryDirectory folder_{"rc-chart"};
};

TEST_F(Chart, IsPackedAsGzippedTarUnderItsName) {
  const std::string path = packed_file();
  std::vector<std::string> names;
  walk_archive(path, "chart", [&](const ArchiveItem& item, Source& content) {
    MemorySink text("chart", 200000);
    copy(content, text);
    names.push_back(cat(item.name, " ", text.bytes().size()));
    return true;
  });
  EXPECT_EQ(names, (std::vector<std::string>{"web/Chart.yaml 40", "web/templates/page.yaml 100000", "web/values.yaml 9"}));
  ProcessSpec tar;
  tar.argv = {"/bin/tar", "-tzf", path};
  tar.environment = {"PATH=/usr/bin:/bin"};
  const ProcessResult listed = run_process(tar);
  EXPECT_EQ(listed.output, "web/Chart.yaml\nweb/templates/page.yaml\nweb/values.yaml\n") << listed.error_output;
}

TEST_F(Chart, HasBytesThatDependOnItsFilesAlone) {
  const std::string first = pack();
  put("values.yaml", "port: 80\n");
  put(".git/HEAD", "x");
  put("values.yaml~", "x");
  put("templates/.page.yaml.swp", "x");
  EXPECT_EQ(pack(), first);
  EXPECT_EQ(
      sha256(as_bytes(first)).hex(),
      "6d25262be76f8c9555089aadd50911fbb020ec147d2dc972492435df0d0e5301");  // of a tar without compression: no library's version is in it
  put("values.yaml", "port: 81\n");
  EXPECT_NE(pack(), first);
}

TEST_F(Chart, RefusesLinksAndNamelessFolders) {
  ProcessSpec link;
  link.argv = {"/bin/ln", "-s", "/etc/passwd", in("templates/link")};
  ASSERT_EQ(run_process(link).exit_code, 0);
  EXPECT_EQ(error_text([&] { pack(); }), cat("error: cannot pack '", in("templates/link"), "': a chart has files and folders only\n"));
  put("Chart.yaml", "version: 1.0.0\n");
  EXPECT_EQ(error_text([&] { pack(); }), cat("error: '", in("Chart.yaml"), "' has no name of a chart\n"));
}

TEST_F(Chart, RefusesAPathThatNoTarHolds) {
  const std::string longest(100, 'n');
  put(longest, "fits\n");
  EXPECT_NO_THROW(pack());
  put(longest + "n", "does not\n");
  EXPECT_EQ(error_text([&] { pack(); }), cat("error: cannot pack 'web/", longest, "n' of a chart: its path is too long\n"));
}

TEST_F(Chart, NamesTheDependenciesItLacks) {
  put("Chart.yaml",
      "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: redis, version: 9.4.1, condition: redis.enabled}\n"
      "- {name: postgres, version: 1.x}\n- {name: library, version: 1.0.0}\n");
  put("charts/redis-9.4.1.tgz", "x");
  put("requirements.yaml", "dependencies:\n- {name: old, version: 1.2.3}\n");
  put("charts/library/Chart.yaml", "name: library\n");
  EXPECT_EQ(error_text([&] { require_vendored(packed_file(), "chart of deployment 'web'"); }),
            "error: chart of deployment 'web' lacks what it depends on: postgres 1.x, old 1.2.3\n"
            "hint: run 'helm dependency update' on the chart: helm asks for dependencies in charts/, switched off or not\n");
  put("charts/postgres/Chart.yaml", "name: postgres\n");
  put("requirements.yaml", "");
  require_vendored(packed_file(), "chart");
}

}  // namespace
}  // namespace rootcellar
