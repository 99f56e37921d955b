// Charts in OCI registries (HIPs 0006): a manifest with one layer, which is the chart's archive.
#include <algorithm>

#include "builder/source/chart.h"
#include "builder/source/registry_client.h"
#include "bundle/base/error.h"
#include "bundle/base/json.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_scheme = "oci://";
constexpr std::string_view k_chart_layer = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

std::string repository_of(std::string_view url) {
  const auto name = parse_image_name(url.substr(k_scheme.size()));
  if (!name) throw InputError(cat("'", printable(url), "' is not the address of a chart in a registry"));
  return name->repository;
}

/// A tag cannot hold the '+' of a version.
std::string tag_of(std::string version) {
  std::replace(version.begin(), version.end(), '+', '_');
  return version;
}

LockedBlob chart_layer(const std::string& manifest, const std::string& what) {
  const JsonValue document = parse_json(manifest, cat("the manifest of ", what), {.bytes = k_manifest_limit});
  const JsonValue* layers = document.find("layers");
  if (layers != nullptr && layers->is_array()) {
    for (const JsonValue& layer : layers->items()) {
      const auto digest = Digest::from_named(layer.text("digest").value_or(""));
      const auto size = layer.u64("size");
      if (layer.text("mediaType") == k_chart_layer && digest && size && *size <= limits::k_blob_size)
        return {*digest, *size, std::string(k_chart_layer), {}, {}, {}};
    }
  }
  throw InputError(cat(what, " is not a chart: its manifest has no layer of type ", k_chart_layer));
}

std::int64_t created_of(const std::string& manifest) {
  const JsonValue document = parse_json(manifest, "manifest", {.bytes = k_manifest_limit});
  const JsonValue* notes = document.find("annotations");
  const auto created = notes == nullptr ? std::nullopt : notes->text("org.opencontainers.image.created");
  return std::max<std::int64_t>(parse_any_time(created.value_or("")).value_or(0), 0);
}

}  // namespace

Resolved<LockedBlob> resolve_oci_chart(const ProfileChart& chart, const std::string& what, SourceContext& context) {
  RegistryClient registry(repository_of(chart.oci), context);
  const std::string manifest = registry.fetch_manifest(tag_of(chart.version)).text;
  LockedBlob blob = chart_layer(manifest, what);
  blob.url = chart.oci;
  if (!context.cache.find(blob.digest, blob.size)) registry.fetch_blob(blob);
  return {std::move(blob), created_of(manifest)};
}

void fetch_oci_chart(const LockedBlob& blob, SourceContext& context) { RegistryClient(repository_of(blob.url), context).fetch_blob(blob); }

}  // namespace rootcellar
