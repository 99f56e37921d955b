// A folder in which archives are made by the tools that people use.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bundle/base/file.h"
#include "bundle/base/process.h"

namespace rootcellar::test {

class ArchiveFolder : public testing::Test {
 protected:
  std::string in(std::string_view name) const { return path_join(folder_.path(), name); }

  void run(std::vector<std::string> argv) {
    ProcessSpec spec;
    spec.argv = std::move(argv);
    spec.environment = {"PATH=/usr/bin:/bin"};
    spec.directory = folder_.path();
    const ProcessResult result = run_process(spec);
    ASSERT_EQ(result.exit_code, 0) << spec.argv[0] << ": " << result.error_output;
  }

  TemporaryDirectory folder_{"rc-archive"};
};

}  // namespace rootcellar::test
