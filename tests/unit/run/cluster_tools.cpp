// Models of kubectl and helm, over a list of objects in a file.
#include "tests/unit/run/cluster_machine.h"
#include "tests/unit/run/fake_state.h"
#include "tests/unit/run/site_machine.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_own_pods =
    R"({"items":[{"metadata":{"name":"kube-proxy-a","ownerReferences":[{"kind":"DaemonSet"}]},"status":{"phase":"Running",)"
    R"("conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2020-01-01T00:00:00Z"}]}}]})";
constexpr std::string_view k_fake_authority = "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n";

std::string value_after(const ToolCall& call, std::string_view word, const std::string& fallback) {
  const std::vector<std::string> rest = after(call, word);
  return rest.empty() ? fallback : rest.front();
}

std::string space_of(const ToolCall& call) { return value_after(call, "--namespace", "default"); }

/// "KIND/NAME" of each document, in lower case.
std::vector<std::string> names_in(const std::string& documents) {
  std::vector<std::string> names;
  std::string kind;
  if (documents.starts_with('{')) {
    const JsonValue list = parse_json(documents, "documents");
    for (const JsonValue& item : list.find("items")->items())
      names.push_back(cat(lower_ascii(item.text("kind").value_or("")), "/", item.find("metadata")->text("name").value_or("")));
    return names;
  }
  for (const std::string_view line : split(documents, '\n')) {
    if (line.starts_with("kind: ")) kind = lower_ascii(line.substr(6));
    if (line.starts_with("  name: ") && !kind.empty()) names.push_back(cat(std::exchange(kind, {}), "/", line.substr(8)));
  }
  return names;
}

/// Those of an object or a List of objects in JSON.
std::vector<JsonValue> objects_in(const std::string& input) {
  if (!input.starts_with("{")) return {};
  const JsonValue object = parse_json(input, "input");
  return object.find("items") != nullptr ? object.find("items")->items() : std::vector<JsonValue>{object};
}

std::string name_in(const JsonValue& object) {
  return cat(lower_ascii(object.text("kind").value_or("")), "/", object.find("metadata")->text("name").value_or(""));
}

/// Where an object is kept as it was given.
std::string kept_at(const ToolCall& call, const std::string& name) {
  std::string file = cat(k_kept, "/", space_of(call), ".", name);
  std::replace(file.begin() + 11, file.end(), '/', '.');
  return file;
}

std::string qualified(const ToolCall& call, const std::string& name) { return cat(space_of(call), " ", name); }

void keep_objects(MemoryHost& host, const ToolCall& call) {
  for (const JsonValue& object : objects_in(call.input)) {
    host.make_directories(k_kept);
    host.write_file(kept_at(call, name_in(object)), object.dump());
    set_member(host, k_objects, qualified(call, name_in(object)), true);
  }
}

ToolResult apply(MemoryHost& host, const ToolCall& call) {
  keep_objects(host, call);
  std::string missing;
  for (const std::string& name : names_in(call.input)) {
    const bool custom = name.starts_with("workflow/");
    const bool defined = read_lines(host, k_objects).contains(cat(space_of(call), " customresourcedefinition/workflows.argoproj.io"));
    if (custom && !defined)
      missing =
          "error: resource mapping not found for name: \"hello\": no matches for kind \"Workflow\" in version \"argoproj.io/v1alpha1\"";
    else
      set_member(host, k_objects, name.starts_with("namespace/") ? cat("- ", name) : qualified(call, name), true);
  }
  return missing.empty() ? good("serverside-applied\n") : bad(1, missing);
}

// helm keeps each revision in a Secret "sh.helm.release.v1.NAME.vREVISION".
void forget_release(MemoryHost& host, const std::string& space, const std::string& secret) {
  const std::string name = secret.substr(std::string_view("sh.helm.release.v1.").size());
  const std::size_t dot = name.rfind(".v");
  const std::string head = cat(space, " ", name.substr(0, dot), " ", name.substr(dot + 2), " ");
  for (const std::string& line : read_lines(host, k_releases)) {
    if (line.starts_with(head)) set_member(host, k_releases, line, false);
  }
}

