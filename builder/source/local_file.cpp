#include "builder/source/archive.h"
#include "builder/source/file_sources.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_data_lead = "data:application/octet-stream;base64,";

LockedBlob store_bytes(Source& bytes, SourceContext& context) {
  const auto [digest, size] = context.cache.store(bytes);
  return {digest, size, {}, {}, {}};
}

void check_content(const ProfileFileContent& content, const LockedBlob& blob, const std::string& what) {
  if (content.sha256 && *content.sha256 != blob.digest) {
    throw InputError(cat(what, " has other content: expected ", content.sha256->named(), ", found ", blob.digest.named()));
  }
  if (content.size && *content.size != blob.size) {
    throw InputError(cat(what, " has another size: expected ", *content.size, " bytes, found ", blob.size));
  }
}

/// What lies in `blob`, as a blob that names it as its archive.
LockedBlob member_of(LockedBlob blob, const std::string& member, const std::string& what, SourceContext& context) {
  blob.archive = LockedArchive{blob.digest, blob.size, member};
  const auto [digest, size] = store_archive_member(context.cache.blob_path(blob.digest), member, what, context.cache);
  blob.digest = digest;
  blob.size = size;
  return blob;
}

Resolved<LockedBlob> resolve_whole(const ProfileFileContent& content, const std::string& what, SourceContext& context) {
  if (!content.url.empty()) return resolve_url(content, what, context);
  return content.path.empty() ? resolve_text(content, context) : resolve_path(content, what, context);
}

}  // namespace

Resolved<LockedBlob> resolve_content(const ProfileFileContent& content, const std::string& what, SourceContext& context) {
  Resolved<LockedBlob> blob = resolve_whole(content, what, context);
  if (!content.member.empty()) blob.value = member_of(std::move(blob.value), content.member, what, context);
  return blob;
}

Resolved<LockedBlob> resolve_path(const ProfileFileContent& content, const std::string& what, SourceContext& context) {
  const std::string& relative = content.resolved_path.empty() ? content.path : content.resolved_path;
  const std::string path = relative.starts_with('/') ? relative : path_join(context.folder, relative);
  const std::optional<FileStatus> status = file_status_followed(path);
  if (!status) throw InputError(cat("cannot read '", path, "' for ", what, ": No such file or directory"));
  if (status->type != FileStatus::Type::file) throw InputError(cat("cannot read '", path, "' for ", what, ": it is not a file"));
  FileSource source(path);
  LockedBlob blob = store_bytes(source, context);
  check_content(content, blob, what);
  blob.path = relative;
  return {std::move(blob), status->mtime};
}

Resolved<LockedBlob> resolve_text(const ProfileFileContent& content, SourceContext& context) {
  MemorySource source(as_bytes(content.text));
  LockedBlob blob = store_bytes(source, context);
  blob.url = data_url(content.text);
  return {std::move(blob), 0};
}

std::string data_url(std::string_view bytes) { return cat(k_data_lead, base64_encode(as_bytes(bytes))); }

std::optional<std::string> read_data_url(std::string_view url) {
  if (!url.starts_with(k_data_lead)) return std::nullopt;
  const std::optional<std::vector<std::uint8_t>> bytes = base64_decode(url.substr(k_data_lead.size()));
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

Resolved<LockedFile> resolve_file(const ProfileFile& file, SourceContext& context) {
  const std::string what = cat("file '", file.name, "'");
  Resolved<LockedBlob> blob = resolve_content(file.content, what, context);
  PlacedFile placed{file.name, cat("files/", file.name), file.destination, file.mode, file.owner, file.group};
  return {{std::move(placed), std::move(blob.value)}, blob.newest};
}

}  // namespace rootcellar
