#include "installer/run/site_registry.h"

#include <algorithm>
#include <array>
#include <map>

#include "bundle/base/error.h"
#include "bundle/base/secret.h"
#include "installer/host/tools.h"
#include "installer/run/cluster_api.h"
#include "installer/run/deployed_record.h"
#include "installer/run/registry_contents.h"
#include "installer/run/site_file.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_question = 60;  // seconds
constexpr std::uint64_t k_push = 3600;    // of one image; a stopped push is begun again, and finds the layers that are there
constexpr std::size_t k_login_limit = 4096;

std::string auth_path() { return cat(k_tools_home, "/registry-auth.json"); }

/// What registries say of a name they do not have (distribution: MANIFEST_UNKNOWN, NAME_UNKNOWN; others: 404).
bool says_absent(std::string_view text) {
  constexpr std::array<std::string_view, 4> k_words = {"manifest unknown", "name unknown", "NotFound", "not found"};
  return std::any_of(k_words.begin(), k_words.end(), [&](std::string_view word) { return text.find(word) != text.npos; });
}

const ManifestEntry& own_manifest(const ImageEntry& image) {
  for (const ManifestEntry& manifest : image.manifests) {
    if (!manifest.blobs.empty()) return manifest;
  }
  throw InputError(cat("bundle: expected a manifest with layers of '", image.repository, "', found none"));
}

}  // namespace

std::vector<std::string> SiteImage::names(const std::string& registry) const {
  std::vector<std::string> all;
  for (const std::string& tag : tags) all.push_back(cat(registry, "/", repository, ":", tag));
  if (tags.empty()) all.push_back(cat(registry, "/", repository, "@", digest.named()));
  return all;
}

std::vector<SiteImage> site_images(const Index& index, bool bare_names) {
  std::map<Digest, std::size_t> place;
  for (std::size_t i = 0; i < index.blobs.size(); ++i) place.emplace(index.blobs[i].digest, i);
  std::vector<std::pair<std::size_t, SiteImage>> found;
  for (const ImageEntry& entry : index.images) {
    const ManifestEntry& manifest = own_manifest(entry);
    for (const std::string& name : registry_names(entry.repository)) {
      if (name != entry.repository && !bare_names) continue;
      found.emplace_back(place[manifest.blobs.back()], SiteImage{name, entry.tags, manifest.digest, manifest.blobs});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<SiteImage> images;
  for (auto& [at, image] : found) images.push_back(std::move(image));
  return images;
}

// The same file that 'docker login' would write.
void SiteRegistry::with_login(const std::function<void()>& work) const {
  if (action_.login.empty()) return work();
  const auto login = scope_.host().read_file(action_.login, k_login_limit);
  if (!login)
    throw InputError(cat("expected '", action_.login, "', found none"), "the step that makes it has not run, or somebody removed the file");
  const SecretText secret(*login);
  const std::string auth(basic_authorization(secret.view()).substr(std::string_view("Basic ").size()));
  const JsonValue account = JsonValue::object({{"auth", JsonValue::string(auth)}});
  const SecretText text(JsonValue::object({{"auths", JsonValue::object({{action_.registry, account}})}}).dump());
  write_private_file(auth_path(), text.view(), scope_);
  try {
    work();
  } catch (...) {
    try {
      remove_login_copy(scope_);
    } catch (const Error&) {
      // The first fault is the one to tell; the file lies in memory, for root alone, until the next try.
    }
    throw;
  }
  remove_login_copy(scope_);
}

void remove_login_copy(const ActionScope& scope) {
  if (scope.host().exists(k_tools_home)) remove_private_file(auth_path(), scope);
}

std::vector<std::string> SiteRegistry::words(std::vector<std::string> arguments, const std::string& side) const {
  if (!action_.login.empty()) arguments.insert(arguments.end(), {cat("--", side, "authfile"), auth_path()});
  if (action_.ca_folder.empty()) arguments.push_back(cat("--", side, "tls-verify=false"));
  if (!action_.ca_folder.empty()) arguments.insert(arguments.end(), {cat("--", side, "cert-dir"), action_.ca_folder});
  // Without a policy file: every digest is compared here.
  arguments.insert(arguments.begin(), {std::string(tools::k_skopeo), "--insecure-policy"});
  return arguments;
}

std::optional<Digest> SiteRegistry::digest_of(const std::string& name) const {
  std::vector<std::string> argv = words({"inspect", "--raw"}, "");
  argv.push_back(cat("docker://", name));
  ToolCall call{.argv = std::move(argv), .environment = cluster_tool_environment(), .time_limit = k_question, .ends_with_us = true};
  call.output_limit = std::size_t{8} << 20;
  const ToolResult result = scope_.host().run(call);
  if (result.exit_code == 0 && !result.timed_out) return sha256(as_bytes(result.output));
  if (!result.timed_out && says_absent(result.error_output)) return std::nullopt;
  throw SystemError(cat("cannot ask the site's registry ", action_.registry, ": ", describe_failure(result, k_question)),
                    "see whether it is up, and whether the account in the answers may read and push there");
}

void SiteRegistry::put(const std::string& folder, const std::string& name) const {
  std::vector<std::string> argv = words({"copy", "--preserve-digests"}, "dest-");
  argv.insert(argv.end(), {cat("dir:", folder), cat("docker://", name)});
  const ToolCall call{.argv = std::move(argv), .environment = cluster_tool_environment(), .time_limit = k_push, .ends_with_us = true};
  const ToolResult result = run_logged(call, scope_);
  if (result.exit_code == 0 && !result.timed_out) return;
  throw SystemError(cat("cannot put '", name, "' into the site's registry: ", describe_failure(result, k_push)),
                    "see whether it has room, and whether the account in the answers may push there");
}

}  // namespace rootcellar
