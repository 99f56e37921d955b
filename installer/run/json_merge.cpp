#include "installer/run/json_merge.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

using Path = std::vector<std::string>;

Path below(Path path, const std::string& name) {
  path.push_back(name);
  return path;
}

bool contains(const std::vector<JsonValue>& items, const JsonValue& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

void plan_set(const JsonValue& document, const JsonValue& set, const Path& path, std::vector<JsonChange>& changes) {
  for (const auto& [name, wanted] : set.members()) {
    const JsonValue* there = document.find(name);
    if (there != nullptr && *there == wanted) continue;
    if (there != nullptr && there->is_object() && wanted.is_object()) {
      plan_set(*there, wanted, below(path, name), changes);
    } else {
      changes.push_back({below(path, name), there != nullptr, there != nullptr ? *there : JsonValue(), wanted, {}});
    }
  }
}

void plan_append(const JsonValue& document, const JsonValue& append, const Path& path, const std::string& file,
                 std::vector<JsonChange>& changes) {
  for (const auto& [name, items] : append.members()) {
    const JsonValue* there = document.find(name);
    if (there == nullptr) {
      changes.push_back({below(path, name), false, {}, items, {}});
    } else if (there->is_object() && items.is_object()) {
      plan_append(*there, items, below(path, name), file, changes);
    } else if (!there->is_array()) {
      throw InputError(cat("'", file, "': expected a list at '", join(below(path, name), "."), "', found another kind of value"),
                       "mend the file or move it away");
    } else {
      JsonChange change{below(path, name), true, {}, {}, {}};
      for (const JsonValue& item : items.items()) {
        if (!contains(there->items(), item) && !contains(change.added, item)) change.added.push_back(item);
      }
      if (!change.added.empty()) changes.push_back(std::move(change));
    }
  }
}

// The object that holds the last name of `path`; nullptr when a person has removed it.
JsonValue* holder(JsonValue& document, const Path& path) {
  JsonValue* at = &document;
  for (std::size_t i = 0; at != nullptr && i + 1 < path.size(); ++i) at = at->find(path[i]);
  return at != nullptr && at->is_object() ? at : nullptr;
}

void revert(JsonValue& document, const JsonChange& change) {
  JsonValue* object = holder(document, change.path);
  JsonValue* now = object != nullptr ? object->find(change.path.back()) : nullptr;
  if (now == nullptr) return;
  if (!change.added.empty()) {
    std::erase_if(now->items(), [&](const JsonValue& item) { return contains(change.added, item); });
  } else if (*now == change.after) {
    if (change.had)
      *now = change.before;
    else
      object->erase(change.path.back());
  } else if (!change.had && now->is_array() && change.after.is_array()) {
    // A list of ours that people have added to: theirs stay.
    std::erase_if(now->items(), [&](const JsonValue& item) { return contains(change.after.items(), item); });
    if (now->items().empty()) object->erase(change.path.back());
  }
}

}  // namespace

std::vector<JsonChange> plan_merge(const JsonValue& document, const JsonValue& set, const JsonValue& append, const std::string& file) {
  std::vector<JsonChange> changes;
  plan_set(document, set, {}, changes);
  plan_append(document, append, {}, file, changes);
  return changes;
}

void apply_merge(JsonValue& document, const std::vector<JsonChange>& changes) {
  for (const JsonChange& change : changes) {
    JsonValue* object = holder(document, change.path);
    if (object == nullptr) continue;
    JsonValue* now = object->find(change.path.back());
    if (change.added.empty()) {
      object->set(change.path.back(), change.after);
    } else if (now != nullptr) {
      for (const JsonValue& item : change.added) {
        if (!contains(now->items(), item)) now->push(item);
      }
    }
  }
}

void revert_merge(JsonValue& document, const std::vector<JsonChange>& changes) {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) revert(document, *change);
}

std::vector<JsonChange> parts_of(const JsonChange& change) {
  const bool made_list = change.added.empty() && !change.had && change.after.is_array();
  const std::vector<JsonValue>& items = made_list ? change.after.items() : change.added;
  if (items.size() < 2) return {change};
  std::vector<JsonChange> parts;
  for (const JsonValue& item : items) parts.push_back({change.path, true, {}, {}, {item}});
  return parts;
}

JsonValue encode_changes(const std::vector<JsonChange>& changes) {
  JsonValue list = JsonValue::array();
  for (const JsonChange& change : changes) {
    JsonValue json = JsonValue::object();
    json.set("path", JsonValue::string_array(change.path));
    json.set("had", JsonValue::boolean(change.had));
    json.set("before", change.before);
    json.set("after", change.after);
    json.set("added", JsonValue::array(change.added));
    list.push(std::move(json));
  }
  return list;
}

std::vector<JsonChange> decode_changes(const JsonValue& json) {
  std::vector<JsonChange> changes;
  const auto member = [](const JsonValue& object, std::string_view name) {
    const JsonValue* found = object.find(name);
    return found != nullptr ? *found : JsonValue();
  };
  for (const JsonValue& item : json.items()) {
    JsonChange& change = changes.emplace_back();
    const JsonValue path = member(item, "path");
    for (const JsonValue& name : path.items()) change.path.push_back(name.as_string());
    change.had = item.truth("had").value_or(false);
    change.before = member(item, "before");
    change.after = member(item, "after");
    change.added = member(item, "added").items();
    if (change.path.empty()) throw InputError("journal: expected a member path in the changes of a JSON file");
  }
  return changes;
}

int indentation_of(const std::string& text) {
  const std::size_t line = text.find('\n');
  if (line == text.npos) return 2;
  const std::size_t first = text.find_first_not_of(' ', line + 1);
  const std::size_t spaces = first == text.npos ? 0 : first - line - 1;
  return spaces >= 1 && spaces <= 8 ? static_cast<int>(spaces) : 2;
}

}  // namespace rootcellar
