// The site's own registry, spoken to through skopeo: what it has under a name, and putting an image there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "installer/run/actions/actions.h"

namespace rootcellar {

/// An image of the bundle as a registry takes it that wants every manifest an index lists: the one of the bundle's platform, by itself.
struct SiteImage {
  std::string repository;         ///< "docker.io/library/nginx", as its path in the registry
  std::vector<std::string> tags;  ///< empty: it is named by its digest
  Digest digest;
  std::vector<Digest> blobs;                                          ///< config and layers
  std::vector<std::string> names(const std::string& registry) const;  ///< "registry.lab:5000/docker.io/library/nginx:1.22", ...
};
/// In an order that reads each volume once. `bare_names`: docker.io's also without their host.
std::vector<SiteImage> site_images(const Index& index, bool bare_names);

/// What skopeo was given to read the account from, where a stop left it.
void remove_login_copy(const ActionScope& scope);

class SiteRegistry {
 public:
  SiteRegistry(const PushImages& action, const ActionScope& scope) : action_(action), scope_(scope) {}

  /// Runs `work` while skopeo can read the account; nothing of it is left behind.
  void with_login(const std::function<void()>& work) const;
  /// Of what it has under the name; nothing when it has nothing. SystemError when it does not say.
  std::optional<Digest> digest_of(const std::string& name) const;
  /// What skopeo's transport "dir" finds in `folder` put there under the name.
  void put(const std::string& folder, const std::string& name) const;

 private:
  std::vector<std::string> words(std::vector<std::string> arguments, const std::string& side) const;

  const PushImages& action_;
  const ActionScope& scope_;
};

}  // namespace rootcellar
