// Parsing: yaml-cpp's events become a tree that knows its places. The library itself accepts duplicate keys and guesses at types.
#include "bundle/base/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_depth = 32;
constexpr std::size_t k_max_foreign_depth = 100;
constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";

int count_characters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

using Document = std::shared_ptr<const std::string>;

YamlNode node_at(const Document& file, const Document& source, std::size_t offset) {
  YamlNode node;
  const std::string_view before = std::string_view(*source).substr(0, std::min(offset, source->size()));
  const std::size_t newline = before.rfind('\n');
  node.line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
  node.column = count_characters(newline == std::string_view::npos ? before : before.substr(newline + 1)) + 1;
  node.file = file;
  node.source = source;
  return node;
}

[[noreturn]] void throw_fault(const YamlNode& at, std::string message, std::string hint = {}) {
  YamlFaults faults;
  faults.add(at, std::move(message), std::move(hint));
  faults.throw_if_any();
  std::abort();
}

/// Ours are strict; others' are taken as they come.
enum class Whose { ours, others };

/// Builds the tree. Faults that leave the document readable are collected, the others thrown.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(Document file, Document source, Whose whose) : file_(std::move(file)), source_(std::move(source)), whose_(whose) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    anchored_.clear();
    if (++documents_ > 1 && is_ours()) throw_fault(start(mark), "expected one document, found a second");
  }
  void OnDocumentEnd() override {
    if (!is_ours()) finished_.push_back(std::move(root_));
    if (!is_ours()) root_ = YamlNode();
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(started(mark, anchor)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = start(mark);
    if (is_ours()) faults_.add(node, "aliases are not allowed", "write the value out");
    const auto meant = anchored_.find(anchor);
    if (meant != anchored_.end()) {
      node.kind = YamlNode::Kind::scalar;
      node.scalar = meant->second;
    }
    add(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    YamlNode node = started(mark, anchor);
    node.kind = YamlNode::Kind::scalar;
    node.scalar = value;
    node.quoted = tag == "!";  // yaml-cpp's mark of a scalar that is not plain
    last_scalar_ = static_cast<std::size_t>(std::max(mark.pos, 0));
    if (anchor != 0) anchored_[anchor] = value;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(started(mark, anchor), YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(started(mark, anchor), YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

  YamlNode take() {
    require_closing_quote();
    faults_.throw_if_any();
    return std::move(root_);
  }
  std::vector<YamlNode> take_all() {
    require_closing_quote();
    return std::move(finished_);
  }

 private:
  struct Level {
    YamlNode node;
    std::optional<YamlNode> key;
    std::unordered_map<std::string, int> lines;  // of the keys so far
  };

  bool is_ours() const { return whose_ == Whose::ours; }

  /// yaml-cpp counts lines and bytes of a line from 0; people count characters from 1.
  YamlNode start(const YAML::Mark& mark) const {
    YamlNode node;
    const auto end = std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), source_->size());
    const auto width = std::min(static_cast<std::size_t>(std::max(mark.column, 0)), end);
    node.line = mark.line + 1;
    node.column = count_characters(std::string_view(*source_).substr(end - width, width)) + 1;
    node.file = file_;
    node.source = source_;
    return node;
  }

  /// yaml-cpp takes the end of the file for a closing quote; a file cut short must not pass for a whole one.
  void require_closing_quote() const {
    if (last_scalar_ >= source_->size()) return;
    const char quote = (*source_)[last_scalar_];
    if (quote != '"' && quote != '\'') return;
    const std::string_view text = *source_;
    std::size_t at = last_scalar_ + 1;
    while (at < text.size() && (text[at] != quote || (quote == '\'' && text.substr(at).starts_with("''")))) {
      at += text[at] == quote || (quote == '"' && text[at] == '\\') ? 2 : 1;
    }
    if (at >= source_->size()) throw_fault(node_at(file_, source_, last_scalar_), "not valid YAML: the quote is never closed");
  }

  YamlNode started(const YAML::Mark& mark, YAML::anchor_t anchor) {
    YamlNode node = start(mark);
    const auto at = static_cast<std::size_t>(std::max(mark.pos, 0));
    if (!is_ours()) return node;
    if (anchor != 0) faults_.add(node, "anchors are not allowed", "write the value out where it is used");
    if (at < source_->size() && (*source_)[at] == '!') faults_.add(node, "tags are not allowed", "leave the tag out");
    return node;
  }

  void open(YamlNode node, YamlNode::Kind kind) {
    const std::size_t limit = is_ours() ? k_max_depth : k_max_foreign_depth;
    if (open_.size() >= limit) throw_fault(node, cat("nested deeper than ", limit, " levels"));
    const bool is_key = !open_.empty() && open_.back().node.kind == YamlNode::Kind::map && !open_.back().key;
    if (is_key) throw_fault(node, "expected a plain text key, found a list or a map");
    node.kind = kind;
    open_.push_back({std::move(node), {}, {}});
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().node.kind == YamlNode::Kind::list) {
      open_.back().node.items.push_back(std::move(node));
    } else if (open_.back().key) {
      open_.back().node.entries.emplace_back(*std::move(open_.back().key), std::move(node));
      open_.back().key.reset();
    } else {
      add_key(open_.back(), std::move(node));
    }
  }

  void add_key(Level& level, YamlNode key) {
    if (key.kind == YamlNode::Kind::null) faults_.add(key, "expected a key, found nothing");
    const auto [first, is_new] = level.lines.emplace(key.scalar, key.line);
    if (!is_new && is_ours())
      faults_.add(key, cat("duplicate key '", printable(key.scalar), "'"), cat("it was given first in line ", first->second));
    level.key = std::move(key);
  }

  Document file_;
  Document source_;
  YamlFaults faults_;
  YamlNode root_;
  std::vector<Level> open_;
  Whose whose_;
  std::vector<YamlNode> finished_;
  std::unordered_map<YAML::anchor_t, std::string> anchored_;
  int documents_ = 0;
  std::size_t last_scalar_ = std::string::npos;
};

/// Before the library sees it: yaml-cpp would take UTF-16, replace broken bytes and take byte 4 for the end of the file.
void require_clean_text(const Document& file, const Document& source) {
  const std::string_view text = *source;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence(text.substr(at));
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool is_layout = byte == '\n' || byte == '\t' || (byte == '\r' && at + 1 < text.size() && text[at + 1] == '\n');
    if (length == 0) throw_fault(node_at(file, source, at), "not valid UTF-8");
    if ((byte < 0x20 && !is_layout) || byte == 0x7F)
      throw_fault(node_at(file, source, at), cat("control character ", printable(text.substr(at, 1))));
    at += length;
  }
}

}  // namespace

