#include "installer/run/deployed_record.h"

#include "bundle/base/error.h"
#include "installer/run/own_file.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{64} << 20;

// One path component, whatever the name is.
std::string as_file_name(std::string_view kind, const std::string& space, const std::string& name) {
  std::string file = cat(kind, ".", space.empty() ? "default" : space, ".", name);
  for (char& c : file) c = c == '/' ? '_' : c;
  return file;
}

}  // namespace

void write_private_file(const std::string& path, std::string_view content, const ActionScope& scope) {
  HostSystem& host = scope.host();
  host.make_directories(path_parent(path), 0700);
  remove_leftovers(path, host);
  host.write_file(path, content, 0600);
}

void remove_private_file(const std::string& path, const ActionScope& scope) {
  HostSystem& host = scope.host();
  const std::string folder = path_parent(path);
  remove_leftovers(path, host);
  host.remove(path);
  if (host.exists(folder) && host.list(folder).empty()) host.remove(folder);
  host.sync_filesystem(folder);
}

DeployedRecord::DeployedRecord(const ActionScope& scope, std::string_view kind, const std::string& space, const std::string& name)
    : scope_(scope), path_(path_join(scope.context.paths.deployed(), as_file_name(kind, space, name))) {}

bool DeployedRecord::is_done(const Digest& digest) const {
  const auto text = scope_.host().read_file(path_, k_limit);
  return text && text->starts_with(cat("# ", digest.named(), "\n"));
}

void DeployedRecord::begin(std::string_view kept) const { write("begun", kept); }

void DeployedRecord::finish(const Digest& digest, std::string_view kept) const { write(digest.named(), kept); }

void DeployedRecord::write(std::string_view first_line, std::string_view kept) const {
  write_private_file(path_, cat("# ", first_line, "\n", kept), scope_);
}

std::optional<std::string> DeployedRecord::kept() const {
  const auto text = scope_.host().read_file(path_, k_limit);
  return text ? std::optional(text->substr(std::min(text->find('\n'), text->size() - 1) + 1)) : std::nullopt;
}

void DeployedRecord::remove() const { remove_private_file(path_, scope_); }

}  // namespace rootcellar