ToolResult remove_objects(MemoryHost& host, const ToolCall& call) {
  std::vector<std::string> names = names_in(call.input);
  if (call.argv.at(4) == "secret") forget_release(host, space_of(call), call.argv.at(5));
  const std::string& first = call.argv.at(4);
  if (names.empty()) names = {first.find('/') == first.npos ? cat(first, "/", call.argv.at(5)) : first};
  for (const std::string& name : names) {
    host.remove(kept_at(call, name));
    if (host.exists(k_kept) && host.list(k_kept).empty()) host.remove(k_kept);
  }
  for (const std::string& name : names) {
    if (name.starts_with("namespace/"))
      set_member(host, k_objects, cat("- ", name), false);
    else
      set_member(host, k_objects, qualified(call, name), false);
  }
  return good();
}

ToolResult get_listed(MemoryHost& host, const ToolCall& call) {
  std::string out;
  for (const std::string& name : names_in(call.input)) {
    if (!read_lines(host, k_objects).contains(qualified(call, name))) return bad(1, cat("Error from server (NotFound): ", name));
    out += name + '\n';
  }
  return good(out);
}

/// Those that are there, whole.
ToolResult get_described(MemoryHost& host, const ToolCall& call) {
  JsonValue items = JsonValue::array();
  for (const std::string& name : names_in(call.input)) {
    const bool space = name.starts_with("namespace/");
    if (!read_lines(host, k_objects).contains(space ? cat("- ", name) : qualified(call, name))) continue;
    const std::string kind = name.substr(0, name.find('/'));
    JsonValue metadata = JsonValue::object({{"name", JsonValue::string(name.substr(kind.size() + 1))}});
    if (!space) metadata.set("namespace", JsonValue::string(space_of(call)));
    const std::string spelt = space ? "Namespace" : kind == "configmap" ? "ConfigMap" : kind;
    items.push(JsonValue::object({{"kind", JsonValue::string(spelt)}, {"metadata", metadata}}));
  }
  return good(JsonValue::object({{"kind", JsonValue::string("List")}, {"items", items}}).dump());
}

/// The pods of a proof: on nodes one and two.
ToolResult get_pulls(MemoryHost& host) {
  const std::string pulled = R"({"metadata":{"name":"pull-0"},"status":{"containerStatuses":[{"state":{"terminated":{"reason":"StartError"}}}]}})";
  const std::string state = host.exists(k_bad_node) ? R"("waiting":{"reason":"ImagePullBackOff","message":"dial tcp: connection refused"})"
                                                    : R"("running":{})";
  return good(cat(R"({"items":[)", pulled, R"(,{"metadata":{"name":"pull-1"},"status":{"containerStatuses":[{"state":{)", state, "}}]}}]}"));
}

ToolResult get_contents(MemoryHost& host, const ToolCall& call) {
  std::string out = "configmap/kube-root-ca.crt\n";
  const std::string head = space_of(call) + ' ';
  for (const std::string& line : read_lines(host, k_objects)) {
    if (line.starts_with(head)) out += line.substr(head.size()) + '\n';
  }
  return good(out);
}

ToolResult get_namespace(MemoryHost& host, const std::string& name) {
  return good(read_lines(host, k_objects).contains(cat("- namespace/", name)) ? cat("namespace/", name, "\n") : "");
}

ToolResult get_node(MemoryHost& host) {
  std::string labels, taints;
  for (const std::string& line : read_lines(host, k_node)) {
    const std::size_t equals = line.find('=');
    labels += cat(labels.empty() ? "" : ",", '"', line.substr(0, equals), R"(":")", line.substr(equals + 1), '"');
  }
  if (!read_lines(host, k_node).contains("untainted=yes"))
    taints = R"({"key":"node-role.kubernetes.io/control-plane","effect":"NoSchedule"})";
  return good(cat(R"({"kind":"Node","metadata":{"labels":{)", labels, R"(}},"spec":{"taints":[)", taints, "]}}"));
}

/// A controller's part: a job ends as it should, and a token is put into the Secret that asks for one.
ToolResult get_kept(const ToolCall& call, const std::string& target, const std::string& text) {
  JsonValue object = parse_json(text, target);
  const std::string format = value_after(call, "--output", "");
  if (format == "jsonpath={.data.tls\\.crt}")
    return good(base64_encode(as_bytes(object.find("stringData")->text("tls.crt").value_or(""))));
  if (format.find("managed-by") != format.npos) {
    const JsonValue* labels = object.find("metadata")->find("labels");
    return good(cat(object.find("metadata")->text("name").value_or(""), " ", labels == nullptr ? "" : "rootcellar"));
  }
  if (target.starts_with("job/")) {
    const JsonValue complete = JsonValue::object({{"type", JsonValue::string("Complete")}, {"status", JsonValue::string("True")}});
    object.set("status", JsonValue::object({{"conditions", JsonValue::array({complete})}}));
  } else if (object.text("type") == "kubernetes.io/service-account-token") {
    const auto encoded = [](std::string_view value) { return JsonValue::string(base64_encode(as_bytes(value))); };
    object.set("data", JsonValue::object({{"token", encoded(cat("token.of.", space_of(call)))}, {"ca.crt", encoded(k_fake_authority)}}));
  }
  return good(object.dump());
}

