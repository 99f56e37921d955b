// Where inputs come from. Each source knows two things: resolve (a name -> a pin) at lock time, fetch (a pin -> bytes in the cache) at
// build time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "builder/lock/lock.h"
#include "builder/profile/profile.h"
#include "builder/source/cache.h"
#include "builder/source/http.h"
#include "bundle/base/progress.h"

namespace rootcellar {

struct SourceContext {
  Cache& cache;
  HttpClient& http;
  Progress& progress;
  unsigned jobs = 4;
  std::string folder;        ///< of the profile or lock: local paths are relative to it
  std::string architecture;  ///< Debian's name
  std::function<void(std::uint64_t bytes)> on_bytes;  ///< told what arrives over the network, as it arrives, from several threads; may be empty
};

/// What a resolve found, and the newest time among its inputs (UTC seconds; 0: none known).
template <typename T>
struct Resolved {
  T value;
  std::int64_t newest = 0;
};

// registry.cpp: Docker v2 and OCI registries over HTTPS.
Resolved<LockedImage> resolve_registry_image(const ImageName& name, SourceContext& context);
void fetch_registry_blob(const LockedImage& image, const LockedBlob& blob, SourceContext& context);

// http_file.cpp and local_file.cpp
Resolved<LockedFile> resolve_file(const ProfileFile& file, SourceContext& context);
void fetch_url_blob(const LockedBlob& blob, const std::string& what, SourceContext& context);

// archive_tree.cpp: archives whose files are unpacked on the target.
Resolved<LockedData> resolve_data(const ProfileData& data, SourceContext& context);

// apt.cpp: the machine's own apt sources, solved by apt in an isolated root.
struct LockedPackages {
  std::vector<AptSource> sources;
  std::vector<LockedAptFile> files;
  std::vector<LockedPackage> packages;
};
Resolved<LockedPackages> resolve_packages(const ProfilePackages& packages, const TargetRelease& target, SourceContext& context);

// recipe.cpp: images made from distribution packages by mmdebstrap.
using ProgramSearch = std::function<std::optional<std::string>(std::string_view name)>;
/// Where mmdebstrap is. HostError when it, or what it needs for an ordinary user's namespaces, is not installed.
std::string require_recipe_tools(const std::string& image, bool root, const ProgramSearch& search);
Resolved<LockedImage> make_recipe_image(const ImageName& name, const Recipe& recipe, const TargetRelease& target, SourceContext& context);

// lock_profile.cpp (builder/lock): everything resolved. `serial` 0: seconds of `created` since 2020-01-01.
Lock lock_profile(const Profile& profile, std::uint64_t serial, SourceContext& context);

/// Brings one pinned blob into the cache from wherever it comes (image registry, URL, local file, recipe); returns its path. What has
/// vanished upstream is an InputError naming it, with the cure.
std::string obtain_blob(const PlannedBlob& blob, const Lock& lock, SourceContext& context);

}  // namespace rootcellar
