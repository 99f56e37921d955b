#include "builder/commands/bundle_words.h"

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {

std::vector<cli::Option> bundle_options(BundleWords& words, bool with_trust) {
  std::vector<cli::Option> options = {
      {.names = "BUNDLE", .help = "a folder, a volume or a stick", .text = &words.bundle, .required = true},
      {.names = "--from", .value = "DIR", .help = "another place where volumes are; may be given several times", .list = &words.from},
      {.names = "--bundle",
       .value = "WHICH",
       .help = "which bundle, when several are there: its name, or the beginning of its id",
       .optional_text = &words.selector}};
  if (with_trust)
    options.push_back({.names = "--trust",
                       .value = "FILE",
                       .help = "the key or trust file to believe; it must not have come with the bundle",
                       .optional_text = &words.trust});
  return options;
}

BundleCandidate find_bundle(const BundleWords& words, cli::Console& console) {
  std::vector<std::string> places{words.bundle};
  places.insert(places.end(), words.from.begin(), words.from.end());
  const Search search = search_for(std::move(places), words.selector);
  const auto on_problem = [&](const std::string& path, const std::string& reason) {
    console.warn(cat("'", path, "' is passed over: ", reason));
  };
  return choose_bundle(find_bundles(search.places, on_problem), search.places, search.selector);
}

Bundle open_trusted(const BundleWords& words, std::string_view deed, cli::Console& console) {
  if (!words.trust)
    throw UsageError(cat("cannot ", deed, " '", words.bundle, "' without trust"),
                     "name the key or trust file to believe with --trust FILE");
  const TrustPolicy policy = read_trust(*words.trust);
  return Bundle::open(find_bundle(words, console), policy);
}

}  // namespace rootcellar