// What exists is well.
ToolResult get_object(MemoryHost& host, const ToolCall& call) {
  const std::string target = call.argv.at(4);
  const std::string format = value_after(call, "--output", "");
  if (format.find("Ready") != format.npos) return good("True");
  if (const auto kept = host.read_file(kept_at(call, target), 1u << 20)) return get_kept(call, target, *kept);
  if (target == "configmap/rootcellar-trust" || target == "secret/rootcellar-site") return good();
  if (target == "serviceaccount/default" || target == "secret/web-login")
    return good(R"({"kind":"Secret","data":{"password":"aHVudGVyMg=="}})");
  if (!read_lines(host, k_objects).contains(qualified(call, target))) return good();
  if (format == "jsonpath={.spec.clusterIP}") return good("10.96.0.9");
  if (format == "jsonpath={.status.phase}") return good("Succeeded");
  if (target.starts_with("job/")) return good(R"({"kind":"Job","status":{"conditions":[{"type":"Complete","status":"True"}]}})");
  return good(R"({"kind":"Deployment","metadata":{"generation":1},"spec":{"replicas":1},)"
              R"("status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"availableReplicas":1}})");
}

ToolResult get_labelled(MemoryHost& host, const ToolCall& call) {
  std::string items;
  if (!host.exists(k_kept)) return good(R"({"items":[]})");
  for (const std::string& name : host.list(k_kept)) {
    const std::string text = host.read_file(cat(k_kept, "/", name), 1u << 20).value_or("");
    const bool ours = name.starts_with(cat(space_of(call), ".")) && text.find(R"("rootcellar/export")") != text.npos;
    if (ours) items += cat(items.empty() ? "" : ",", text);
  }
  return good(cat(R"({"items":[)", items, "]}"));
}

ToolResult get(MemoryHost& host, const ToolCall& call) {
  if (has(call, "--raw")) return good("ok");
  if (has(call, "--filename") && has(call, "json")) return get_described(host, call);
  if (has(call, "--filename")) return get_listed(host, call);
  if (space_of(call) == "rootcellar-proof") return get_pulls(host);
  const std::string& what = call.argv.at(4);
  if (what == "namespace") return get_namespace(host, call.argv.at(5));
  if (what.starts_with("all,")) return get_contents(host, call);
  if (what == "node") return get_node(host);
  if (what == "nodes") return good(host.read_file(k_listed_nodes, 1u << 20).value_or(R"({"items":[]})"));
  if (what == "pods" && has(call, "--field-selector")) return good(host.read_file(k_pods, 1u << 20).value_or(k_own_pods));
  if (what.starts_with("secrets,")) return get_labelled(host, call);
  if (what == "pods" || what == "events") return good(R"({"items":[]})");
  return get_object(host, call);
}

ToolResult exec(MemoryHost& host, const ToolCall& call) {
  if (has(call, "test")) return read_lines(host, k_objects).contains("lab migrated") ? good() : bad(1);
  set_member(host, k_objects, cat(space_of(call), " ", has(call, "migrate") ? "migrated" : "seeded"), true);
  return call.input.empty() ? bad(1, "expected a password") : good();
}

