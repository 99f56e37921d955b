#include <algorithm>

#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_time = 120;  // seconds; ufw rewrites all its chains
constexpr std::string_view k_comment = "comment 'rootcellar'";

using Rules = std::vector<std::string>;

ToolCall call_of(std::string_view program, const std::vector<std::string_view>& words) {
  ToolCall call{.argv = {std::string(program)}, .time_limit = k_time};
  for (const std::string_view word : words) call.argv.emplace_back(word);
  return call;
}

bool has(const Rules& rules, const std::string& rule) { return std::find(rules.begin(), rules.end(), rule) != rules.end(); }

/// The firewall that people set up, by its own program.
class FirewallTool {
 public:
  virtual ~FirewallTool() = default;
  virtual bool there(const std::string& rule) = 0;  ///< ours or not
  virtual bool ours(const std::string& rule) = 0;   ///< as far as the firewall remembers who added it
  virtual void add(const std::string& rule) = 0;
  virtual void drop(const std::string& rule) = 0;
};

/// ufw(8): rules as `ufw show added` prints them, with a comment that says whose they are.
class Ufw final : public FirewallTool {
 public:
  explicit Ufw(ActionScope& scope) : scope_(scope) {
    const std::string output = run_or_throw(call_of(tools::k_ufw, {"show", "added"}), scope).output;
    for (const std::string_view line : split(output, '\n')) lines_.emplace_back(trim(line));
  }

  bool there(const std::string& rule) override {
    const std::string line = cat("ufw ", rule);
    return std::any_of(lines_.begin(), lines_.end(),
                       [&](const std::string& one) { return one == line || one.starts_with(cat(line, " comment '")); });
  }
  bool ours(const std::string& rule) override { return has(lines_, cat("ufw ", rule, " ", k_comment)); }
  void add(const std::string& rule) override {
    std::vector<std::string_view> words = split(rule, ' ');
    words.insert(words.end(), {"comment", "rootcellar"});
    run_or_throw(call_of(tools::k_ufw, words), scope_);
  }
  void drop(const std::string& rule) override {
    std::vector<std::string_view> words = split(rule, ' ');
    words.insert(words.begin() + (words.front() == "route" ? 1 : 0), "delete");
    run_or_throw(call_of(tools::k_ufw, words), scope_);
  }

 private:
  ActionScope& scope_;
  Rules lines_;
};

/// firewall-cmd(1) while firewalld runs, for now and for later; firewall-offline-cmd(1) for later alone. A rule is "source CIDR", "port
/// P/tcp" or "rich-rule TEXT".
class Firewalld final : public FirewallTool {
 public:
  Firewalld(const OpenFirewall& action, ActionScope& scope) : scope_(scope) {
    runs_ = run_logged(call_of(tools::k_firewall_cmd, {"--state"}), scope).exit_code == 0;
    const std::string_view program = runs_ ? tools::k_firewall_cmd : tools::k_firewall_offline;
    const ToolResult named = run_logged(call_of(program, {cat("--get-zone-of-interface=", action.interface)}), scope);
    zone_ = std::string(trim(named.output));
    if (named.exit_code == 0 && !zone_.empty()) return;
    zone_ = std::string(trim(run_or_throw(call_of(program, {"--get-default-zone"}), scope).output));
  }

  bool there(const std::string& rule) override {
    return query(rule, true) && (!runs_ || query(rule, false));
  }
  bool ours(const std::string& rule) override { return query(rule, true) || (runs_ && query(rule, false)); }
  void add(const std::string& rule) override { change("--add-", rule); }
  void drop(const std::string& rule) override { change("--remove-", rule); }

 private:
  /// What a pod sends is trusted; ports are opened where the machine's interface is.
  ToolCall call(std::string_view verb, const std::string& rule, bool lasting) const {
    const std::size_t space = rule.find(' ');
    const std::string what = rule.substr(0, space), value = rule.substr(space + 1);
    const std::string zone = cat("--zone=", what == "source" ? "trusted" : zone_), option = cat(verb, what, "=", value);
    if (!runs_) return call_of(tools::k_firewall_offline, {zone, option});
    return lasting ? call_of(tools::k_firewall_cmd, {"--permanent", zone, option}) : call_of(tools::k_firewall_cmd, {zone, option});
  }
  bool query(const std::string& rule, bool lasting) { return run_logged(call("--query-", rule, lasting), scope_).exit_code == 0; }
  void change(std::string_view verb, const std::string& rule) {
    const bool adds = verb == "--add-";
    if (query(rule, true) != adds) run_or_throw(call(verb, rule, true), scope_);
    if (runs_ && query(rule, false) != adds) run_or_throw(call(verb, rule, false), scope_);
  }

  ActionScope& scope_;
  bool runs_ = false;
  std::string zone_;
};

std::unique_ptr<FirewallTool> tool_of(const OpenFirewall& action, ActionScope& scope) {
  if (action.kind == "firewalld") return std::make_unique<Firewalld>(action, scope);
  return std::make_unique<Ufw>(scope);
}

bool is_there(const OpenFirewall& action, ActionScope& scope) {
  return scope.host().exists(std::string(action.kind == "firewalld" ? tools::k_firewall_offline : tools::k_ufw));
}

Rules texts_in(const JsonValue& undo, std::string_view member) {
  Rules texts;
  if (const JsonValue* list = undo.find(member)) {
    for (const JsonValue& text : list->items()) texts.push_back(text.as_string());
  }
  return texts;
}

}  // namespace

ProbeResult probe(const OpenFirewall& action, ActionScope& scope) {
  if (!is_there(action, scope)) return ProbeResult::needed;
  const auto tool = tool_of(action, scope);
  const bool all = std::all_of(action.rules.begin(), action.rules.end(), [&](const std::string& rule) { return tool->there(rule); });
  return all ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const OpenFirewall& action, ActionScope& scope) {
  const auto tool = tool_of(action, scope);
  Rules added;
  for (const std::string& rule : action.rules) {
    if (!tool->there(rule)) added.push_back(rule);
  }
  return JsonValue::object({{"added", JsonValue::string_array(added)}});
}

void perform(const OpenFirewall& action, ActionScope& scope) {
  const auto tool = tool_of(action, scope);
  for (const std::string& rule : action.rules) {
    if (!tool->there(rule)) tool->add(rule);
  }
  // What an earlier bundle, or this machine's earlier address, asked for.
  for (const OpenStep& earlier : scope.context.earlier) {
    for (const std::string& rule : texts_in(earlier.undo_data, "added")) {
      if (!has(action.rules, rule) && tool->ours(rule)) tool->drop(rule);
    }
  }
}

// A firewall that was taken off the machine has taken its rules along.
void take_back(const OpenFirewall& action, const JsonValue& undo, bool, ActionScope& scope) {
  if (!is_there(action, scope)) return;
  const auto tool = tool_of(action, scope);
  for (const std::string& rule : texts_in(undo, "added")) {
    if (tool->ours(rule)) tool->drop(rule);
  }
}

}  // namespace rootcellar
