#include "builder/lock/cluster_text.h"

#include <algorithm>

#include "builder/lock/blob_text.h"
#include "builder/lock/recipe_text.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

// ---- one description of each structure serves both directions: `keys(io, value)` names every key once, in alphabetical order

/// Empty texts and lists are left out, as are numbers that are 0.
class Writer {
 public:
  explicit Writer(YamlWriter& out) : out_(out) {}

  void need(std::string_view key, const std::string& value) { out_.entry(key, value); }
  void text(std::string_view key, const std::string& value) {
    if (!value.empty()) out_.entry(key, value);
  }
  void texts(std::string_view key, const std::vector<std::string>& value) {
    if (!value.empty()) out_.entry_list(key, value);
  }
  void number(std::string_view key, std::uint64_t value) {
    if (value != 0) out_.entry_number(key, value);
  }
  void truth(std::string_view key, bool value) {
    out_.key(key);
    out_.value_plain(value);
  }
  void mode(std::uint32_t value) { out_.entry("mode", mode_text(value)); }
  void choice(std::string_view key, const std::string& value, const std::vector<std::string>&) { out_.entry(key, value); }

  template <typename Value, typename Keys>
  void list(std::string_view key, const std::vector<Value>& values, Keys keys) {
    if (values.empty()) return;
    out_.key(key);
    out_.begin_list();
    for (const Value& value : values) {
      out_.begin_map();
      keys(*this, value);
      out_.end_map();
    }
    out_.end_list();
  }

 private:
  YamlWriter& out_;
};

class Reader {
 public:
  Reader(const YamlNode& node, YamlFaults& faults, std::string what) : map_(node, faults, std::move(what)) {}

  void need(std::string_view key, std::string& value) { value = map_.require_text(key); }
  void text(std::string_view key, std::string& value) { value = map_.text(key); }
  void texts(std::string_view key, std::vector<std::string>& value) { value = map_.text_list(key); }
  void number(std::string_view key, std::uint64_t& value) { value = map_.number(key, 0); }
  void truth(std::string_view key, bool& value) { value = map_.boolean(key, value); }
  void mode(std::uint32_t& value) { value = read_locked_mode(map_); }
  void choice(std::string_view key, std::string& value, const std::vector<std::string>& choices) {
    map_.require(key);
    value = map_.one_of(key, choices, choices.front());
  }

  template <typename Value, typename Keys>
  void list(std::string_view key, std::vector<Value>& values, Keys keys) {
    map_.list(key, [&](const YamlNode& item) {
      Reader inner(item, map_.faults(), cat("keys of ", key));
      keys(inner, values.emplace_back());
      inner.finish();
    });
  }

  YamlMap& map() { return map_; }
  void finish() { map_.finish(); }

 private:
  YamlMap map_;
};

const std::vector<std::string> k_secret_kinds{"password", "hex", "rsa", "jwt", "dhparam", "htpasswd", "dockerconfigjson"};
const std::vector<std::string> k_wait_kinds{"rollout", "job", "jsonpath", "http"};
const std::vector<std::string> k_deployment_kinds{"manifest", "chart", "exec", "job", "trial"};
const std::vector<std::string> k_export_formats{"tator", "kubeconfig"};

constexpr auto directory_keys = [](auto& io, auto& it) {
  io.need("group", it.group);
  io.mode(it.mode);
  io.need("owner", it.owner);
  io.need("path", it.path);
};

constexpr auto disk_keys = [](auto& io, auto& it) {
  io.number("free", it.free);
  io.truth("own_filesystem", it.own_filesystem);
  io.need("path", it.path);
  io.truth("solid_state", it.solid_state);
};

constexpr auto role_keys = [](auto& io, auto& it) {
  io.list("directories", it.directories, directory_keys);
  io.list("disks", it.disks, disk_keys);
  io.texts("labels", it.labels);
  io.need("name", it.name);
  io.texts("packages", it.packages);
};

constexpr auto port_keys = [](auto& io, auto& it) {
  io.number("first", it.first);
  io.need("from", it.from);
  io.number("last", it.last);
  io.need("name", it.name);
  io.need("protocol", it.protocol);
};

constexpr auto secret_keys = [](auto& io, auto& it) {
  io.text("claims", it.claims);
  io.choice("kind", it.kind, k_secret_kinds);
  io.number("length", it.length);
  io.need("name", it.name);
  io.text("secret", it.secret);
  io.text("server", it.server);
  io.text("user", it.user);
};

constexpr auto wait_keys = [](auto& io, auto& it) {
  io.text("expect", it.expect);
  io.text("expression", it.expression);
  io.texts("fails", it.fails);
  io.choice("kind", it.kind, k_wait_kinds);
  io.text("namespace", it.space);
  io.need("target", it.target);
  io.number("time_limit", it.time_limit);
};

