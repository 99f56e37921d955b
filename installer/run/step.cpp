#include "installer/run/step.h"

#include <array>
#include <type_traits>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

// Each type's members are named once, in `visit`; writing and reading are two visitors of the same list, so they cannot drift apart.
template <typename T, typename U>
concept Is = std::is_same_v<std::remove_const_t<T>, U>;

void visit(Is<Owner> auto& v, auto& m) { m("user", v.user), m("group", v.group); }
void visit(Is<ToolCall> auto& v, auto& m) {
  m("argv", v.argv), m("environment", v.environment), m("input", v.input), m("time-limit", v.time_limit), m("log", v.log);
  m("secrets", v.secrets), m("of-appliance", v.of_appliance);
}
void visit(Is<AptSource> auto& v, auto& m) {
  m("name", v.name), m("uri", v.uri), m("suites", v.suites), m("components", v.components), m("keyring", v.keyring);
}
void visit(Is<Check> auto& v, auto& m) {
  m("name", v.name), m("kind", v.kind), m("argv", v.argv), m("target", v.target), m("expect", v.expect), m("time-limit", v.time_limit);
}
void visit(Is<MakeDirectory> auto& v, auto& m) { m("path", v.path), m("mode", v.mode), m("owner", v.owner), m("keep", v.keep); }
void visit(Is<WriteFile> auto& v, auto& m) { m("path", v.path), m("content", v.content), m("mode", v.mode), m("owner", v.owner); }
void visit(Is<MergeJson> auto& v, auto& m) { m("path", v.path), m("set", v.set), m("append", v.append), m("mode", v.mode); }
void visit(Is<PlaceFile> auto& v, auto& m) { m("bundle-path", v.bundle_path), m("path", v.path), m("mode", v.mode), m("owner", v.owner); }
void visit(Is<ExtractFromImage> auto& v, auto& m) { m("image", v.image), m("member", v.member), m("path", v.path), m("mode", v.mode); }
void visit(Is<RunTool> auto& v, auto& m) { m("call", v.call), m("probe", v.probe), m("undo", v.undo), m("probe-says", v.probe_says); }
void visit(Is<SetUnit> auto& v, auto& m) {
  m("unit", v.unit), m("enabled", v.enabled), m("active", v.active), m("restart-if-changed", v.restart_if_changed), m("watch", v.watch);
}
void visit(Is<AddUser> auto& v, auto& m) { m("name", v.name), m("home", v.home); }
void visit(Is<SpoolPackages> auto& v, auto& m) { m("directory", v.directory), m("groups", v.groups); }
void visit(Is<RemoveSpool> auto& v, auto& m) { m("directory", v.directory); }
void visit(Is<InstallPackages> auto& v, auto& m) {
  m("directory", v.directory), m("packages", v.packages), m("sources", v.sources), m("hold", v.hold), m("architecture", v.architecture);
  m("ours", v.ours), m("groups", v.groups);
}
void visit(Is<FillRegistry> auto& v, auto& m) {
  m("root", v.root), m("owner", v.owner), m("images", v.images), m("keep-tags", v.keep_tags);
}
void visit(Is<WaitHttp> auto& v, auto& m) { m("url", v.url), m("status", v.status), m("time-limit", v.time_limit); }
void visit(Is<PullImage> auto& v, auto& m) { m("name", v.name), m("digest", v.digest); }
void visit(Is<RunCheck> auto& v, auto& m) { m("check", v.check); }

