// What every test against the stand-in for the internet needs: where it is, and a fresh cache.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "builder/source/sources.h"
#include "tests/support/thrown.h"

namespace rootcellar {

using test::error_of;

/// RC_UPSTREAM_NAME of the environment; with_upstream.sh sets them. A missing one ends the program: there is nothing to test against.
std::string upstream(std::string_view name);

/// A builder with an empty cache, no patience, and no login.
class Site {
 public:
  explicit Site(const std::vector<std::string>& mirrors = {}, bool with_ca = true);
  ~Site();
  Site(const Site&) = delete;

  /// config.json that the registry code will find; `text` as docker would have written it.
  void log_in(const std::string& config_text) const;
  /// As `docker login HOST` with this password.
  void log_in(const std::string& host, const std::string& password) const;
  std::string folder() const { return folder_.path(); }

 private:
  TemporaryDirectory folder_;
  Cache cache_;
  std::unique_ptr<HttpClient> http_;

 public:
  SourceContext context;
  std::vector<std::string> retries;  ///< what was said before each new try
};

ImageName image(std::string_view text);

/// Number of lines of FOLDER/log/NAME.log that contain `text`.
std::size_t log_lines(std::string_view name, std::string_view text);

}  // namespace rootcellar
