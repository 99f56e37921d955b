#include "bundle/appliance.h"

#include <algorithm>
#include <functional>
#include <initializer_list>

#include "bundle/base/error.h"
#include "bundle/base/json.h"
#include "bundle/base/text.h"
#include "bundle/cluster_members.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

// ---- one description of each structure serves both directions: `members(io, value)` names every member once

class Writer {
 public:
  JsonValue object = JsonValue::object();

  void text(std::string_view name, const std::string& value) { object.set(name, JsonValue::string(value)); }
  void number(std::string_view name, std::uint64_t value) { object.set(name, JsonValue::number(value)); }
  void mode(std::string_view name, std::uint32_t value) { number(name, value); }
  void truth(std::string_view name, bool value) { object.set(name, JsonValue::boolean(value)); }
  void texts(std::string_view name, const std::vector<std::string>& value) { object.set(name, JsonValue::string_array(value)); }

  template <typename Value, typename Members>
  void nested(std::string_view name, const Value& value, Members members) {
    Writer inner;
    members(inner, value);
    object.set(name, std::move(inner.object));
  }

  template <typename Value, typename Members>
  void list(std::string_view name, const std::vector<Value>& values, Members members) {
    JsonValue items = JsonValue::array();
    for (const Value& value : values) {
      Writer inner;
      members(inner, value);
      items.push(std::move(inner.object));
    }
    object.set(name, std::move(items));
  }
};

/// Members must be all there, in the order they are written in, and no others.
class Reader {
 public:
  Reader(const JsonValue& value, std::string where, std::string_view file) : value_(value), where_(std::move(where)), file_(file) {
    if (!value.is_object()) fail(where_, "an object");
  }

  void text(std::string_view name, std::string& into) { into = text_of(take(name), path(name)); }
  void number(std::string_view name, std::uint64_t& into) {
    auto number = take(name).as_u64();
    if (!number) fail(path(name), "a number");
    into = *number;
  }
  void mode(std::string_view name, std::uint32_t& into) {
    std::uint64_t wide = 0;
    number(name, wide);
    if (wide > 07777) fail(path(name), "a file mode up to 4095");
    into = static_cast<std::uint32_t>(wide);
  }
  void truth(std::string_view name, bool& into) {
    const JsonValue& value = take(name);
    if (value.kind() != JsonValue::Kind::boolean) fail(path(name), "true or false");
    into = value.as_boolean();
  }
  void texts(std::string_view name, std::vector<std::string>& into) {
    for (const JsonValue& item : items(name)) into.push_back(text_of(item, path(name)));
  }

  template <typename Value, typename Members>
  void nested(std::string_view name, Value& value, Members members) {
    Reader inner(take(name), path(name), file_);
    members(inner, value);
    inner.finish();
  }

  template <typename Value, typename Members>
  void list(std::string_view name, std::vector<Value>& values, Members members) {
    for (const JsonValue& item : items(name)) {
      Reader inner(item, cat(path(name), '[', values.size(), ']'), file_);
      members(inner, values.emplace_back());
      inner.finish();
    }
  }

  void finish() const {
    if (next_ < value_.members().size())
      throw InputError(cat(file_, ": unknown member '", printable(path(value_.members()[next_].first)), "'"));
  }

 private:
  [[noreturn]] void fail(const std::string& where, std::string_view expected) const {
    throw InputError(cat(file_, ": expected ", expected, " at '", where, "'"));
  }
  std::string path(std::string_view name) const { return where_.empty() ? std::string(name) : cat(where_, '.', name); }

  const JsonValue& take(std::string_view name) {
    const auto& members = value_.members();
    if (next_ >= members.size()) throw InputError(cat(file_, ": expected member '", path(name), "', found none"));
    const auto& member = members[next_++];
    if (member.first != name)
      throw InputError(cat(file_, ": expected member '", path(name), "', found '", printable(path(member.first)), "'"));
    return member.second;
  }

  std::string text_of(const JsonValue& value, const std::string& where) const {
    if (!value.is_string()) fail(where, "a text");
    if (value.as_string().find('\0') != std::string::npos) fail(where, "a text without a zero byte");
    return value.as_string();
  }

  const std::vector<JsonValue>& items(std::string_view name) {
    const JsonValue& value = take(name);
    if (!value.is_array()) fail(path(name), "a list");
    if (value.items().size() > limits::k_appliance_items) fail(path(name), cat("at most ", limits::k_appliance_items, " items"));
    return value.items();
  }

  const JsonValue& value_;
  std::string where_;
  std::string_view file_;
  std::size_t next_ = 0;
};

// ---- the structures

constexpr auto target_members = [](auto& io, auto& it) {
  io.text("distribution", it.distribution);
  io.text("version", it.version);
  io.text("codename", it.codename);
};

constexpr auto source_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.text("uri", it.uri);
  io.texts("suites", it.suites);
  io.texts("components", it.components);
  io.text("keyring", it.keyring);
};

