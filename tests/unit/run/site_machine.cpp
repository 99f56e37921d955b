#include "tests/unit/run/site_machine.h"

#include "bundle/base/text.h"
#include "tests/unit/run/cluster_machine.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_registry = "registry.lab:5000";
constexpr const char* k_login = "/var/lib/rootcellar/secrets/existing_registry";
constexpr const char* k_auth = "/run/rootcellar-tools/registry-auth.json";

std::string stored(const std::string& reference) {
  return cat(k_site_registry, "/", reference.substr(std::string_view("docker://").size()));
}

ToolResult skopeo_copy(MemoryHost& host, const ToolCall& call) {
  const std::string folder = call.argv.at(call.argv.size() - 2).substr(std::string_view("dir:").size());
  const auto manifest = host.read_file(cat(folder, "/manifest.json"), 1u << 20);
  if (!manifest || !host.exists(cat(folder, "/version"))) return bad(1, "no image there");
  const JsonValue document = parse_json(*manifest, "manifest");
  for (const JsonValue& layer : document.find("layers")->items()) {
    if (!host.exists(cat(folder, "/", layer.text("digest").value_or("").substr(7)))) return bad(1, "a layer is not there");
  }
  host.make_directories("/var/lib/containers/cache");
  host.write_file("/var/lib/containers/cache/blob-info-cache-v1.boltdb", "layers");
  const std::string path = stored(call.argv.back());
  host.make_directories(path_parent(path));
  host.write_file(path, *manifest);
  return good();
}

/// Asks for the account of the answers, as a registry with users does.
ToolResult skopeo(MemoryHost& host, const ToolCall& call) {
  const std::string auth = host.read_file(k_auth, 4096).value_or("");
  if (auth != R"({"auths":{"registry.lab:5000":{"auth":"bGFiOnNlY3JldA=="}}})")
    return bad(1, cat("time=\"x\" level=fatal msg=\"unauthorized: authentication required ", auth, "\""));
  if (has(call, "copy")) return skopeo_copy(host, call);
  const auto manifest = host.read_file(stored(call.argv.back()), 1u << 20);
  return manifest ? good(*manifest) : bad(1, "reading manifest 1 in registry.lab:5000/x: manifest unknown");
}

Bundle bundle(const std::string& directory, const std::string& page) {
  BundleMaker maker;
  maker.add_image("docker.io/lab/page", {"1", "latest"}, {tar({{"index.html", page}})});
  maker.add_image("quay.io/lab/tool", {}, {tar({{"tool", "a tool"}})});
  maker.add_file("charts/chart.tgz", "a chart");
  return maker.build(directory);
}

std::vector<Step> plan(const std::string& mirror) {
  ApplyManifest web{"web", "pages", {}, "kind: Namespace\nmetadata:\n  name: pages\n---\nkind: ConfigMap\nmetadata:\n  name: web\n",
                    false, {}};
  web.kubeconfig = k_site_kubeconfig;
  HelmRelease chart{"chart", "apps", "charts/chart.tgz", "", {}, 600};
  chart.kubeconfig = k_site_kubeconfig;
  return {
      {"login", "keep the password", "", KeepSiteFile{"/root/password", k_login, "", "lab"}},
      {"mirror", "name the registry", "",
       WriteFilled{"/etc/containerd/certs.d/docker.io/hosts.toml", cat(mirror, " Basic ${secret.existing_registry|b64}\n")}},
      {"push", "push images", "", PushImages{k_registry, "", k_login, true, "/var/lib/rootcellar/image-spool"}},
      {"key", "keep the key", "", KeepSiteFile{"/root/kubeconfig", k_site_kubeconfig, mirror, ""}},
      {"pulls", "prove the pulls", "", ProvePulls{{"docker.io/lab/page:1"}, "tell its containerd"}},
      {"web", "apply web", "", web},
      {"chart", "install the chart", "", chart},
  };
}

}  // namespace

void set_up_site_machine(MemoryHost& host) {
  set_up_machine(host);
  set_up_cluster_tools(host);
  host.set_tool("/usr/bin/skopeo", skopeo);
  host.add_file("/root/password", "secret\n", 0600);
  host.add_file("/root/kubeconfig", "clusters:\n- cluster:\n    server: https://10.0.0.1:6443\ncurrent-context: other\n", 0600);
  host.add_file(k_node, "");
  host.add_file(k_releases, "");
  host.make_directories("/run");
  host.add_file(k_objects, "- namespace/theirs\ntheirs configmap/web\n");
  host.add_file(k_listed_nodes,
                R"({"items":[{"metadata":{"name":"one"},"status":{"conditions":[{"type":"Ready","status":"True"}]}},)"
                R"({"metadata":{"name":"two"},"status":{"conditions":[{"type":"Ready","status":"True"}]}},)"
                R"({"metadata":{"name":"off"},"spec":{"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"True"}]}},)"
                R"({"metadata":{"name":"ill"},"status":{"conditions":[{"type":"Ready","status":"False"}]}}]})");
  host.add_file(cat(k_site_registry, "/", k_registry, "/theirs/image:1"), "their manifest");
}

Bundle site_bundle(const std::string& directory) { return bundle(directory, "a page"); }
Bundle next_site_bundle(const std::string& directory) { return bundle(directory, "another page"); }
std::vector<Step> site_plan() { return plan("first"); }
std::vector<Step> next_site_plan(const Bundle&) { return plan("next"); }

}  // namespace rootcellar::test
