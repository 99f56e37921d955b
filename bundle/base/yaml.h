// Strict YAML: every value is what it looks like, every key is used or refused, every fault has line and column.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bundle/base/error.h"

namespace rootcellar {

struct YamlEntry;

/// A node of a parsed document. Built on yaml-cpp's events; anchors, aliases, tags and several documents are refused, duplicate keys are
/// faults.
struct YamlNode {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string scalar;  ///< exact text; `quoted` tells "1" from 1
  bool quoted = false;
  std::vector<YamlNode> items;     ///< list
  std::vector<YamlEntry> entries;  ///< map, in file order; keys are scalars
  int line = 0;
  int column = 0;
  std::shared_ptr<const std::string> file;    ///< name of the document the node came from: includes keep their own places
  std::shared_ptr<const std::string> source;  ///< its whole text

  const YamlNode* find(std::string_view key) const;
};

/// One line of a map: key and value. Not a std::pair, which may not hold a type that is still being declared.
struct YamlEntry {
  YamlEntry(YamlNode key, YamlNode value) : first(std::move(key)), second(std::move(value)) {}

  YamlNode first;
  YamlNode second;
};

/// Collects the faults of one reading, in document order; throw_if_any() throws one InputError with all of them (the first hundred).
class YamlFaults {
 public:
  /// The same fault at the same place is kept once: a document may be read several times (variants).
  void add(const YamlNode& at, std::string message, std::string hint = {});
  bool empty() const { return faults_.empty(); }
  void throw_if_any();

 private:
  std::vector<Fault> faults_;
};

/// Parses one document. Limits: 4 MiB (64 MiB for locks: pass `limit`), depth 32. Syntax faults are an InputError with the place.
YamlNode parse_yaml(std::string_view text, std::string file_name, std::size_t limit = std::size_t{4} << 20);

/// Several documents as other programs write them (Kubernetes manifests, a chart repository's index): anchors, tags and keys given twice
/// are let pass; an alias stands for the scalar it names, and for nothing where it names a list or a map. Depth 100; faults as parse_yaml.
std::vector<YamlNode> parse_yaml_documents(std::string_view text, std::string file_name, std::size_t limit);

/// Reads a map by consuming its keys; finish() makes every unread key a fault with "did you mean". All getters record faults and return
/// a harmless default, so that one reading shows all faults.
class YamlMap {
 public:
  /// A node that is not a map is a fault ("expected a map of WHAT, found a list").
  YamlMap(const YamlNode& node, YamlFaults& faults, std::string what);

  const YamlNode* take(std::string_view key);                         ///< absent or null: nullptr
  const YamlNode* require(std::string_view key);                      ///< absent: a fault and nullptr
  std::string text(std::string_view key, std::string fallback = {});  ///< any non-null scalar
  std::string require_text(std::string_view key);
  std::optional<std::string> optional_text(std::string_view key);
  bool boolean(std::string_view key, bool fallback);                   ///< true or false only, unquoted
  std::uint64_t number(std::string_view key, std::uint64_t fallback);  ///< decimal, no leading zero, unquoted
  std::uint64_t require_number(std::string_view key);
  std::vector<std::string> text_list(std::string_view key);
  /// Calls `each` for every item of a list.
  void list(std::string_view key, const std::function<void(const YamlNode&)>& each);
  /// Calls `each` for every entry of a map.
  void map(std::string_view key, const std::function<void(const std::string& name, const YamlNode&)>& each);
  std::string one_of(std::string_view key, const std::vector<std::string>& allowed, std::string fallback);
  const YamlNode& node() const { return node_; }
  YamlFaults& faults() { return faults_; }
  /// Every key asked for so far, some more than once: what the reader knows.
  const std::vector<std::string>& known() const { return known_; }
  /// REQUIRES: called once, after all getters.
  void finish();

 private:
  const YamlNode& node_;
  YamlFaults& faults_;
  std::string what_;
  std::vector<std::string> known_;
  std::vector<std::string> taken_;
};

/// The scalar of `node` as text, or a fault.
std::string yaml_text(const YamlNode& node, YamlFaults& faults, std::string_view what);

/// Writes the strict subset that parse_yaml reads: two-space indent, scalars quoted only where needed, LF. The caller chooses the order.
class YamlWriter {
 public:
  void key(std::string_view name);    ///< then a value or a begin_*
  void value(std::string_view text);  ///< quoted when it would not read back as this same string
  void value_plain(std::uint64_t number);
  void value_plain(bool truth);
  void begin_map();
  void end_map();
  void begin_list();
  void end_list();
  void comment(std::string_view line);  ///< "# LINE" at top level
  void entry(std::string_view name, std::string_view text) { key(name), value(text); }
  void entry_number(std::string_view name, std::uint64_t number) { key(name), value_plain(number); }
  void entry_list(std::string_view name, const std::vector<std::string>& items);
  std::string finish();

 private:
  void begin_value();
  void write_scalar(std::string_view text);
  void begin_level(char kind);
  void end_level(char kind, std::string_view when_empty);
  void newline_indent(std::size_t depth);
  std::string out_;
  std::vector<char> levels_;  // 'm' or 'l'
  std::vector<bool> level_empty_;
  bool after_key_ = false;
};

}  // namespace rootcellar
