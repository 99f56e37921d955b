#include "builder/source/image_manifest.h"

#include <algorithm>
#include <array>
#include <set>

#include "bundle/base/error.h"
#include "bundle/base/json.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view k_docker_list = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view k_oci_manifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view k_oci_index = "application/vnd.oci.image.index.v1+json";

constexpr std::array<std::string_view, 2> k_config_types = {"application/vnd.docker.container.image.v1+json",
                                                            "application/vnd.oci.image.config.v1+json"};
constexpr std::array<std::string_view, 5> k_layer_types = {
    "application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.oci.image.layer.v1.tar+zstd"};

constexpr std::size_t k_layers = 1000;       ///< Docker itself stops at 127
constexpr std::size_t k_index_items = 1000;  ///< the largest official index has about 30
constexpr JsonLimits k_manifest_json = {k_manifest_limit, 16};
constexpr JsonLimits k_config_json = {k_image_config_limit, 32};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) { return std::ranges::find(words, word) != words.end(); }
bool is_index_type(std::string_view type) { return type == k_docker_list || type == k_oci_index; }

/// Debian's name, Go's name, and the variants that run there, best first. No variant in the image means Go's default.
struct KnownArchitecture {
  std::string_view debian, go;
  std::array<std::string_view, 4> variants;
};
constexpr std::string_view k_none = "-";
constexpr KnownArchitecture k_architectures[] = {
    {"amd64", "amd64", {"", "v1", k_none, k_none}},
    {"arm64", "arm64", {"v8", "", k_none, k_none}},
    {"armhf", "arm", {"v7", "", "v6", "v5"}},
    {"armel", "arm", {"v5", k_none, k_none, k_none}},
    {"i386", "386", {"", k_none, k_none, k_none}},
    {"ppc64el", "ppc64le", {"", k_none, k_none, k_none}},
    {"s390x", "s390x", {"", k_none, k_none, k_none}},
    {"riscv64", "riscv64", {"", k_none, k_none, k_none}},
    {"mips64el", "mips64le", {"", k_none, k_none, k_none}},
};

const KnownArchitecture* known_architecture(std::string_view debian) {
  const auto* found = std::ranges::find(k_architectures, debian, &KnownArchitecture::debian);
  return found == std::end(k_architectures) ? nullptr : found;
}

/// Reads members of one document; every fault names it.
class Reader {
 public:
  Reader(const JsonValue& value, std::string what) : value_(value), what_(std::move(what)) {
    if (!value_.is_object()) fail("expected an object");
  }
  [[noreturn]] void fail(std::string_view reason) const { throw InputError(cat("cannot use ", what_, ": ", reason)); }

  std::string text(std::string_view name) const {
    const std::optional<std::string> found = value_.text(name);
    if (!found) fail(cat("it has no '", name, "'"));
    return printable(*found, limits::k_name);
  }
  std::string text_or_empty(std::string_view name) const { return printable(value_.text(name).value_or(""), limits::k_name); }

  const std::vector<JsonValue>& array(std::string_view name, std::size_t limit) const {
    const JsonValue* found = value_.find(name);
    if (found == nullptr || !found->is_array()) fail(cat("it has no list '", name, "'"));
    if (found->items().size() > limit) fail(cat("more than ", limit, " '", name, "'"));
    return found->items();
  }

  ImageDescriptor descriptor() const {
    const std::string digest = text("digest");
    const std::optional<Digest> parsed = Digest::from_named(digest);
    if (!parsed) fail(cat("expected a digest 'sha256:...', found '", printable(digest, 100), "'"));
    const std::optional<std::uint64_t> size = value_.u64("size");
    if (!size || *size > limits::k_blob_size) fail(cat("the size of ", parsed->named(), " is missing or too large"));
    return {text("mediaType"), *parsed, *size};
  }

 private:
  const JsonValue& value_;
  std::string what_;
};

ImagePlatform read_platform(const JsonValue& owner, const std::string& what) {
  const Reader reader(owner, what);
  return {reader.text_or_empty("os"), reader.text_or_empty("architecture"), reader.text_or_empty("variant")};
}

void read_index(const JsonValue& document, const std::string& what, ImageManifest& manifest) {
  manifest.is_index = true;
  const Reader reader(document, what);
  for (const JsonValue& entry : reader.array("manifests", k_index_items)) {
    const ImageDescriptor descriptor = Reader(entry, what).descriptor();
    const JsonValue* platform = entry.find("platform");
    if (platform == nullptr || !is_manifest_type(descriptor.media_type) || is_index_type(descriptor.media_type)) continue;
    manifest.items.push_back({descriptor, read_platform(*platform, what)});
  }
}

void check_layer(const Reader& reader, const ImageDescriptor& layer, std::size_t number) {
  if (is_one_of(layer.media_type, k_layer_types)) return;
  const std::string name = cat("layer ", number);
  if (layer.media_type.find("foreign") != std::string::npos || layer.media_type.find("nondistributable") != std::string::npos) {
    reader.fail(cat(name, " is not kept in registries ('", layer.media_type, "'); such images cannot be carried"));
  }
  reader.fail(cat(name, " has the unknown media type '", layer.media_type, "'"));
}

