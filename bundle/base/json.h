// JSON (RFC 8259) with limits: duplicate keys refused, depth bounded, order and number spelling kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bundle/base/error.h"

namespace rootcellar {

/// A JSON value. Objects keep the order of their members; numbers keep their spelling.
class JsonValue {
 public:
  enum class Kind { null, boolean, number, string, array, object };
  using Member = std::pair<std::string, JsonValue>;

  JsonValue() = default;
  static JsonValue boolean(bool value);
  static JsonValue number(std::uint64_t value);
  static JsonValue number_text(std::string spelling);
  static JsonValue string(std::string value);
  static JsonValue array(std::vector<JsonValue> items = {});
  static JsonValue object(std::vector<Member> members = {});
  static JsonValue string_array(const std::vector<std::string>& items);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_object() const { return kind_ == Kind::object; }
  bool is_array() const { return kind_ == Kind::array; }
  bool is_string() const { return kind_ == Kind::string; }
  bool as_boolean() const { return truth_; }              ///< REQUIRES kind boolean
  const std::string& as_string() const { return text_; }  ///< REQUIRES kind string; for numbers the spelling
  std::optional<std::uint64_t> as_u64() const;            ///< numbers without sign, fraction or exponent
  const std::vector<JsonValue>& items() const { return items_; }
  std::vector<JsonValue>& items() { return items_; }
  const std::vector<Member>& members() const { return members_; }
  std::vector<Member>& members() { return members_; }

  const JsonValue* find(std::string_view name) const;  ///< nullptr when absent or not an object
  JsonValue* find(std::string_view name);
  void set(std::string_view name, JsonValue value);  ///< replaces in place or appends
  bool erase(std::string_view name);
  void push(JsonValue value) { items_.push_back(std::move(value)); }
  /// Member as string / number / boolean; nothing when absent or of another kind.
  std::optional<std::string> text(std::string_view name) const;
  std::optional<std::uint64_t> u64(std::string_view name) const;
  std::optional<bool> truth(std::string_view name) const;

  bool operator==(const JsonValue&) const = default;
  /// indent < 0: one line without spaces.
  std::string dump(int indent = -1) const;

 private:
  Kind kind_ = Kind::null;
  bool truth_ = false;
  std::string text_;
  std::vector<JsonValue> items_;
  std::vector<Member> members_;
};

struct JsonLimits {
  std::size_t bytes = std::size_t{8} << 20;
  int depth = 32;
};
/// Faults are an InputError with file:line:column, the line and a caret. `file` names the document.
JsonValue parse_json(std::string_view text, std::string_view file, JsonLimits limits = {});

}  // namespace rootcellar
