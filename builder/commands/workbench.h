// What lock and build fetch with: cache, network client and mirrors, from options and the user's configuration file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder/source/sources.h"
#include "bundle/base/cli.h"

namespace rootcellar {

/// $XDG_CONFIG_HOME/rootcellar/config.yaml, else ~/.config/rootcellar/config.yaml.
struct UserConfiguration {
  std::vector<std::string> mirrors;  ///< "FROM=TO"
  std::string ca_file;
  std::string cache;
};
/// Strict YAML; faults are one InputError.
UserConfiguration parse_user_configuration(std::string_view text, const std::string& file);
/// Empty when there is no file.
UserConfiguration read_user_configuration();

/// What lock, build and certificate share.
struct FetchWords {
  std::vector<std::string> mirrors;
  std::optional<std::string> ca_file;
  std::optional<std::string> cache;
  std::uint64_t jobs = 0;  ///< 0: as many as there are processors, at most 8
};
/// The cache's folder, made if need be: that of --cache, of $ROOTCELLAR_CACHE, of the configuration file, or the default one.
std::string cache_folder(const UserConfiguration& user, const std::optional<std::string>& option);
/// Those of every command that uses the network. REQUIRES: `words` outlives the parsing.
std::vector<cli::Option> network_options(FetchWords& words);
/// And --jobs.
std::vector<cli::Option> fetch_options(FetchWords& words);
/// The number of jobs meant; more than 64 is a UsageError.
unsigned jobs_of(const FetchWords& words);

/// Owns what a SourceContext refers to. Nothing is fetched or written before the first use.
class Workbench {
 public:
  /// `folder`: what local paths are relative to.
  Workbench(const FetchWords& words, std::string folder, std::string architecture, cli::Console& console);
  SourceContext& context() { return *context_; }

 private:
  std::unique_ptr<Cache> cache_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<SourceContext> context_;
};

}  // namespace rootcellar
