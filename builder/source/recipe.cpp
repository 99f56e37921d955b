// Images made from distribution packages: mmdebstrap builds the root, LayerTar makes it a layer, and the packages say when it is made
// again.
#include <unistd.h>

#include <algorithm>
#include <map>

#include "builder/source/apt_resolve.h"
#include "builder/source/image_document.h"
#include "builder/source/layer_tar.h"
#include "bundle/base/error.h"
#include "bundle/base/process.h"
#include "bundle/base/progress.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_time_limit = 3600;
constexpr std::size_t k_record_limit = std::size_t{16} << 20;

struct MadeLayer {
  Digest digest;
  std::uint64_t size = 0;
  std::vector<std::string> packages;  ///< "name=version architecture sha256", sorted
};


std::string image_path(const std::string& path) {
  if (path.size() < 2 || path.front() != '/')
    throw InputError(cat("bad path '", printable(path), "' in a recipe: expected an absolute path"));
  return path.substr(1);
}

LayerFile layer_file(const std::string& path, const ProfileFileContent& content, std::uint32_t mode, SourceContext& context) {
  if (content.url.empty() && content.path.empty()) return {.text = content.text, .size = content.text.size(), .mode = mode};
  ProfileFile file{.name = path_name(path), .content = content, .destination = path, .mode = mode};
  const LockedFile locked = resolve_file(file, context).value;
  if (!context.cache.find(locked.blob.digest, locked.blob.size)) fetch_url_blob(locked.blob, path, context);
  return {.path = context.cache.blob_path(locked.blob.digest), .size = locked.blob.size, .mode = mode};
}

LayerChanges layer_changes(const Recipe& recipe, std::int64_t time, SourceContext& context) {
  LayerChanges changes{.time = time};
  for (const auto& [path, content] : recipe.files) {
    const auto mode = recipe.modes.find(path);
    changes.files[image_path(path)] = layer_file(path, content, mode == recipe.modes.end() ? 0644 : mode->second, context);
  }
  for (const std::string& path : recipe.remove) changes.remove.insert(image_path(path));
  return changes;
}

/// All that decides a layer's bytes.
std::string layer_key(const std::string& tool_version, const std::string& suite, const std::string& architecture,
                      const std::vector<SolvedPackage>& solved, const LayerChanges& changes) {
  std::string text = cat("recipe 1\n", tool_version, "\n", suite, " ", architecture, " ", changes.time, "\n");
  for (const SolvedPackage& package : solved) text += cat("package ", package.selector(), "\n");
  for (const auto& [path, file] : changes.files) {
    const std::string content = file.path.empty() ? sha256(as_bytes(file.text)).hex() : path_name(file.path);
    text += cat("file ", path, " ", std::uint64_t{file.mode}, " ", content, "\n");
  }
  for (const std::string& path : changes.remove) text += cat("remove ", path, "\n");
  return sha256(as_bytes(text)).hex();
}

std::string record_path(const Cache& cache, const std::string& key) { return cat(cache.root(), "/recipes/", key); }

/// A layer made earlier and still in the cache. The record is ours; one that does not read is made again.
std::optional<MadeLayer> made_before(const Cache& cache, const std::string& key) {
  const auto text = read_file_if_exists(record_path(cache, key), k_record_limit);
  if (!text) return std::nullopt;
  const auto lines = split(*text, '\n');
  const auto digest = Digest::from_hex(lines[0]);
  const auto size = lines.size() > 2 ? parse_u64(lines[1]) : std::nullopt;
  if (!digest || !size || !cache.find(*digest, *size)) return std::nullopt;
  MadeLayer made{*digest, *size};
  for (std::size_t i = 2; i + 1 < lines.size(); ++i) made.packages.emplace_back(lines[i]);
  return made;
}

void remember(const Cache& cache, const std::string& key, const MadeLayer& made) {
  make_directories(path_join(cache.root(), "recipes"));
  write_file_atomically(record_path(cache, key), cat(made.digest.hex(), "\n", made.size, "\n", join(made.packages, "\n"), "\n"));
}

std::string version_of(const std::string& program) {
  return std::string(trim(run_process({.argv = {program, "--version"}, .environment = tool_environment()}).output));
}

/// The root filesystem as a tar. Root without a user namespace when we are root; otherwise mmdebstrap's own namespace.
void run_mmdebstrap(const std::string& program, const AptRoot& apt, const ImageName& name, const Recipe& recipe, const std::string& suite,
                    std::int64_t time, const std::string& architecture, const std::string& tar) {
  ProcessSpec spec{
      .argv = {program, cat("--mode=", geteuid() == 0 ? "root" : "unshare"), "--variant=essential", cat("--architectures=", architecture),
               "--format=tar", "--skip=output/dev", cat("--aptopt=", apt.settings_file()), "--aptopt=Acquire::Languages \"none\""},
      .environment = tool_environment(),
      .time_limit_seconds = k_time_limit};
  if (!recipe.packages.empty()) spec.argv.push_back(cat("--include=", join(recipe.packages, ",")));
  spec.argv.insert(spec.argv.end(), {suite, tar, apt.sources_file()});
  spec.environment.push_back(cat("SOURCE_DATE_EPOCH=", time));
  spec.merge_stderr = true;
  const ProcessResult result = run_process(spec);
  if (result.exit_code == 0) return;
  const std::string errors = apt_errors(result.output);
  throw InputError(
      cat("cannot make the image '", name.text(), "': ", errors.empty() ? cat("mmdebstrap ended with ", result.exit_code) : errors));
}

