// Members of ours inside a JSON file that belongs to people: what merging changes, as data, so that exactly that can be taken back.
#pragma once

#include <string>
#include <vector>

#include "bundle/base/json.h"

namespace rootcellar {

/// One change at a member path. `replaced`: before (absent: null kind in `had`=false) and after. `added`: items put at the end of a list.
struct JsonChange {
  std::vector<std::string> path;
  bool had = false;  ///< the member was there
  JsonValue before;
  JsonValue after;  ///< the member's new value; null when `added` is not empty
  std::vector<JsonValue> added;
};

/// What must change in `document` (an object) so that `set`'s members have their values (objects are merged member by member) and
/// `append`'s lists hold their items. Nothing: it is already so. An item is not added twice. `append` on something that is no list is an
/// InputError naming `file`.
std::vector<JsonChange> plan_merge(const JsonValue& document, const JsonValue& set, const JsonValue& append, const std::string& file);
void apply_merge(JsonValue& document, const std::vector<JsonChange>& changes);
/// Takes changes back, last first; what a person has changed since stays.
void revert_merge(JsonValue& document, const std::vector<JsonChange>& changes);

/// The items of a list taken one by one, so that each can be reverted by itself; other changes as they are.
std::vector<JsonChange> parts_of(const JsonChange& change);

JsonValue encode_changes(const std::vector<JsonChange>& changes);
std::vector<JsonChange> decode_changes(const JsonValue& json);

/// Spaces before the first member of an object's text: people's files keep their look. 2 when it cannot be seen.
int indentation_of(const std::string& text);

}  // namespace rootcellar
