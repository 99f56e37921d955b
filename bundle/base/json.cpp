#include "bundle/base/json.h"

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// Feeds the parser one character at a time and so knows where in the text each event happened.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(std::string_view text, std::size_t at, std::size_t* furthest) : text_(text), at_(at), furthest_(furthest) {}
  reference operator*() const { return text_[at_]; }
  CountingIterator& operator++() {
    ++at_;
    if (furthest_ != nullptr) *furthest_ = at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  std::string_view text_;
  std::size_t at_;
  std::size_t* furthest_;
};

TextPlace place_at(std::string_view text, std::string_view file, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const std::size_t newline = before.rfind('\n');
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view line = text.substr(start, text.find('\n', start) - start);
  const auto is_first = [](char byte) { return (byte & 0xC0) != 0x80; };
  const auto column = std::count_if(before.begin() + static_cast<std::ptrdiff_t>(start), before.end(), is_first) + 1;
  return {std::string(file), static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1, static_cast<int>(column),
          std::string(line)};
}

[[noreturn]] void throw_fault(std::string_view text, std::string_view file, std::size_t offset, std::string message) {
  throw InputError(std::vector<Fault>{{place_at(text, file, offset), std::move(message), {}}});
}

/// Where the string whose closing quote lies just before `end` begins.
std::size_t string_start(std::string_view text, std::size_t end) {
  std::size_t at = end - 1;
  while (at > 0) {
    --at;
    const std::size_t last_other = text.substr(0, at).find_last_not_of('\\');
    const std::size_t backslashes = at - (last_other == std::string_view::npos ? 0 : last_other + 1);
    if (text[at] == '"' && backslashes % 2 == 0) break;
  }
  return at;
}

/// The library's words without its own error number and position, which we give ourselves.
std::string reason_of(std::string_view what) {
  if (const std::size_t colon = what.find(": "); colon != std::string_view::npos) what.remove_prefix(colon + 2);
  if (const std::size_t dash = what.find(" - "); what.starts_with("syntax error") && dash != std::string_view::npos)
    what.remove_prefix(dash + 3);
  return cat("not valid JSON: ", printable(what));
}

/// Builds the tree from the parser's events; every limit is checked here, while the text is read.
class Builder {
 public:
  Builder(std::string_view text, std::string_view file, const JsonLimits& limits, const std::size_t& position)
      : text_(text), file_(file), limits_(limits), position_(position) {}

  bool null() { return add(JsonValue()); }
  bool boolean(bool value) { return add(JsonValue::boolean(value)); }
  // Only "-0" arrives here as a zero: the text is the truth, the number is not.
  bool number_integer(std::int64_t value) { return add(JsonValue::number_text(value == 0 ? "-0" : std::to_string(value))); }
  bool number_unsigned(std::uint64_t value) { return add(JsonValue::number(value)); }
  bool number_float(double, const std::string& spelling) { return add(JsonValue::number_text(spelling)); }
  bool string(std::string& value) { return add(JsonValue::string(std::move(value))); }
  bool binary(std::vector<std::uint8_t>&) { return false; }  // JSON text has none
  bool start_array(std::size_t) { return open(JsonValue::array()); }
  bool start_object(std::size_t) { return open(JsonValue::object()); }
  bool end_array() { return close(); }
  bool end_object() { return close(); }

  bool key(std::string& name) {
    Level& level = open_.back();
    if (!level.names.insert(name).second) fail(string_start(text_, position_), cat("duplicate key '", printable(name), "'"));
    level.key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) {
    fail(position == 0 ? 0 : position - 1, reason_of(error.what()));
  }

  JsonValue take() { return std::move(root_); }

 private:
  struct Level {
    JsonValue value;
    std::string key;
    std::unordered_set<std::string> names;
  };

  [[noreturn]] void fail(std::size_t offset, std::string message) { throw_fault(text_, file_, offset, std::move(message)); }

  bool add(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().value.is_array()) {
      open_.back().value.push(std::move(value));
    } else {
      open_.back().value.members().emplace_back(std::move(open_.back().key), std::move(value));
    }
    return true;
  }

  bool open(JsonValue value) {
    if (open_.size() >= static_cast<std::size_t>(limits_.depth)) fail(position_ - 1, cat("nested deeper than ", limits_.depth, " levels"));
    open_.push_back({std::move(value), {}, {}});
    return true;
  }

  bool close() {
    JsonValue value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  std::string_view text_;
  std::string_view file_;
  const JsonLimits& limits_;
  const std::size_t& position_;
  JsonValue root_;
  std::vector<Level> open_;
};

void write_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const char first = text[0];
    if (length == 0) {
      out.append("\xEF\xBF\xBD");  // U+FFFD: JSON cannot carry the byte
    } else if (first == '"' || first == '\\') {
      out.append({'\\', first});
    } else if (first == '\n') {
      out.append("\\n");
    } else if (first == '\t') {
      out.append("\\t");
    } else if (static_cast<unsigned char>(first) < 0x20 || first == 0x7F) {
      const std::uint8_t byte = static_cast<std::uint8_t>(first);
      out.append(cat("\\u00", hex_encode({&byte, 1})));
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out.push_back('"');
}