constexpr auto package_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.text("version", it.version);
  io.text("architecture", it.architecture);
  io.text("path", it.path);
  io.number("size", it.size);
  io.number("installed-size", it.installed_size);
  io.texts("groups", it.groups);
};

constexpr auto packages_members = [](auto& io, auto& it) {
  io.text("base", it.base);
  io.texts("install", it.install);
  io.list("files", it.files, package_members);
  io.list("sources", it.sources, source_members);
};

constexpr auto placed_file_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.text("path", it.path);
  io.text("destination", it.destination);
  io.mode("mode", it.mode);
  io.text("owner", it.owner);
  io.text("group", it.group);
};

constexpr auto registry_members = [](auto& io, auto& it) {
  io.truth("enabled", it.enabled);
  io.text("program", it.program);
  io.text("listen", it.listen);
  io.text("storage", it.storage);
  io.text("auth", it.auth);
  io.text("account", it.account);
  io.number("push-port", it.push_port);
  io.truth("existing", it.existing);
  io.truth("tls", it.tls);
  io.texts("own-names", it.own_names);
};

constexpr auto runtime_members = [](auto& io, auto& it) {
  io.text("kind", it.kind);
  io.texts("insecure-registries", it.insecure_registries);
  io.texts("preload", it.preload);
  io.text("log-max-size", it.log_max_size);
  io.number("log-max-files", it.log_max_files);
  io.truth("nvidia", it.nvidia);
  io.truth("nvidia-default", it.nvidia_default);
};

constexpr auto gpu_members = [](auto& io, auto& it) {
  io.truth("enabled", it.enabled);
  io.text("role", it.role);
  io.text("driver", it.driver);
  io.texts("packages", it.packages);
  io.number("branch", it.branch);
};

constexpr auto check_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.text("kind", it.kind);
  io.texts("argv", it.argv);
  io.text("target", it.target);
  io.text("expect", it.expect);
  io.number("time-limit", it.time_limit);
};

constexpr auto nfs_export_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.text("path", it.path);
  io.mode("mode", it.mode);
  io.text("owner", it.owner);
  io.text("group", it.group);
  io.texts("options", it.options);
};

constexpr auto nfs_members = [](auto& io, auto& it) {
  io.truth("enabled", it.enabled);
  io.text("server", it.server);
  io.text("network", it.network);
  io.texts("versions", it.versions);
  io.truth("fixed-ports", it.fixed_ports);
  io.list("exports", it.exports, nfs_export_members);
};

constexpr auto data_members = [](auto& io, auto& it) {
  placed_file_members(io, it);
  io.number("unpacked", it.unpacked);
};

constexpr auto lan_link_members = [](auto& io, auto& it) {
  io.text("title", it.title);
  io.text("url", it.url);
  io.text("text", it.text);
};

constexpr auto lan_balancer_members = [](auto& io, auto& it) {
  io.truth("enabled", it.enabled);
  io.text("range", it.range);
};

constexpr auto lan_members = [](auto& io, auto& it) {
  io.truth("enabled", it.enabled);
  io.text("domain", it.domain);
  io.texts("names", it.names);
  io.truth("everything-below", it.everything_below);
  io.truth("nameserver", it.nameserver);
  io.truth("mdns", it.mdns);
  io.truth("time", it.time);
  io.truth("portal", it.portal);
  io.number("http-port", it.http_port);
  io.number("https-port", it.https_port);
  io.text("certificate", it.certificate);
  io.texts("trust-namespaces", it.trust_namespaces);
  io.nested("balancer", it.balancer, lan_balancer_members);
  io.list("links", it.links, lan_link_members);
};

constexpr auto appliance_members = [](auto& io, auto& it) {
  io.text("title", it.title);
  io.nested("target", it.target, target_members);
  io.nested("packages", it.packages, packages_members);
  io.list("files", it.files, placed_file_members);
  io.nested("registry", it.registry, registry_members);
  io.nested("runtime", it.runtime, runtime_members);
  io.nested("gpu", it.gpu, gpu_members);
  io.nested("cluster", it.cluster, cluster_members);
  io.list("checks", it.checks, check_members);
  io.nested("nfs", it.nfs, nfs_members);
  io.list("data", it.data, data_members);
  io.nested("lan", it.lan, lan_members);
};

}  // namespace

bool needed_by(const PackageFile& file, const std::vector<std::string>& groups) {
  const auto named = [&](const std::string& group) { return std::find(groups.begin(), groups.end(), group) != groups.end(); };
  return file.groups.empty() || std::any_of(file.groups.begin(), file.groups.end(), named);
}

std::string encode_appliance(const Appliance& appliance) {
  Writer writer;
  appliance_members(writer, appliance);
  return writer.object.dump();
}

Appliance decode_appliance(std::string_view json, std::string_view file) {
  JsonValue value = parse_json(json, file, {.bytes = limits::k_appliance, .depth = 8});
  Appliance appliance;
  Reader reader(value, "", file);
  appliance_members(reader, appliance);
  reader.finish();
  if (value.dump() != json) throw InputError(cat(file, ": the text is not in canonical form"));
  return appliance;
}

}  // namespace rootcellar