void visit(Is<TemplateValue> auto& v, auto& m) { m("name", v.name), m("value", v.value); }
void visit(Is<GeneratedSecret> auto& v, auto& m) {
  m("name", v.name), m("kind", v.kind), m("length", v.length), m("user", v.user), m("secret", v.secret), m("claims", v.claims);
  m("server", v.server);
}
void visit(Is<ClusterWait> auto& v, auto& m) {
  m("kind", v.kind), m("target", v.target), m("namespace", v.space), m("expression", v.expression), m("expect", v.expect);
  m("fails", v.fails), m("time-limit", v.time_limit);
}
void visit(Is<ClusterCapture> auto& v, auto& m) {
  m("name", v.name), m("target", v.target), m("namespace", v.space), m("expression", v.expression);
}
void visit(Is<EditLines> auto& v, auto& m) { m("path", v.path), m("add", v.add), m("comment-out", v.comment_out); }
void visit(Is<SwapOff> auto& v, auto& m) { m("keep", v.keep); }
void visit(Is<SetSysctls> auto& v, auto& m) { m("settings", v.settings); }
void visit(Is<LoadModules> auto& v, auto& m) { m("names", v.names); }
void visit(Is<PullIntoContainerd> auto& v, auto& m) { m("name", v.name), m("digest", v.digest), m("pin", v.pin); }
void visit(Is<KubeadmInit> auto& v, auto& m) {
  m("config", v.config), m("cri-socket", v.cri_socket), m("ignore", v.ignore), m("clean", v.clean), m("join", v.join);
  m("text", v.text), m("secrets", v.secrets), m("node", v.node);
}
void visit(Is<MakeSecret> auto& v, auto& m) { m("secret", v.secret), m("values", v.values); }
void visit(Is<ApplyManifest> auto& v, auto& m) {
  m("name", v.name), m("namespace", v.space), m("files", v.files), m("text", v.text), m("templated", v.templated), m("values", v.values);
  m("kubeconfig", v.kubeconfig);
}
void visit(Is<HelmRelease> auto& v, auto& m) {
  m("name", v.name), m("namespace", v.space), m("chart", v.chart), m("values-text", v.values_text), m("values", v.values);
  m("time-limit", v.time_limit), m("kubeconfig", v.kubeconfig);
}
void visit(Is<ExecInPod> auto& v, auto& m) {
  m("name", v.name), m("namespace", v.space), m("target", v.target), m("container", v.container), m("argv", v.argv), m("probe", v.probe);
  m("input", v.input), m("values", v.values), m("time-limit", v.time_limit), m("kubeconfig", v.kubeconfig);
}
void visit(Is<WaitInCluster> auto& v, auto& m) { m("wait", v.wait), m("values", v.values), m("kubeconfig", v.kubeconfig); }
void visit(Is<CaptureValue> auto& v, auto& m) { m("capture", v.capture), m("kubeconfig", v.kubeconfig); }
void visit(Is<MarkNode> auto& v, auto& m) {
  m("node", v.node), m("labels", v.labels), m("remove-taints", v.remove_taints), m("kubeconfig", v.kubeconfig);
}
void visit(Is<JobVariable> auto& v, auto& m) { m("name", v.name), m("value", v.value), m("secret", v.secret), m("key", v.key); }
void visit(Is<RunJob> auto& v, auto& m) {
  m("name", v.name), m("namespace", v.space), m("image", v.image), m("digest", v.digest), m("argv", v.argv), m("account", v.account);
  m("environment", v.environment), m("target", v.target), m("container", v.container), m("probe", v.probe), m("attempts", v.attempts);
  m("values", v.values), m("time-limit", v.time_limit), m("kubeconfig", v.kubeconfig);
}
void visit(Is<ExportAccess> auto& v, auto& m) {
  m("name", v.name), m("namespace", v.space), m("account", v.account), m("cluster-roles", v.cluster_roles), m("roles", v.roles);
  m("host", v.host), m("port", v.port), m("path", v.path), m("format", v.format), m("node", v.node);
  m("kubeconfig", v.kubeconfig);
}
void visit(Is<OpenFirewall> auto& v, auto& m) { m("kind", v.kind), m("interface", v.interface), m("rules", v.rules); }
void visit(Is<GenerateCdi> auto& v, auto& m) { m("program", v.program), m("path", v.path); }