class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void write(const JsonValue& value) {
    switch (value.kind()) {
      case JsonValue::Kind::null:
        out_ += "null";
        break;
      case JsonValue::Kind::boolean:
        out_ += value.as_boolean() ? "true" : "false";
        break;
      case JsonValue::Kind::number:
        out_ += value.as_string();
        break;
      case JsonValue::Kind::string:
        write_string(out_, value.as_string());
        break;
      case JsonValue::Kind::array:
        write_items(value.items(), '[', ']', [&](const JsonValue& item) { write(item); });
        break;
      case JsonValue::Kind::object:
        write_items(value.members(), '{', '}', [&](const JsonValue::Member& member) { write_member(member); });
        break;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void write_member(const JsonValue::Member& member) {
    write_string(out_, member.first);
    out_ += indent_ < 0 ? ":" : ": ";
    write(member.second);
  }

  template <typename Items, typename WriteOne>
  void write_items(const Items& items, char open, char close, const WriteOne& write_one) {
    out_.push_back(open);
    ++depth_;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_.push_back(',');
      first = false;
      new_line();
      write_one(item);
    }
    --depth_;
    if (!items.empty()) new_line();
    out_.push_back(close);
  }

  void new_line() {
    if (indent_ < 0) return;
    out_.push_back('\n');
    out_.append(static_cast<std::size_t>(indent_ * depth_), ' ');
  }

  int indent_;
  int depth_ = 0;
  std::string out_;
};

template <typename Members>
auto find_member(Members& members, std::string_view name) {
  return std::find_if(members.begin(), members.end(), [&](const JsonValue::Member& member) { return member.first == name; });
}

}  // namespace

JsonValue JsonValue::boolean(bool value) {
  JsonValue result;
  result.kind_ = Kind::boolean;
  result.truth_ = value;
  return result;
}

JsonValue JsonValue::number(std::uint64_t value) { return number_text(std::to_string(value)); }

JsonValue JsonValue::number_text(std::string spelling) {
  JsonValue result;
  result.kind_ = Kind::number;
  result.text_ = std::move(spelling);
  return result;
}

JsonValue JsonValue::string(std::string value) {
  JsonValue result;
  result.kind_ = Kind::string;
  result.text_ = std::move(value);
  return result;
}

JsonValue JsonValue::array(std::vector<JsonValue> items) {
  JsonValue result;
  result.kind_ = Kind::array;
  result.items_ = std::move(items);
  return result;
}

JsonValue JsonValue::object(std::vector<Member> members) {
  JsonValue result;
  result.kind_ = Kind::object;
  result.members_ = std::move(members);
  return result;
}

JsonValue JsonValue::string_array(const std::vector<std::string>& items) {
  JsonValue result = array();
  for (const std::string& item : items) result.push(string(item));
  return result;
}

std::optional<std::uint64_t> JsonValue::as_u64() const { return kind_ == Kind::number ? parse_u64(text_) : std::nullopt; }

const JsonValue* JsonValue::find(std::string_view name) const {
  const auto member = find_member(members_, name);
  return member == members_.end() ? nullptr : &member->second;
}

JsonValue* JsonValue::find(std::string_view name) {
  const auto member = find_member(members_, name);
  return member == members_.end() ? nullptr : &member->second;
}

void JsonValue::set(std::string_view name, JsonValue value) {
  if (JsonValue* present = find(name)) {
    *present = std::move(value);
  } else {
    members_.emplace_back(name, std::move(value));
  }
}

bool JsonValue::erase(std::string_view name) {
  const auto member = find_member(members_, name);
  if (member == members_.end()) return false;
  members_.erase(member);
  return true;
}

std::optional<std::string> JsonValue::text(std::string_view name) const {
  const JsonValue* member = find(name);
  return member != nullptr && member->is_string() ? std::optional(member->text_) : std::nullopt;
}

std::optional<std::uint64_t> JsonValue::u64(std::string_view name) const {
  const JsonValue* member = find(name);
  return member != nullptr ? member->as_u64() : std::nullopt;
}

std::optional<bool> JsonValue::truth(std::string_view name) const {
  const JsonValue* member = find(name);
  return member != nullptr && member->kind_ == Kind::boolean ? std::optional(member->truth_) : std::nullopt;
}

std::string JsonValue::dump(int indent) const {
  Writer writer(indent);
  writer.write(*this);
  return writer.take();
}

JsonValue parse_json(std::string_view text, std::string_view file, JsonLimits limits) {
  if (text.size() > limits.bytes) throw InputError(cat("'", file, "' is larger than the limit of ", human_size(limits.bytes)));
  std::size_t position = 0;
  Builder builder(text, file, limits, position);
  const bool complete =
      nlohmann::json::sax_parse(CountingIterator(text, 0, &position), CountingIterator(text, text.size(), nullptr), &builder);
  assert(complete && "every fault is thrown");
  static_cast<void>(complete);
  return builder.take();
}

}  // namespace rootcellar