constexpr auto capture_keys = [](auto& io, auto& it) {
  io.need("expression", it.expression);
  io.need("name", it.name);
  io.text("namespace", it.space);
  io.need("target", it.target);
};

constexpr auto job_variable_keys = [](auto& io, auto& it) {
  io.text("key", it.key);
  io.need("name", it.name);
  io.text("secret", it.secret);
  io.text("value", it.value);
};

constexpr auto export_keys = [](auto& io, auto& it) {
  io.need("account", it.account);
  io.texts("cluster_roles", it.cluster_roles);
  io.choice("format", it.format, k_export_formats);
  io.text("host", it.host);
  io.need("name", it.name);
  io.text("namespace", it.space);
  io.need("path", it.path);
  io.texts("roles", it.roles);
};

constexpr auto deployment_keys = [](auto& io, auto& it) {
  io.text("account", it.account);
  io.texts("argv", it.argv);
  io.number("attempts", it.attempts);
  io.list("captures", it.captures, capture_keys);
  io.text("container", it.container);
  io.list("environment", it.environment, job_variable_keys);
  io.texts("files", it.files);
  io.text("image", it.image);
  io.text("input", it.input);
  io.choice("kind", it.kind, k_deployment_kinds);
  io.need("name", it.name);
  io.text("namespace", it.space);
  io.texts("probe", it.probe);
  io.text("target", it.target);
  io.truth("templated", it.templated);
  io.text("text", it.text);
  io.number("time_limit", it.time_limit);
  io.list("waits", it.waits, wait_keys);
};

/// "files" is written and read by its own functions: blobs are not of the appliance.
constexpr auto cluster_keys = [](auto& io, auto& it, auto files) {
  io.texts("cert_sans", it.cert_sans);
  io.need("cni_programs", it.cni_programs);
  io.list("deploy", it.deploy, deployment_keys);
  io.need("domain", it.domain);
  io.need("endpoint", it.endpoint);
  io.truth("existing", it.existing);
  io.list("exports", it.exports, export_keys);
  files();
  io.texts("images", it.images);
  io.list("network", it.network, deployment_keys);
  io.number("peer_mirror", it.peer_mirror);
  io.need("pod_cidr", it.pod_cidr);
  io.list("ports", it.ports, port_keys);
  io.list("roles", it.roles, role_keys);
  io.need("runtime", it.runtime);
  io.text("sandbox_image", it.sandbox_image);  // the site's own cluster has one of its own
  io.truth("schedule_on_control_plane", it.schedule_on_control_plane);
  io.list("secrets", it.secrets, secret_keys);
  io.need("service_cidr", it.service_cidr);
  io.need("version", it.version);
};

void write_files(YamlWriter& out, const std::vector<LockedDeployed>& deployed) {
  std::vector<const LockedDeployed*> order;
  for (const LockedDeployed& file : deployed) order.push_back(&file);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->path < b->path; });
  out.key("files");
  out.begin_list();
  for (const LockedDeployed* file : order) {
    out.begin_map();
    write_blob_map(out, "blob", file->blob);
    out.entry("path", file->path);
    out.end_map();
  }
  out.end_list();
}

void read_files(YamlMap& map, Lock& lock) {
  map.list("files", [&](const YamlNode& item) {
    YamlMap file(item, map.faults(), "keys of files");
    LockedDeployed& deployed = lock.deployed.emplace_back();
    deployed.blob = require_locked_blob(file);
    deployed.path = read_bundle_path(file);
    file.finish();
  });
}

/// Every file a deployment names is there, or the bundle would lack it.
void check_files(const YamlNode& node, const Lock& lock, YamlFaults& faults) {
  for (const auto* list : {&lock.cluster.network, &lock.cluster.deploy}) {
    for (const Deployment& deployment : *list) {
      for (const std::string& path : deployment.files) {
        const auto is_it = [&](const LockedDeployed& file) { return file.path == path; };
        if (std::none_of(lock.deployed.begin(), lock.deployed.end(), is_it))
          faults.add(node, cat("deployment '", deployment.name, "': '", printable(path, 80), "' is not among its files"));
      }
    }
  }
}

}  // namespace

void write_cluster(YamlWriter& out, const ClusterSection& cluster, const std::vector<LockedDeployed>& deployed) {
  out.key("cluster");
  out.begin_map();
  Writer writer(out);
  cluster_keys(writer, cluster, [&] { write_files(out, deployed); });
  out.end_map();
}

void read_locked_cluster(const YamlNode& node, YamlFaults& faults, Lock& lock) {
  Reader reader(node, faults, "cluster keys");
  lock.cluster.enabled = true;
  cluster_keys(reader, lock.cluster, [&] { read_files(reader.map(), lock); });
  reader.finish();
  check_files(node, lock, faults);
}

}  // namespace rootcellar