void visit(Is<KeepSiteFile> auto& v, auto& m) {
  m("from", v.from), m("path", v.path), m("context", v.context), m("account", v.account);
}
void visit(Is<WriteFilled> auto& v, auto& m) {
  m("path", v.path), m("text", v.text), m("mode", v.mode), m("values", v.values), m("owner", v.owner);
}
void visit(Is<PushImages> auto& v, auto& m) {
  m("registry", v.registry), m("ca-folder", v.ca_folder), m("login", v.login), m("bare-names", v.bare_names), m("spool", v.spool);
}
void visit(Is<ProvePulls> auto& v, auto& m) {
  m("images", v.images), m("advice", v.advice), m("kubeconfig", v.kubeconfig), m("time-limit", v.time_limit);
}

void visit(Is<UnpackData> auto& v, auto& m) {
  m("name", v.name), m("bundle-path", v.bundle_path), m("digest", v.digest), m("path", v.path), m("owner", v.owner);
}
void visit(Is<ExportFolders> auto& v, auto& m) { m("table", v.table), m("content", v.content); }
void visit(Is<TryMount> auto& v, auto& m) { m("server", v.server), m("path", v.path), m("options", v.options); }
void visit(Is<TryManifest> auto& v, auto& m) { m("manifest", v.manifest), m("waits", v.waits); }
void visit(Is<MakeAuthority> auto& v, auto& m) {
  m("set", v.set), m("name", v.name), m("domains", v.domains), m("ranges", v.ranges), m("bundle-created", v.bundle_created);
}
void visit(Is<DrawCode> auto& v, auto& m) { m("path", v.path), m("text", v.text); }
void visit(Is<IssueCertificate> auto& v, auto& m) { m("set", v.set), m("names", v.names), m("addresses", v.addresses); }
void visit(Is<ShareTrust> auto& v, auto& m) { m("space", v.space), m("set", v.set), m("bundle", v.bundle), m("kubeconfig", v.kubeconfig); }
void visit(Is<UseCertificate> auto& v, auto& m) {
  m("set", v.set), m("chain", v.chain), m("key", v.key), m("names", v.names), m("known", v.known);
}
void visit(Is<CorrectClock> auto& v, auto& m) { m("earliest", v.earliest), m("latest", v.latest), m("seen", v.seen), m("to", v.to); }

template <typename T, typename V>
concept Visitable = requires(T& value, V& visitor) {
  visit(value, visitor);
};

// In the order of Action's alternatives.
constexpr std::array<std::string_view, std::variant_size_v<Action>> k_kinds = {
    "make-directory",   "write-file",    "merge-json",     "place-file",     "extract-from-image",
    "run-tool",         "set-unit",      "add-user",       "spool-packages", "remove-spool",
    "install-packages", "fill-registry", "wait-http",      "pull-image",     "run-check",
    "edit-lines",       "swap-off",      "set-sysctls",    "load-modules",   "pull-into-containerd",
    "kubeadm-init",     "make-secret",   "apply-manifest", "helm-release",   "exec-in-pod",
    "wait-in-cluster",  "capture-value", "mark-node",      "run-job",        "export-access",
    "open-firewall",    "generate-cdi",  "keep-site-file", "write-filled",   "push-images",
    "prove-pulls",      "unpack-data",   "export-folders", "try-mount",      "try-manifest",
    "make-authority",   "issue-certificate", "draw-code",      "share-trust",    "use-certificate",
    "correct-clock",
};

struct Writer {
  JsonValue object = JsonValue::object();

  static JsonValue value(const std::string& text) { return JsonValue::string(text); }
  static JsonValue value(bool truth) { return JsonValue::boolean(truth); }
  static JsonValue value(std::uint64_t number) { return JsonValue::number(number); }
  static JsonValue value(unsigned number) { return JsonValue::number(number); }
  static JsonValue value(int number) { return JsonValue::number_text(std::to_string(number)); }
  static JsonValue value(const Digest& digest) { return JsonValue::string(digest.named()); }
  static JsonValue value(const JsonValue& json) { return json; }
  template <typename T>
  static JsonValue value(const std::vector<T>& items) {
    JsonValue array = JsonValue::array();
    for (const T& item : items) array.push(value(item));
    return array;
  }
  template <typename T>
  static JsonValue value(const std::optional<T>& item) {
    return item ? value(*item) : JsonValue();
  }
  template <typename T>
  requires Visitable<const T, Writer>
  static JsonValue value(const T& record) {
    Writer inner;
    visit(record, inner);
    return inner.object;
  }