/// What dpkg says is installed, with the SHA-256 of each deb from the archive.
std::vector<std::string> packages_of(const std::string& status, AptRoot& apt) {
  std::vector<SolvedPackage> installed;
  for (const ControlParagraph& paragraph : parse_control(status)) {
    if (!paragraph.field("Status").ends_with(" installed")) continue;
    installed.push_back({paragraph.field("Package"), paragraph.field("Version"), paragraph.field("Architecture")});
  }
  std::map<std::string, std::string> digests;
  for (const ControlParagraph& record : apt.records(installed)) {
    digests.emplace(cat(record.field("Package"), "=", record.field("Version"), " ", record.field("Architecture")), record.field("SHA256"));
  }
  std::vector<std::string> out;
  for (const SolvedPackage& package : installed) {
    const std::string id = cat(package.name, "=", package.version, " ", package.architecture);
    out.push_back(cat(id, " ", digests[id]));
  }
  std::sort(out.begin(), out.end());
  return out;
}

MadeLayer make_layer(const std::string& program, AptRoot& apt, const ImageName& name, const Recipe& recipe, const std::string& suite,
                     LayerChanges changes, SourceContext& context) {
  const ProgressTask task(context.progress, cat("making ", name.text()), 0, false);
  const TemporaryDirectory folder("recipe", path_join(context.cache.root(), "apt"));
  const std::string tar = path_join(folder.path(), "root.tar");
  run_mmdebstrap(program, apt, name, recipe, suite, changes.time, context.architecture, tar);
  FileSource source(tar);
  LayerTar layer(source, std::move(changes));
  const auto [digest, size] = context.cache.store(layer);
  return {digest, size, packages_of(layer.dpkg_status(), apt)};
}

LockedBlob store_text(const std::string& text, const char* type, Cache& cache) {
  MemorySource source(as_bytes(text));
  const auto [digest, size] = cache.store(source);
  return {.digest = digest, .size = size, .media_type = type};
}

LockedImage image_of(const ImageName& name, const Recipe& recipe, const MadeLayer& made, std::int64_t time, SourceContext& context) {
  const std::string config = image_config(recipe, context.architecture, made.digest, time);
  const LockedBlob config_blob = store_text(config, k_config_type, context.cache);
  const LockedBlob manifest = store_text(image_manifest(config, made.digest, made.size), k_manifest_type, context.cache);
  LockedImage image{.repository = name.repository, .digest = manifest.digest, .recipe = recipe, .recipe_packages = made.packages};
  if (!name.tag.empty()) image.tags.push_back(name.tag);
  image.manifests.push_back({manifest.digest, k_manifest_type, {config_blob.digest, made.digest}});
  image.blobs = {manifest, config_blob, {.digest = made.digest, .size = made.size, .media_type = k_layer_type}};
  return image;
}

}  // namespace

std::string require_recipe_tools(const std::string& image, bool root, const ProgramSearch& search) {
  const auto path = search("mmdebstrap");
  if (!path) throw HostError(cat("cannot make the image '", image, "': 'mmdebstrap' is not installed"), "apt-get install mmdebstrap");
  if (!root && !search("newuidmap")) {
    throw HostError(cat("cannot make the image '", image, "': an ordinary user needs 'newuidmap', which is not installed"),
                    "apt-get install uidmap, or lock and build as root");
  }
  return *path;
}

Resolved<LockedImage> make_recipe_image_in(AptRoot& apt, const ImageName& name, const Recipe& recipe, const std::string& suite,
                                           SourceContext& context) {
  const std::string program = require_recipe_tools(name.text(), ::geteuid() == 0, find_program);
  for (const std::string& package : recipe.packages) check_package_request(package);
  // The release's own date, not the newest: it changes with point releases only, so that fresh indexes with the same packages give the same
  // image.
  const std::int64_t time = apt.suite_date(suite);
  LayerChanges changes = layer_changes(recipe, time, context);
  std::vector<std::string> wanted{"?essential"};
  wanted.insert(wanted.end(), recipe.packages.begin(), recipe.packages.end());
  apt.empty_base();
  const std::string key = layer_key(version_of(program), suite, context.architecture, apt.solve(wanted, false), changes);
  std::optional<MadeLayer> made = made_before(context.cache, key);
  if (!made) {
    made = make_layer(program, apt, name, recipe, suite, std::move(changes), context);
    remember(context.cache, key, *made);
  }
  return {image_of(name, recipe, *made, time, context), apt.newest()};
}

Resolved<LockedImage> make_recipe_image(const ImageName& name, const Recipe& recipe, const TargetRelease& target, SourceContext& context) {
  require_recipe_tools(name.text(), ::geteuid() == 0, find_program);
  const std::string suite = recipe.suite.empty() ? target.codename : recipe.suite;
  AptRoot apt({target.distribution, target.version, suite}, {}, context);
  apt.update();
  return with_note(cat("making the image '", name.text(), "'"), [&] { return make_recipe_image_in(apt, name, recipe, suite, context); });
}

}  // namespace rootcellar
