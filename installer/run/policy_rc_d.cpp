#include "installer/run/policy_rc_d.h"

#include "bundle/base/text.h"
#include "installer/run/own_file.h"

namespace rootcellar {
namespace {

constexpr const char* k_path = "/usr/sbin/policy-rc.d";  // invoke-rc.d(8), deb-systemd-invoke(1)
// 101: "action forbidden by policy". The second line is how we know our own.
constexpr std::string_view k_ours =
    "#!/bin/sh\n# rootcellar-install: services of new packages stay down until they are configured\nexit 101\n";
constexpr std::size_t k_limit = std::size_t{1} << 20;

std::string record_path(const RunContext& context) { return path_join(attic_path(context.paths), "policy-rc.d.json"); }

}  // namespace

bool service_starts_forbidden(HostSystem& host) { return host.read_file(k_path, k_limit) == k_ours; }

// The record is durable before the file changes; while ours is in place, the record is the truth about what was there.
void forbid_service_starts(RunContext& context) {
  HostSystem& host = context.host;
  if (service_starts_forbidden(host)) return;
  const JsonValue previous = keep_previous(k_path, sha256(as_bytes(k_ours)), context);
  host.make_directories(attic_path(context.paths), 0700);
  host.write_file(record_path(context), previous.dump(), 0600);
  put_in_place(k_path, 0755, {}, context, [](Sink& file) { file.write(as_bytes(k_ours)); });
}

void allow_service_starts(RunContext& context) {
  HostSystem& host = context.host;
  const auto record = host.read_file(record_path(context), k_limit);
  if (service_starts_forbidden(host)) {
    put_back_previous(k_path, record ? parse_json(*record, record_path(context)) : JsonValue::object(), context);
  }
  remove_leftovers(k_path, host);
  if (record) host.remove(record_path(context));
}

}  // namespace rootcellar