  template <typename T>
  void operator()(std::string_view name, const T& member) {
    object.set(name, value(member));
  }
};

struct Reader {
  const JsonValue& object;
  std::string what;

  [[noreturn]] void wrong(std::string_view expected) const { throw InputError(cat(what, ": expected ", expected)); }

  void read(const JsonValue& json, std::string& text) const {
    if (!json.is_string()) wrong("a text");
    text = json.as_string();
  }
  void read(const JsonValue& json, bool& truth) const {
    if (json.kind() != JsonValue::Kind::boolean) wrong("true or false");
    truth = json.as_boolean();
  }
  void read(const JsonValue& json, std::uint64_t& number) const {
    const auto parsed = json.as_u64();
    if (!parsed) wrong("a number");
    number = *parsed;
  }
  template <typename Small>
  requires Is<Small, unsigned> || Is<Small, int>
  void read(const JsonValue& json, Small& number) const {
    std::uint64_t wide = 0;
    read(json, wide);
    if (wide > 0x7fffffff) wrong("a number of at most 31 bits");
    number = static_cast<Small>(wide);
  }
  void read(const JsonValue& json, Digest& digest) const {
    const auto parsed = json.is_string() ? Digest::from_named(json.as_string()) : std::nullopt;
    if (!parsed) wrong("a digest");
    digest = *parsed;
  }
  void read(const JsonValue& json, JsonValue& copy) const { copy = json; }
  template <typename T>
  void read(const JsonValue& json, std::vector<T>& items) const {
    if (!json.is_array()) wrong("a list");
    for (const JsonValue& item : json.items()) read(item, items.emplace_back());
  }
  template <typename T>
  void read(const JsonValue& json, std::optional<T>& item) const {
    if (!json.is_null()) read(json, item.emplace());
  }
  template <typename T>
  requires Visitable<T, Reader>
  void read(const JsonValue& json, T& record) const {
    Reader inner{json, what};
    visit(record, inner);
  }

  template <typename T>
  void operator()(std::string_view name, T& member) {
    const JsonValue* json = object.find(name);
    if (json == nullptr) throw InputError(cat(what, ": expected the member '", name, "'"));
    Reader{object, cat(what, ", member '", name, "'")}.read(*json, member);
  }
};

template <std::size_t Index = 0>
Action decode_action(const JsonValue& json, std::string_view kind, const std::string& what) {
  if constexpr (Index == std::variant_size_v<Action>) {
    throw InputError(cat(what, ": unknown kind of step '", printable(kind), "'"));
  } else {
    if (kind != k_kinds[Index]) return decode_action<Index + 1>(json, kind, what);
    std::variant_alternative_t<Index, Action> action;
    Reader reader{json, what};
    reader.read(json, action);
    return action;
  }
}

}  // namespace

JsonValue encode_step(const Step& step) {
  JsonValue json = JsonValue::object();
  json.set("id", JsonValue::string(step.id));
  json.set("title", JsonValue::string(step.title));
  json.set("reason", JsonValue::string(step.reason));
  json.set("kind", JsonValue::string(std::string(k_kinds[step.action.index()])));
  json.set("action", std::visit([](const auto& action) { return Writer::value(action); }, step.action));
  return json;
}

Step decode_step(const JsonValue& json, std::string_view what) {
  Reader members{json, std::string(what)};
  Step step;
  std::string kind;
  JsonValue action;
  members("id", step.id), members("title", step.title), members("reason", step.reason), members("kind", kind), members("action", action);
  step.action = decode_action(action, kind, members.what);
  return step;
}

}  // namespace rootcellar
