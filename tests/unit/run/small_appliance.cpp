#include "tests/unit/run/small_appliance.h"

#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "bundle/bundle_writer.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_oci_manifest = "application/vnd.oci.image.manifest.v1+json";

std::string layers_json(const std::vector<std::pair<Digest, std::size_t>>& layers, bool compressed) {
  std::string json;
  for (const auto& [digest, size] : layers) {
    json += cat(json.empty() ? "" : ",", R"({"mediaType":"application/vnd.oci.image.layer.v1.tar)", compressed ? "+gzip" : "",
                R"(","digest":")", digest.named(), R"(","size":)", size, "}");
  }
  return json;
}

std::string config_json(const std::vector<std::string>& layers) {
  std::string ids;
  for (const std::string& layer : layers) ids += cat(ids.empty() ? "\"" : ",\"", sha256(as_bytes(layer)).named(), '"');
  return cat(R"({"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[)", ids, "]}}");
}

}  // namespace

Digest BundleMaker::add_blob(const std::string& bytes, BlobMode mode) {
  blobs_.emplace_back(bytes, mode);
  return sha256(as_bytes(bytes));
}

void BundleMaker::add_file(const std::string& path, const std::string& bytes) {
  tables_.files.push_back({.path = path, .digest = add_blob(bytes), .size = bytes.size()});
  std::sort(tables_.files.begin(), tables_.files.end(), [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
}

Digest BundleMaker::add_image(const std::string& repository, const std::vector<std::string>& tags, const std::vector<std::string>& layers,
                              bool compressed) {
  const std::string config = config_json(layers);
  std::vector<std::pair<Digest, std::size_t>> stored;
  std::vector<Digest> parts = {add_blob(config)};
  for (const std::string& layer : layers) {
    const std::string bytes = compressed ? gzip(layer) : layer;
    stored.emplace_back(add_blob(bytes, compressed ? BlobMode::asis : BlobMode::file), bytes.size());
    parts.push_back(stored.back().first);
  }
  const std::string manifest =
      cat(R"({"schemaVersion":2,"mediaType":")", k_oci_manifest,
          R"(","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")", parts.front().named(), R"(","size":)",
          config.size(), R"(},"layers":[)", layers_json(stored, compressed), "]}");
  const Digest digest = add_blob(manifest);
  tables_.images.push_back({.repository = repository,
                            .tags = tags,
                            .digest = digest,
                            .manifests = {{.digest = digest, .media_type = k_oci_manifest, .blobs = parts}}});
  std::sort(tables_.images.begin(), tables_.images.end(),
            [](const ImageEntry& a, const ImageEntry& b) { return a.repository < b.repository; });
  return digest;
}

Bundle BundleMaker::build(const std::string& directory) {
  tables_.appliance.title = "A test";
  tables_.appliance.target = {"debian", "12", "bookworm"};
  IndexBoundInput bound;
  bound.table_bytes = index_table_bytes(tables_);
  for (const auto& [bytes, mode] : blobs_) bound.blobs.emplace_back(bytes.size(), mode);
  BundleWriterOptions options{.directory = directory};
  options.index_bound = bound_index_size(bound);
  options.level = 1;
  BundleWriter writer(facts(), options, silent_progress());
  for (const auto& [bytes, mode] : blobs_) {
    MemorySource source(as_bytes(bytes));
    writer.add_blob(sha256(as_bytes(bytes)), bytes.size(), mode, source, "a blob");
  }
  return open(writer.finish(tables_, {&first_key()}));
}

std::string gzip(const std::string& bytes) {
  return run_process({.argv = {"/usr/bin/gzip", "-n"}, .input = bytes, .output_limit = std::size_t{64} << 20}).output;
}

std::string tar(const std::vector<std::pair<std::string, std::string>>& files) {
  std::vector<TarMember> members;
  for (const auto& [name, content] : files) members.push_back({name, Bytes(content.begin(), content.end())});
  return std::string(as_text(make_tar(members)));
}

Bundle small_bundle(const std::string& directory) {
  BundleMaker maker;
  maker.add_image("docker.io/library/registry", {"2"}, {tar({{"bin/registry", "the registry program"}}), tar({{"etc/motd", "top"}})}, true);
  maker.add_image("quay.io/lab/web", {"1", "latest"}, {tar({{"index.html", "hello"}})});
  for (const char* name :
       {"apt/debian/pool/docker.io.deb", "apt/debian/pool/runc.deb", "apt/debian/dists/bookworm/InRelease", "apt/keyrings/debian.gpg"})
    maker.add_file(name, cat("bytes of ", name));
  maker.add_package({.name = "docker.io", .version = "20", .architecture = "amd64", .path = "apt/debian/pool/docker.io.deb"});
  maker.add_package({.name = "runc", .version = "1.1", .architecture = "amd64", .path = "apt/debian/pool/runc.deb"});
  // Of another machine's role.
  maker.add_file("apt/debian/pool/nvtop.deb", "bytes of nvtop");
  maker.add_package(
      {.name = "nvtop", .version = "3", .architecture = "amd64", .path = "apt/debian/pool/nvtop.deb", .groups = {"role:gpuWorker"}});
  maker.add_file("files/kubectl", "a program");
  return maker.build(directory);
}

std::vector<Step> small_plan() {
  const std::string spool = "/var/lib/rootcellar/spool";
  InstallPackages packages{.directory = spool, .packages = {"docker.io"}, .sources = {}, .hold = {"*"}, .architecture = "amd64"};
  packages.sources.push_back({.name = "debian",
                              .uri = "http://deb.debian.org/debian",
                              .suites = {"bookworm"},
                              .components = {"main"},
                              .keyring = "apt/keyrings/debian.gpg"});
  MergeJson daemon{.path = "/etc/docker/daemon.json"};
  daemon.set = parse_json(R"({"log-opts":{"max-size":"50m"},"storage-driver":"overlay2"})", "test");
  daemon.append = parse_json(R"({"registry-mirrors":["http://127.0.0.1:5000"]})", "test");
  RunTool modules{.call = {.argv = {"/usr/sbin/modprobe", "overlay"}}};
  modules.probe = ToolCall{.argv = {"/usr/sbin/modprobe", "--probe", "overlay"}};
  modules.undo = ToolCall{.argv = {"/usr/sbin/modprobe", "--remove", "overlay"}};
  std::vector<Step> steps = {
      {"user", "add the registry's user", "", AddUser{"rc-registry", "/var/lib/rootcellar/registry"}},
      {"data", "make the registry's storage", "", MakeDirectory{"/srv/data/registry", 0750, {"rc-registry", "rc-registry"}, true}},
      {"program", "take the registry out of its image", "",
       ExtractFromImage{"docker.io/library/registry:2", "bin/registry", "/usr/local/bin/registry", 0755}},
      {"kubectl", "place kubectl", "", PlaceFile{"files/kubectl", "/opt/tools/bin/kubectl", 0755, {}}},
      {"motd", "write /etc/motd", "", WriteFile{"/etc/motd", "ours\n", 0644, {}}},
      {"fill", "fill the registry", "", FillRegistry{"/srv/data/registry", {"rc-registry", "rc-registry"}, {}}},
      {"unit-file", "write the registry's unit", "", WriteFile{"/etc/systemd/system/rootcellar-registry.service", "[Service]\n", 0644, {}}},
      {"registry", "start the registry", "",
       SetUnit{"rootcellar-registry.service", true, true, true, {"/etc/systemd/system/rootcellar-registry.service"}}},
      {"wait", "wait for the registry", "", WaitHttp{"http://127.0.0.1:5000/v2/", 200, 10}},
      {"spool", "spool packages", "", SpoolPackages{spool}},
      {"packages", "install packages", "", packages},
      {"unspool", "remove the spool", "", RemoveSpool{spool}},
      {"daemon", "configure docker", "", daemon},
      {"modules", "load modules", "", modules},
      {"docker", "start docker", "", SetUnit{"docker.service", true, true, true, {"/etc/docker/daemon.json"}}},
      {"pull", "pull an image", "", PullImage{"quay.io/lab/web:1", {}}},
      {"check", "check the page", "",
       RunCheck{{.name = "page", .kind = "http", .argv = {}, .target = "http://127.0.0.1:5000/v2/", .expect = "{}", .time_limit = 5}}},
  };
  return steps;
}

Bundle next_bundle(const std::string& directory) {
  BundleMaker maker;
  maker.add_image("docker.io/library/registry", {"2"}, {tar({{"bin/registry", "the registry program"}}), tar({{"etc/motd", "top"}})}, true);
  maker.add_image("quay.io/lab/web", {"1"}, {tar({{"index.html", "hello again"}})});
  for (const char* name :
       {"apt/debian/pool/docker.io_21.deb", "apt/debian/pool/runc.deb", "apt/debian/dists/bookworm/InRelease", "apt/keyrings/debian.gpg"})
    maker.add_file(name, cat("bytes of ", name));
  maker.add_package({.name = "runc", .version = "1.1", .architecture = "amd64", .path = "apt/debian/pool/runc.deb"});
  maker.add_package({.name = "docker.io", .version = "21", .architecture = "amd64", .path = "apt/debian/pool/docker.io_21.deb"});
  return maker.build(directory);
}

std::vector<Step> next_plan(const Bundle& next) {
  std::vector<Step> steps = small_plan();
  std::erase_if(steps, [](const Step& step) { return step.id == "kubectl"; });
  for (Step& step : steps) {
    if (auto* file = std::get_if<WriteFile>(&step.action); file != nullptr && step.id == "motd") file->content = "ours, again\n";
    if (auto* pull = std::get_if<PullImage>(&step.action)) pull->digest = next.index().images.back().digest;
    if (auto* packages = std::get_if<InstallPackages>(&step.action)) packages->ours = {"docker.io", "runc"};
    if (auto* merge = std::get_if<MergeJson>(&step.action))
      merge->append = parse_json(R"({"registry-mirrors":["http://127.0.0.1:5001"]})", "test");
  }
  return steps;
}

void begin_plan(HostSystem& host, const std::string& name) {
  Journal journal(host, "/var/lib/rootcellar/journal");
  journal.append({.kind = JournalRecord::Kind::plan, .data = JsonValue::object({{"bundle", JsonValue::string(name)}})});
}

RunOutcome install(HostSystem& host, Bundle& bundle, const std::vector<Step>& steps) {
  Journal journal(host, "/var/lib/rootcellar/journal");
  RunContext context{.host = host, .bundle = &bundle, .progress = silent_progress()};
  return run_plan(steps, journal, context);
}

void uninstall(HostSystem& host, bool purge_data) {
  Journal journal(host, "/var/lib/rootcellar/journal");
  RunContext context{.host = host, .bundle = nullptr, .progress = silent_progress()};
  undo_all(journal, context, purge_data);
}

MemoryTree visible(const MemoryHost& host) {
  MemoryTree tree = host.tree();
  std::erase_if(tree, [](const auto& entry) {
    return entry.first == "/var/lib/rootcellar/journal" || entry.first.starts_with("/var/lib/rootcellar/attic") ||
           entry.first.starts_with("/sys/module") || entry.first.starts_with("/fake/site-registry");  // it keeps what it is given
  });
  for (auto& [path, node] : tree) {
    const bool drawn_anew = path.starts_with("/var/lib/rootcellar/secrets/") || path.starts_with("/var/lib/rootcellar/captures/site-authority");
    if (drawn_anew && !node.content.empty()) node.content = "a secret, or told of one";
    if (path.starts_with("/fake/kept/people.")) node.content = "made of secrets";
  }
  return tree;
}

std::string difference(const MemoryTree& expected, const MemoryTree& found) {
  std::string lines;
  for (const auto& [path, node] : expected) {
    const auto other = found.find(path);
    if (other == found.end())
      lines += cat(path, ": missing\n");
    else if (!(other->second == node))
      lines += cat(path, ": differs: '", printable(node.content), "' became '", printable(other->second.content), "'\n");
  }
  for (const auto& [path, node] : found) {
    if (!expected.contains(path)) lines += cat(path, ": new\n");
  }
  return lines;
}

}  // namespace rootcellar::test