void read_image(const JsonValue& document, const std::string& what, ImageManifest& manifest) {
  const Reader reader(document, what);
  const JsonValue* config = document.find("config");
  if (config == nullptr) reader.fail("it has no 'config'");
  manifest.config = Reader(*config, what).descriptor();
  if (!is_one_of(manifest.config.media_type, k_config_types)) {
    reader.fail(cat("it is not a container image but '", manifest.config.media_type, "'"));
  }
  if (manifest.config.size > k_image_config_limit) reader.fail(cat("its config is larger than ", human_size(k_image_config_limit)));
  for (const JsonValue& entry : reader.array("layers", k_layers)) {
    manifest.layers.push_back(Reader(entry, what).descriptor());
    check_layer(reader, manifest.layers.back(), manifest.layers.size());
  }
}

/// The document's own word counts; a registry may serve an OCI document under any type.
std::string media_type_of(const JsonValue& document, std::string_view served) {
  const std::string own = document.text("mediaType").value_or("");
  if (!own.empty()) return own;
  if (is_manifest_type(served) || is_index_type(served)) return std::string(served);
  return std::string(document.find("manifests") != nullptr ? k_oci_index : k_oci_manifest);
}

bool is_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// "+02:00" -> 7200; "Z" -> 0.
std::optional<std::int64_t> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  if (!is_digits(text.substr(1, 2)) || !is_digits(text.substr(4, 2))) return std::nullopt;
  const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  const std::int64_t seconds = number(1) * 3600 + number(4) * 60;
  return text[0] == '-' ? -seconds : seconds;
}

}  // namespace

std::string ImagePlatform::text() const { return cat(system, "/", architecture, variant.empty() ? "" : "/", variant); }

std::string manifest_accept() { return cat(k_docker_manifest, ", ", k_docker_list, ", ", k_oci_manifest, ", ", k_oci_index); }

bool is_manifest_type(std::string_view type) { return type == k_docker_manifest || type == k_oci_manifest || is_index_type(type); }

ImageManifest decode_manifest(std::string_view text, std::string_view served_type, std::string_view what_view) {
  const std::string what = cat("the manifest of '", what_view, "'");
  const JsonValue document = parse_json(text, what, k_manifest_json);
  const Reader reader(document, what);
  if (document.u64("schemaVersion") == 1) {
    throw InputError(cat("cannot use ", what, ": it is of the old kind schema 1, which names no sizes"),
                     "push the image again with a current docker or skopeo, or choose a newer tag");
  }
  if (document.u64("schemaVersion") != 2) reader.fail("expected 'schemaVersion' 2");
  ImageManifest manifest;
  manifest.media_type = media_type_of(document, served_type);
  if (!is_manifest_type(manifest.media_type)) reader.fail(cat("unknown media type '", printable(manifest.media_type, 200), "'"));
  if (is_index_type(manifest.media_type)) {
    read_index(document, what, manifest);
  } else {
    read_image(document, what, manifest);
  }
  return manifest;
}

std::optional<ImagePlatform> platform_of(std::string_view debian_architecture) {
  const KnownArchitecture* known = known_architecture(debian_architecture);
  if (known == nullptr) return std::nullopt;
  return ImagePlatform{"linux", std::string(known->go), std::string(known->variants[0])};
}

const IndexItem& choose_platform(const ImageManifest& index, std::string_view debian_architecture, std::string_view what) {
  const KnownArchitecture* known = known_architecture(debian_architecture);
  if (known == nullptr) throw InputError(cat("cannot choose an image of '", what, "': unknown architecture '", debian_architecture, "'"));
  for (const std::string_view variant : known->variants) {
    for (const IndexItem& item : index.items) {
      const ImagePlatform& platform = item.platform;
      if (platform.system == "linux" && platform.architecture == known->go && platform.variant == variant) return item;
    }
  }
  std::set<std::string> offered;
  for (const IndexItem& item : index.items) {
    if (item.platform.system != "unknown") offered.insert(item.platform.text());
  }
  const std::vector<std::string> list(offered.begin(), offered.end());
  throw InputError(cat("cannot choose an image of '", what, "': expected ", platform_of(debian_architecture)->text(), ", found ",
                       list.empty() ? "no image for any platform" : join(list, ", ")));
}

ImageConfig decode_image_config(std::string_view text, std::string_view what_view) {
  const std::string what = cat("the config of '", what_view, "'");
  const JsonValue document = parse_json(text, what, k_config_json);
  const Reader reader(document, what);
  ImageConfig config{{reader.text("os"), reader.text("architecture"), reader.text_or_empty("variant")}, 0};
  config.created = std::max<std::int64_t>(parse_any_time(reader.text_or_empty("created")).value_or(0), 0);
  return config;
}

std::optional<std::int64_t> parse_any_time(std::string_view text) {
  if (text.size() < 20) return std::nullopt;
  std::size_t offset_at = 19;
  if (text[19] == '.') offset_at = std::min(text.find_first_not_of("0123456789", 20), text.size());
  const std::optional<std::int64_t> local = parse_time(cat(text.substr(0, 19), "Z"));
  const std::optional<std::int64_t> offset = parse_offset(text.substr(offset_at));
  if (!local || !offset) return std::nullopt;
  return *local - *offset;
}

}  // namespace rootcellar
