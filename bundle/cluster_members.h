// The members of the cluster's structures, each named once: bundle/appliance.cpp reads and writes by them.
#pragma once

namespace rootcellar {

inline constexpr auto role_directory_members = [](auto& io, auto& it) {
  io.text("path", it.path);
  io.mode("mode", it.mode);
  io.text("owner", it.owner);
  io.text("group", it.group);
};

inline constexpr auto role_disk_members = [](auto& io, auto& it) {
  io.text("path", it.path);
  io.number("free", it.free);
  io.truth("own-filesystem", it.own_filesystem);
  io.truth("solid-state", it.solid_state);
};

inline constexpr auto role_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.texts("labels", it.labels);
  io.list("directories", it.directories, role_directory_members);
  io.texts("packages", it.packages);
  io.list("disks", it.disks, role_disk_members);
};

inline constexpr auto port_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.number("first", it.first);
  io.number("last", it.last);
  io.text("protocol", it.protocol);
  io.text("from", it.from);
};

inline constexpr auto wait_members = [](auto& io, auto& it) {
  io.text("kind", it.kind);
  io.text("target", it.target);
  io.text("namespace", it.space);
  io.text("expression", it.expression);
  io.text("expect", it.expect);
  io.texts("fails", it.fails);
  io.number("time-limit", it.time_limit);
};

inline constexpr auto capture_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.text("target", it.target);
  io.text("namespace", it.space);
  io.text("expression", it.expression);
};

inline constexpr auto secret_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.text("kind", it.kind);
  io.number("length", it.length);
  io.text("user", it.user);
  io.text("secret", it.secret);
  io.text("claims", it.claims);
  io.text("server", it.server);
};

inline constexpr auto job_variable_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.text("value", it.value);
  io.text("secret", it.secret);
  io.text("key", it.key);
};

inline constexpr auto export_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.text("namespace", it.space);
  io.text("account", it.account);
  io.texts("cluster-roles", it.cluster_roles);
  io.texts("roles", it.roles);
  io.text("host", it.host);
  io.text("path", it.path);
  io.text("format", it.format);
};

inline constexpr auto deployment_members = [](auto& io, auto& it) {
  io.text("name", it.name);
  io.text("kind", it.kind);
  io.text("namespace", it.space);
  io.texts("files", it.files);
  io.text("text", it.text);
  io.truth("templated", it.templated);
  io.text("target", it.target);
  io.text("container", it.container);
  io.texts("argv", it.argv);
  io.texts("probe", it.probe);
  io.text("input", it.input);
  io.list("waits", it.waits, wait_members);
  io.list("captures", it.captures, capture_members);
  io.number("time-limit", it.time_limit);
  io.text("image", it.image);
  io.text("account", it.account);
  io.list("environment", it.environment, job_variable_members);
  io.number("attempts", it.attempts);
};

inline constexpr auto cluster_members = [](auto& io, auto& it) {
  io.truth("enabled", it.enabled);
  io.truth("existing", it.existing);
  io.text("version", it.version);
  io.text("runtime", it.runtime);
  io.text("pod-cidr", it.pod_cidr);
  io.text("service-cidr", it.service_cidr);
  io.text("domain", it.domain);
  io.text("endpoint", it.endpoint);
  io.text("cni-programs", it.cni_programs);
  io.texts("images", it.images);
  io.number("peer-mirror", it.peer_mirror);
  io.text("sandbox-image", it.sandbox_image);
  io.truth("schedule-on-control-plane", it.schedule_on_control_plane);
  io.texts("cert-sans", it.cert_sans);
  io.list("roles", it.roles, role_members);
  io.list("ports", it.ports, port_members);
  io.list("secrets", it.secrets, secret_members);
  io.list("network", it.network, deployment_members);
  io.list("deploy", it.deploy, deployment_members);
  io.list("exports", it.exports, export_members);
};

}  // namespace rootcellar
