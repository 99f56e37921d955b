// How stacks, a profile and a variant become one tree. docs/profile.md section "How files are put together" is the rule book.
#pragma once

#include "bundle/base/yaml.h"

namespace rootcellar {

/// Gives list items that may be written as one word (packages, images) their long form, so that they merge by name; refuses a name given
/// twice in one list.
YamlNode with_named_items(YamlNode body, YamlFaults& faults);

/// Maps merge key by key; lists of maps that have a `name` merge item by item; everything else is replaced; null deletes a key, and an item
/// with `remove: true` deletes the item of that name (which must be there).
YamlNode merge_trees(YamlNode base, const YamlNode& overlay, YamlFaults& faults);

}  // namespace rootcellar
