#include <memory>
#include <set>

#include "builder/commands/bundle_words.h"
#include "builder/commands/program.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::string image_name(const ImageEntry& image) {
  std::string name = image.repository;
  for (std::size_t at = 0; at < image.tags.size(); ++at) name += cat(at == 0 ? ":" : ",", image.tags[at]);
  return image.tags.empty() ? cat(name, "@", image.digest.named()) : name;
}

/// Each blob once, also when several manifests name it.
std::uint64_t image_size(const Bundle& bundle, const ImageEntry& image) {
  std::set<Digest> digests{image.digest};
  for (const ManifestEntry& manifest : image.manifests) {
    digests.insert(manifest.digest);
    digests.insert(manifest.blobs.begin(), manifest.blobs.end());
  }
  std::uint64_t size = 0;
  for (const Digest& digest : digests) {
    const BlobEntry* blob = bundle.find_blob(digest);
    size += blob == nullptr ? 0 : blob->size;
  }
  return size;
}

struct Row {
  std::string kind, name;
  std::uint64_t size;
};

std::vector<Row> rows_of(const Bundle& bundle) {
  std::vector<Row> rows;
  for (const ImageEntry& image : bundle.index().images) rows.push_back({"image", image_name(image), image_size(bundle, image)});
  for (const FileEntry& file : bundle.index().files) rows.push_back({"file", file.path, file.size});
  return rows;
}

ExitCode list(cli::Console& console, const BundleWords& words) {
  const Bundle bundle = open_trusted(words, "list", console);
  std::vector<std::vector<std::string>> table{{"KIND", "SIZE", "NAME"}};
  for (const Row& row : rows_of(bundle)) {
    if (console.json())
      console.event(row.kind, JsonValue::object({{"name", JsonValue::string(row.name)}, {"size", JsonValue::number(row.size)}}));
    table.push_back({row.kind, human_size(row.size), printable(row.name)});
  }
  if (!console.json()) console.print(cli::table(table));
  return ExitCode::ok;
}

}  // namespace

cli::Command ls_command() {
  auto words = std::make_shared<BundleWords>();
  cli::Command command;
  command.name = "ls";
  command.summary = "list the images and files of a bundle with their sizes";
  command.description = "Sizes are those of the things themselves; what several images share is counted for each, and stored once.";
  command.examples = {"rootcellar ls out --trust ~/keys/lab-team.pub"};
  command.options = bundle_options(*words, true);
  command.run = [words](cli::Console& console) { return list(console, *words); };
  return command;
}

}  // namespace rootcellar
