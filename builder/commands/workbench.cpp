#include "builder/commands/workbench.h"

#include <algorithm>
#include <cstdlib>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/parallel.h"
#include "bundle/base/text.h"
#include "bundle/base/yaml.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_configuration = std::size_t{1} << 20;
constexpr unsigned k_default_jobs = 8;
constexpr std::uint64_t k_max_jobs = 64;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string configuration_path() {
  const std::string xdg = environment("XDG_CONFIG_HOME"), home = environment("HOME");
  if (!xdg.empty()) return path_join(xdg, "rootcellar/config.yaml");
  return home.empty() ? std::string() : path_join(home, ".config/rootcellar/config.yaml");
}

Mirrors mirrors_of(const UserConfiguration& user, const FetchWords& words) {
  Mirrors mirrors;
  for (const std::string& mirror : user.mirrors) mirrors.add(mirror);
  for (const std::string& mirror : words.mirrors) mirrors.add(mirror);
  return mirrors;
}

HttpSettings http_settings(const UserConfiguration& user, const FetchWords& words, Progress& progress) {
  HttpSettings settings;
  settings.ca_file = words.ca_file.value_or(user.ca_file);
  settings.on_retry = [&progress](std::string_view line) { progress.warn(line); };
  return settings;
}

std::string chosen_cache(const UserConfiguration& user) {
  return environment("ROOTCELLAR_CACHE").empty() && !user.cache.empty() ? user.cache : Cache::default_root();
}

}  // namespace

UserConfiguration parse_user_configuration(std::string_view text, const std::string& file) {
  UserConfiguration user;
  const YamlNode root = parse_yaml(text, file);
  if (root.kind == YamlNode::Kind::null) return user;
  YamlFaults faults;
  YamlMap map(root, faults, "configuration keys");
  user.mirrors = map.text_list("mirrors");
  user.ca_file = map.text("ca_file");
  user.cache = map.text("cache");
  map.finish();
  faults.throw_if_any();
  return user;
}

UserConfiguration read_user_configuration() {
  const std::string path = configuration_path();
  const auto text = path.empty() ? std::nullopt : read_file_if_exists(path, k_max_configuration);
  return text ? parse_user_configuration(*text, path) : UserConfiguration();
}

std::vector<cli::Option> network_options(FetchWords& words) {
  return {{.names = "--mirror",
           .value = "FROM=TO",
           .help = "fetch what is upstream at FROM from TO instead; a URL prefix or an image registry's name; may be given several times",
           .list = &words.mirrors},
          {.names = "--ca-file",
           .value = "FILE",
           .help = "trust the certificates in FILE too, when fetching over https",
           .optional_text = &words.ca_file},
          {.names = "--cache",
           .value = "DIR",
           .help = "where fetched things are kept; default: $ROOTCELLAR_CACHE, ~/.cache/rootcellar",
           .optional_text = &words.cache}};
}

std::vector<cli::Option> fetch_options(FetchWords& words) {
  std::vector<cli::Option> options = network_options(words);
  options.push_back({.names = "-j,--jobs",
                     .value = "N",
                     .help = "fetch and compress N things at a time; default: the processors, at most 8",
                     .number = &words.jobs});
  return options;
}

std::string cache_folder(const UserConfiguration& user, const std::optional<std::string>& option) {
  const std::string folder = option ? *option : chosen_cache(user);
  try {
    make_directories(folder);
  } catch (const SystemError& error) {
    if (option) throw;
    throw SystemError(error.message(), "set ROOTCELLAR_CACHE to a folder that you can write, with room for the inputs of a bundle");
  }
  return folder;
}

unsigned jobs_of(const FetchWords& words) {
  if (words.jobs > k_max_jobs) throw UsageError(cat("expected at most ", k_max_jobs, " jobs, found ", words.jobs));
  return words.jobs == 0 ? std::min(available_cpus(), k_default_jobs) : static_cast<unsigned>(words.jobs);
}

Workbench::Workbench(const FetchWords& words, std::string folder, std::string architecture, cli::Console& console) {
  const UserConfiguration user = read_user_configuration();
  Mirrors mirrors = mirrors_of(user, words);
  const unsigned jobs = jobs_of(words);
  http_ = std::make_unique<HttpClient>(http_settings(user, words, console.progress()), std::move(mirrors));
  cache_ = std::make_unique<Cache>(cache_folder(user, words.cache));
  context_ =
      std::make_unique<SourceContext>(SourceContext{*cache_, *http_, console.progress(), jobs, std::move(folder), std::move(architecture)});
}

}  // namespace rootcellar
