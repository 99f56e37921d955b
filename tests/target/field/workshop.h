// Where the field tests' sticks are made, by the real programs: keys, locks, bundles, each once for all tests.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bundle/base/file.h"

namespace rootcellar::field {

/// A stick somebody orders: two equal orders give the same bytes.
struct StickOrder {
  std::string profile = "field";  ///< tests/target/profiles/NAME.yaml
  std::uint64_t serial = 5;
  std::string key = "site";  ///< made when it is first named
  std::string architecture = "amd64";
  std::string folder{};  ///< that the profile lies in; empty: tests/target/profiles
};

class Workshop {
 public:
  Workshop();
  /// A folder with volumes, installer, START.sh and README.txt. Made when first asked for; nobody may change it.
  const std::string& stick(const StickOrder& order);
  /// A copy that its test may spoil.
  std::string copy_of_stick(const StickOrder& order, const std::string& parent);
  /// Path of NAME.pub, which lies elsewhere than the sticks.
  std::string public_key(const std::string& name);
  const std::string& folder() const { return folder_.path(); }

 private:
  std::string make_stick(const StickOrder& order);
  void make_key(const std::string& name);
  void rootcellar(const std::vector<std::string>& arguments);

  TemporaryDirectory folder_;
  std::map<std::string, std::string> sticks_;
};

/// The one of this test run.
Workshop& workshop();

/// Names of the volumes in a stick's folder, sorted.
std::vector<std::string> volumes_in(const std::string& stick);

}  // namespace rootcellar::field
