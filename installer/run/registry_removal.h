// Takes a bundle's images out of a registry's storage again and leaves every image that people pushed whole.
#pragma once

#include <string>

#include "bundle/base/json.h"
#include "installer/run/registry_contents.h"

namespace rootcellar {

/// What remove_filled() needs: the images, and which of their blobs and links were there before us.
JsonValue registry_undo_data(const std::vector<RegistryImage>& images, const std::string& root, HostSystem& host);
/// May be repeated after a stop. REQUIRES: the registry does not write at the same time.
void remove_filled(const JsonValue& undo, const std::string& root, HostSystem& host);

/// The same while other images stay: only what `now` does not serve goes. remove_filled() with the same data works after it, too.
void remove_superseded(const JsonValue& undo, const std::vector<RegistryImage>& now, const std::string& root, HostSystem& host);

}  // namespace rootcellar
