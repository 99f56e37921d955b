#include "installer/commands/open_bundle.h"

#include <unistd.h>

#include <array>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/commands/first_trust.h"

namespace rootcellar {
namespace {

Search search_of(const BundleOptions& options) {
  std::vector<std::string> places = options.places();
  if (places.empty()) throw UsageError("no bundle is named", "name a folder, a volume or a stick, or give --from DIR");
  return search_for(std::move(places), options.selector);
}

}  // namespace

std::string absolute_path(const std::string& path) {
  if (path.starts_with('/')) return path;
  std::array<char, 4096> here{};
  if (::getcwd(here.data(), here.size()) == nullptr) throw SystemError("read", "the current directory", errno);
  return path_join(here.data(), path);
}

std::vector<std::string> BundleOptions::places() const {
  std::vector<std::string> places;
  if (!bundle.empty()) places.push_back(absolute_path(bundle));
  for (const std::string& place : from) places.push_back(absolute_path(place));
  return places;
}

std::vector<cli::Option> bundle_option_list(BundleOptions& options) {
  return {{.names = "BUNDLE", .help = "a folder, a volume or a stick", .text = &options.bundle},
          {.names = "--from", .value = "DIR", .help = "another place where volumes are; may be given several times", .list = &options.from},
          {.names = "--bundle",
           .value = "WHICH",
           .help = "which bundle, when several are there: its name, or the beginning of its id",
           .optional_text = &options.selector},
          {.names = "--trust",
           .value = "FILE",
           .help = "the key or trust file to believe; it must not have come with the bundle",
           .optional_text = &options.trust}};
}

OpenedBundle open_bundle(const BundleOptions& options, const KeptState& kept, cli::Console& console, const TrustPolicy* vouched) {
  const Search search = search_of(options);
  const auto on_problem = [&](const std::string& path, const std::string& reason) {
    console.warn(cat("'", path, "' is passed over: ", reason));
  };
  const BundleCandidate candidate = choose_bundle(find_bundles(search.places, on_problem), search.places, search.selector);
  TrustPolicy policy = vouched != nullptr ? kept.pinned().value_or(*vouched) : establish_trust(candidate, options.trust, kept, console);
  OpenedBundle opened{Bundle::open(candidate, policy), policy};
  if (console.interactive()) opened.bundle.set_asker(ask_for_volumes(console));
  return opened;
}

VolumeAsker ask_for_volumes(cli::Console& console) {
  return [&console](std::uint32_t volume, const std::string& label) -> std::vector<std::string> {
    console.say(cat("Volume ", volume, " of '", label, "' is not here. Attach the stick that carries it."));
    const std::string folder(trim(console.ask("its folder (an empty line gives up): ", cat("volume ", volume, " of '", label, "'"))));
    if (folder.empty()) return {};
    return {absolute_path(folder)};
  };
}

void require_all_volumes(const Bundle& bundle) {
  const std::vector<std::uint32_t> missing = bundle.missing_volumes();
  if (missing.empty()) return;
  std::vector<std::string> numbers;
  for (const std::uint32_t volume : missing) numbers.push_back(cat(volume));
  throw InputError(
      cat("cannot find volume ", join(numbers, ", "), " of '", bundle_name(bundle.header()), "' (of ", bundle.header().volumes, ")"),
      "attach the stick that carries it and name its folder with --from");
}

std::string bundle_line(const Bundle& bundle) {
  return cat(bundle_name(bundle.header()), ", made ", format_time(bundle.header().created), ", signed by ",
             join(bundle.verified().signers(), ", "));
}

}  // namespace rootcellar
