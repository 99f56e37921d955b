#include <algorithm>
#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/parallel.h"
#include "bundle/base/text.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"
#include "installer/run/registry_storage.h"

namespace rootcellar {
namespace {

constexpr unsigned k_jobs = 4;

struct LoadOptions {
  BundleOptions bundle;
  std::string root;
  std::optional<std::string> owner;
};

/// Numbers only: whose storage it is may be known inside a container alone. Without it: who runs this.
Owner owner_of(const LoadOptions& options) {
  if (!options.owner) return {"", ""};
  const std::vector<std::string_view> parts = split(*options.owner, ':');
  const bool numbers = parts.size() == 2 && parse_u64(parts[0]) && parse_u64(parts[1]);
  if (!numbers) throw UsageError(cat("cannot use --owner '", *options.owner, "': expected UID:GID, two numbers"));
  return {std::string(parts[0]), std::string(parts[1])};
}

ExitCode load(cli::Console& console, const LoadOptions& options, Surroundings& surroundings) {
  const Owner owner = owner_of(options);
  BundleOptions root_only;
  root_only.bundle = options.root;
  const std::string root = root_only.places().front();
  OpenedBundle opened = open_bundle(options.bundle, KeptState(surroundings), console);
  if (!console.interactive()) require_all_volumes(opened.bundle);
  surroundings.host.make_directories(root, 0755, owner);
  const std::uint64_t written =
      fill_registry(opened.bundle, {}, root, owner, surroundings.host, std::min(available_cpus(), k_jobs), console.progress());
  const std::size_t images = opened.bundle.index().images.size();
  if (console.json())
    console.event("loaded", JsonValue::object({{"images", JsonValue::number(images)}, {"bytes", JsonValue::number(written)}}));
  if (!console.json())
    console.print(cat(images, images == 1 ? " image is" : " images are", " in ", root, "; ", human_size(written), " written\n"));
  return ExitCode::ok;
}

}  // namespace

cli::Command load_command(Surroundings& surroundings) {
  auto options = std::make_shared<LoadOptions>();
  cli::Command command;
  command.name = "load";
  command.summary = "only fill the storage of a registry you run yourself";
  command.description =
      "Writes the bundle's images into the storage directory of a CNCF distribution registry (the directory that holds "
      "'docker/registry/v2'). "
      "Installs nothing and starts nothing; the registry may be running.";
  command.examples = {"rootcellar-install load /media/stick --registry-root /srv/registry",
                      "sudo rootcellar-install load /media/stick --registry-root /srv/registry --owner 1000:1000"};
  command.options = bundle_option_list(options->bundle);
  command.options.push_back(
      {.names = "--registry-root", .value = "DIR", .help = "the registry's storage directory", .text = &options->root, .required = true});
  command.options.push_back(
      {.names = "--owner", .value = "UID:GID", .help = "whom the written files belong to", .optional_text = &options->owner});
  command.run = [options, &surroundings](cli::Console& console) { return load(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
