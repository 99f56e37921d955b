#include <algorithm>
#include <map>
#include <set>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "installer/run/actions/actions.h"
#include "installer/run/site_registry.h"

namespace rootcellar {
namespace {

/// Names by what the registry has under them: nothing, or another image.
struct Missing {
  std::vector<std::pair<const SiteImage*, std::string>> names;
  std::vector<std::string> conflicts;
};

/// Digests by name that earlier installs pushed: a tag that moved on with the bundle moves on here, too.
std::map<std::string, std::set<std::string>> pushed_before(const RunContext& context) {
  std::map<std::string, std::set<std::string>> pushed;
  for (const OpenStep& earlier : context.earlier) {
    const JsonValue* names = earlier.undo_data.find("names");
    if (names == nullptr) continue;
    for (const auto& [name, digest] : names->members()) pushed[name].insert(digest.as_string());
  }
  return pushed;
}

Missing missing_names(const std::vector<SiteImage>& images, const PushImages& action, const SiteRegistry& registry, RunContext& context) {
  const auto before = pushed_before(context);
  Missing missing;
  for (const SiteImage& image : images) {
    for (const std::string& name : image.names(action.registry)) {
      poll_interrupt();
      const std::optional<Digest> found = registry.digest_of(name);
      if (found == image.digest) continue;
      const auto ours = before.find(name);
      const bool foreign = found && (ours == before.end() || !ours->second.contains(found->named()));
      if (foreign) missing.conflicts.push_back(cat(name, " (", found->named(), "; the bundle's is ", image.digest.named(), ")"));
      missing.names.emplace_back(&image, name);
    }
  }
  return missing;
}

void refuse_conflicts(const Missing& missing, const PushImages& action) {
  if (missing.conflicts.empty()) return;
  throw HostError(
      cat("cannot put the images into the site's registry ", action.registry, ": it has another image under ", missing.conflicts.front(),
          missing.conflicts.size() == 1 ? "" : cat(" and ", missing.conflicts.size() - 1, " more names")),
      "nothing was pushed; take that name away there, if nobody needs it");
}

const Owner k_whoever_runs{"", ""};

void write_blob(const Digest& digest, const std::string& path, ActionScope& scope) {
  auto file = scope.host().create_file(path, 0600, k_whoever_runs);
  scope.bundle().read_blob(digest, *file);
  file->commit(false);
}

/// As skopeo's transport "dir" reads it: containers/image, directory/directory_transport.go.
void spool_image(const SiteImage& image, const std::string& folder, ActionScope& scope) {
  scope.host().remove_tree(folder);
  scope.host().make_directories(folder, 0700, k_whoever_runs);
  scope.host().write_file(cat(folder, "/version"), "Directory Transport Version: 1.1\n", 0600, k_whoever_runs);
  write_blob(image.digest, cat(folder, "/manifest.json"), scope);
  for (const Digest& blob : std::set<Digest>(image.blobs.begin(), image.blobs.end())) write_blob(blob, cat(folder, "/", blob.hex()), scope);
}

/// Which registry has which layer: containers/image keeps it there for root, whatever HOME is, and nobody can tell it not to.
constexpr const char* k_cache = "/var/lib/containers/cache";

void clear_away(const PushImages& action, const JsonValue& undo, ActionScope& scope) {
  HostSystem& host = scope.host();
  host.remove_tree(action.spool);
  host.sync_filesystem(path_parent(action.spool));
  if (undo.truth("had-cache").value_or(true)) return;
  host.remove_tree(k_cache);
  const std::string parent = path_parent(k_cache);
  if (host.exists(parent) && host.list(parent).empty()) host.remove(parent);
  host.sync_filesystem(path_parent(parent));
}

void push(const SiteImage& image, const std::string& name, const PushImages& action, const SiteRegistry& registry) {
  registry.put(action.spool, name);
  const std::optional<Digest> found = registry.digest_of(name);
  if (found == image.digest) return;
  throw SystemError(cat("cannot put '", name, "' into the site's registry: expected ", image.digest.named(), " there, found ",
                        found ? found->named() : "nothing"));
}

}  // namespace

ProbeResult probe(const PushImages& action, ActionScope& scope) {
  const SiteRegistry registry(action, scope);
  const std::vector<SiteImage> images = site_images(scope.bundle().index(), action.bare_names);
  bool all = false;
  registry.with_login([&] { all = missing_names(images, action, registry, scope.context).names.empty(); });
  return all ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const PushImages& action, ActionScope& scope) {
  JsonValue names = JsonValue::object();
  for (const SiteImage& image : site_images(scope.bundle().index(), action.bare_names)) {
    for (const std::string& name : image.names(action.registry)) names.set(name, JsonValue::string(image.digest.named()));
  }
  return JsonValue::object({{"names", std::move(names)}, {"had-cache", JsonValue::boolean(scope.host().exists(k_cache))}});
}

void perform(const PushImages& action, ActionScope& scope) {
  const SiteRegistry registry(action, scope);
  const std::vector<SiteImage> images = site_images(scope.bundle().index(), action.bare_names);
  registry.with_login([&] {
    const Missing missing = missing_names(images, action, registry, scope.context);
    refuse_conflicts(missing, action);
    ProgressTask task(scope.context.progress, "pushing images", missing.names.size(), false);
    const SiteImage* spooled = nullptr;
    for (const auto& [image, name] : missing.names) {
      poll_interrupt();
      if (spooled == nullptr || spooled->digest != image->digest) spool_image(*image, action.spool, scope);
      spooled = image;
      push(*image, name, action, registry);
      task.advance(1);
    }
  });
  if (scope.context.undo_data != nullptr) clear_away(action, *scope.context.undo_data, scope);
}

// What the site's registry has is the site's.
void take_back(const PushImages& action, const JsonValue& undo, bool, ActionScope& scope) {
  clear_away(action, undo, scope);
  remove_login_copy(scope);
}

}  // namespace rootcellar