// kubectl is asked to speak with etcd itself.
ToolResult etcd(MemoryHost& host, const ToolCall& call) {
  const std::string peer = host.read_file(k_etcd_peer, 64).value_or(""), head = "\"https://";
  if (value_after(call, "--raw", "").ends_with("/member/list"))
    return good(cat(R"({"members":[{"ID":"7","peerURLs":["https://)", peer, R"(:2380"]}]})"));
  const std::size_t at = call.input.find(head) + head.size();
  host.write_file(k_etcd_peer, call.input.substr(at, call.input.find(":2380", at) - at));
  return good("{}");
}

ToolResult kubectl(MemoryHost& host, const ToolCall& call) {
  const std::string& verb = call.argv.at(3);
  if (!host.exists(k_node) && !host.exists(k_remote_api))
    return bad(1, "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?");
  if (verb == "--server") return etcd(host, call);
  if (verb == "get") return get(host, call);
  if (verb == "apply") return apply(host, call);
  if (verb == "delete" && call.argv.at(4) == "node") return good(cat("node ", call.argv.at(5), " deleted\n"));
  if (verb == "delete") return remove_objects(host, call);
  if (verb == "create" && has(call, "--filename")) return keep_objects(host, call), good();
  if (verb == "create" && call.argv.at(4) == "serviceaccount")
    set_member(host, k_objects, qualified(call, cat("serviceaccount/", call.argv.at(5))), true);
  else if (verb == "create")
    set_member(host, k_objects, cat("- namespace/", call.argv.back()), true);
  if (verb == "exec") return exec(host, call);
  for (std::size_t i = 6; verb == "label" && i < call.argv.size(); ++i) {
    const std::string& word = call.argv[i];
    if (!word.starts_with("--")) set_member(host, k_node, word.ends_with('-') ? cat(word.substr(0, word.size() - 1), "=") : word, !word.ends_with('-'));
  }
  if (verb == "taint") set_member(host, k_node, "untainted=yes", true);
  return good();
}

struct Release {
  std::string line;
  std::string status;
  std::string description;
  int revision = 0;
};

std::vector<Release> releases(MemoryHost& host, const std::string& space, const std::string& name) {
  std::vector<Release> found;
  for (const std::string& line : read_lines(host, k_releases)) {
    const auto words = split(line, ' ');
    if (words[0] != space || words[1] != name) continue;
    found.push_back({line, std::string(words[3]), line.substr(static_cast<std::size_t>(words[4].data() - line.data())),
                     std::stoi(std::string(words[2]))});
  }
  return found;
}

ToolResult helm_history(MemoryHost& host, const std::string& space, const std::string& name) {
  std::string json;
  for (const Release& release : releases(host, space, name)) {
    json += cat(json.empty() ? "" : ",", R"({"revision":)", release.revision, R"(,"status":")", release.status, R"(","description":")",
                release.description, R"("})");
  }
  return json.empty() ? bad(1, "Error: release: not found") : good(cat("[", json, "]"));
}

ToolResult helm_upgrade(MemoryHost& host, const ToolCall& call, const std::string& space) {
  const std::string& name = call.argv.at(4);
  std::vector<Release> former = releases(host, space, name);
  if (!host.exists(call.argv.at(5))) return bad(1, cat("Error: path \"", call.argv.at(5), "\" not found"));
  if (!former.empty() && former.back().status.starts_with("pending-"))
    return bad(1, "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress");
  for (const Release& release : former) set_member(host, k_releases, release.line, false);
  const int revision = former.empty() ? 1 : former.back().revision + 1;
  set_member(host, k_releases, cat(space, " ", name, " ", revision, " deployed ", value_after(call, "--description", "")), true);
  set_member(host, k_objects, cat(space, " deployment/", name), true);
  return good();
}

ToolResult helm(MemoryHost& host, const ToolCall& call) {
  const std::string& verb = call.argv.at(3);
  const std::string space = space_of(call);
  const std::string& name = call.argv.at(4);
  if (!host.exists(k_node)) return bad(1, "Error: Kubernetes cluster unreachable");
  if (verb == "history") return helm_history(host, space, name);
  if (verb == "upgrade") return helm_upgrade(host, call, space);
  if (verb == "get" && name == "manifest") return good(cat("---\nkind: Deployment\nmetadata:\n  name: ", call.argv.at(5), "\n"));
  if (verb == "get") return good();
  const std::vector<Release> there = releases(host, space, name);
  if (there.empty()) return bad(1, cat("Error: uninstall: Release not loaded: ", name, ": release: not found"));
  for (const Release& release : there) set_member(host, k_releases, release.line, false);
  set_member(host, k_objects, cat(space, " deployment/", name), false);
  return good();
}

}  // namespace

void set_up_cluster_tools(MemoryHost& host) {
  host.set_tool("/usr/local/bin/kubectl", kubectl);
  host.set_tool("/usr/local/bin/helm", helm);
}

}  // namespace rootcellar::test