namespace {

/// Checks and parses the whole text; returns the root's place for a text with no document in it.
YamlNode parse_into(std::string_view text, std::string file_name, std::size_t limit, Whose whose,
                    const std::function<void(TreeBuilder&)>& take) {
  if (text.size() > limit) throw InputError(cat("'", file_name, "' is larger than the limit of ", human_size(limit)));
  if (text.starts_with(k_byte_order_mark)) text.remove_prefix(k_byte_order_mark.size());
  const auto file = std::make_shared<const std::string>(std::move(file_name));
  const auto source = std::make_shared<const std::string>(text);
  require_clean_text(file, source);
  TreeBuilder builder(file, source, whose);
  try {
    std::istringstream stream(*source);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& fault) {
    YamlNode at = node_at(file, source, fault.mark.is_null() ? 0 : static_cast<std::size_t>(fault.mark.pos));
    throw_fault(at, cat("not valid YAML: ", printable(fault.msg)));
  }
  take(builder);
  return node_at(file, source, 0);
}

}  // namespace

YamlNode parse_yaml(std::string_view text, std::string file_name, std::size_t limit) {
  YamlNode root;
  const auto take = [&](TreeBuilder& builder) { root = builder.take(); };
  YamlNode start = parse_into(text, std::move(file_name), limit, Whose::ours, take);
  return root.file == nullptr ? start : root;  // an empty document has a place too
}

std::vector<YamlNode> parse_yaml_documents(std::string_view text, std::string file_name, std::size_t limit) {
  std::vector<YamlNode> documents;
  parse_into(text, std::move(file_name), limit, Whose::others, [&](TreeBuilder& builder) { documents = builder.take_all(); });
  return documents;
}

}  // namespace rootcellar
