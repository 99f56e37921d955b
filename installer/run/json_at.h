// Members deep in what a cluster answers: absence on the way is an empty answer, because every part of a status comes when it comes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/json.h"

namespace rootcellar {

using JsonPath = std::initializer_list<std::string_view>;

inline const JsonValue* find_at(const JsonValue& value, JsonPath path) {
  const JsonValue* found = &value;
  for (const std::string_view name : path) found = found == nullptr ? nullptr : found->find(name);
  return found;
}

/// A text, or the spelling of a number; empty when there is none.
inline std::string text_at(const JsonValue& value, JsonPath path) {
  const JsonValue* found = find_at(value, path);
  const bool has_text = found != nullptr && (found->is_string() || found->kind() == JsonValue::Kind::number);
  return has_text ? found->as_string() : std::string();
}

inline std::uint64_t number_at(const JsonValue& value, JsonPath path, std::uint64_t fallback = 0) {
  const JsonValue* found = find_at(value, path);
  return found == nullptr ? fallback : found->as_u64().value_or(fallback);
}

inline bool truth_at(const JsonValue& value, JsonPath path) {
  const JsonValue* found = find_at(value, path);
  return found != nullptr && found->kind() == JsonValue::Kind::boolean && found->as_boolean();
}

/// The items of a list; none when there is no list.
inline const std::vector<JsonValue>& items_at(const JsonValue& value, JsonPath path) {
  static const std::vector<JsonValue> k_none;
  const JsonValue* found = find_at(value, path);
  return found != nullptr && found->is_array() ? found->items() : k_none;
}

}  // namespace rootcellar
