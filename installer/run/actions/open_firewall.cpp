#include <algorithm>

#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/own_file.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_time = 120;              // seconds; ufw rewrites all its chains
constexpr std::string_view k_trusted = "trusted";  // firewalld's zone that lets everything in
constexpr std::size_t k_limit = std::size_t{4} << 20;
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
  virtual std::string state() = 0;               ///< all its lasting rules, as it tells them
  virtual std::vector<std::string> files() = 0;  ///< where it keeps them: it writes them in its own way, and anew with every change
};

/// ufw(8): rules as `ufw show added` prints them, with a comment that says whose they are.
class Ufw final : public FirewallTool {
 public:
  explicit Ufw(ActionScope& scope) : scope_(scope) {
    const std::string output = state();
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
  std::string state() override { return run_or_throw(call_of(tools::k_ufw, {"show", "added"}), scope_).output; }
  std::vector<std::string> files() override { return {"/etc/ufw/user.rules", "/etc/ufw/user6.rules"}; }

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

  bool there(const std::string& rule) override { return query(rule, true) && (!runs_ || query(rule, false)); }
  bool ours(const std::string& rule) override { return query(rule, true) || (runs_ && query(rule, false)); }
  void add(const std::string& rule) override { change("--add-", rule); }
  void drop(const std::string& rule) override { change("--remove-", rule); }
  std::string state() override {
    std::string text;
    for (const std::string& zone : {std::string(k_trusted), zone_}) {
      text += run_or_throw(lasting(cat("--zone=", zone), "--list-all"), scope_).output;
    }
    return text;
  }
  std::vector<std::string> files() override {
    std::vector<std::string> paths;
    for (const std::string& zone : {std::string(k_trusted), zone_}) {
      for (const char* ending : {".xml", ".xml.old"}) paths.push_back(cat("/etc/firewalld/zones/", zone, ending));
    }
    return paths;
  }

 private:
  ToolCall lasting(const std::string& zone, const std::string& option) const {
    if (!runs_) return call_of(tools::k_firewall_offline, {zone, option});
    return call_of(tools::k_firewall_cmd, {"--permanent", zone, option});
  }

  /// What a pod sends is trusted; ports are opened where the machine's interface is.
  ToolCall call(std::string_view verb, const std::string& rule, bool for_later) const {
    const std::size_t space = rule.find(' ');
    const std::string what = rule.substr(0, space), value = rule.substr(space + 1);
    const std::string zone = cat("--zone=", what == "source" ? k_trusted : zone_), option = cat(verb, what, "=", value);
    return for_later || !runs_ ? lasting(zone, option) : call_of(tools::k_firewall_cmd, {zone, option});
  }
  bool query(const std::string& rule, bool for_later) { return run_logged(call("--query-", rule, for_later), scope_).exit_code == 0; }
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

JsonValue files_now(FirewallTool& tool, ActionScope& scope) {
  JsonValue files = JsonValue::object();
  for (const std::string& path : tool.files()) {
    if (const auto text = scope.host().read_file(path, k_limit)) files.set(path, JsonValue::string(*text));
  }
  return files;
}

void put_file_back(const std::string& path, const std::string& text, ActionScope& scope) {
  const auto found = scope.host().status(path);
  const Owner owner = found ? Owner{std::to_string(found->uid), std::to_string(found->gid)} : Owner{};
  if (scope.host().read_file(path, k_limit) != text)
    put_in_place(path, found ? found->mode : 0640, owner, scope.context, [&](Sink& file) { file.write(as_bytes(text)); });
}

// Once all its rules are those of before, its files are, too: it rewrites them, and makes some that were not there.
void put_files_back(const JsonValue& undo, FirewallTool& tool, ActionScope& scope) {
  const JsonValue* before = undo.find("files");
  if (before == nullptr || undo.text("state") != tool.state()) return;
  for (const std::string& path : tool.files()) {
    remove_leftovers(path, scope.host());
    const auto text = before->text(path);
    if (text) put_file_back(path, *text, scope);
    if (!text) scope.host().remove(path);
    if (scope.host().exists(path_parent(path))) scope.host().sync_filesystem(path_parent(path));
  }
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
  return JsonValue::object(
      {{"added", JsonValue::string_array(added)}, {"state", JsonValue::string(tool->state())}, {"files", files_now(*tool, scope)}});
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
  put_files_back(undo, *tool, scope);
}

}  // namespace rootcellar
