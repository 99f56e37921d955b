#include "builder/source/layer_tar.h"

#include <algorithm>
#include <array>

#include "builder/source/ustar.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_extension_limit = std::uint64_t{1} << 20;  // pax records of one member: names, a few attributes
constexpr std::uint64_t k_status_limit = std::uint64_t{64} << 20;
constexpr const char* k_status = "var/lib/dpkg/status";

/// Folders whose files are the builder's or the tools' traces; the folders themselves stay.
bool is_trace(std::string_view name, char type) {
  static constexpr std::array<std::string_view, 9> exact{"etc/hostname",
                                                         "etc/resolv.conf",
                                                         "etc/machine-id",
                                                         "var/lib/dbus/machine-id",
                                                         "etc/apt/sources.list",
                                                         "etc/apt/apt.conf.d/99mmdebstrap",
                                                         "var/lib/dpkg/lock",
                                                         "var/lib/dpkg/lock-frontend",
                                                         "var/cache/ldconfig/aux-cache"};
  static constexpr std::array<std::string_view, 6> folders{
      "etc/apt/sources.list.d/", "var/cache/apt/", "var/lib/apt/", "var/log/", "tmp/", "var/tmp/"};
  if (std::find(exact.begin(), exact.end(), name) != exact.end()) return true;
  if (name.ends_with("-old") && (name.starts_with("var/lib/dpkg/") || name.starts_with("var/cache/debconf/"))) return true;
  const bool inside = std::any_of(folders.begin(), folders.end(), [&](std::string_view folder) { return name.starts_with(folder); });
  return inside && type != '5';
}

std::string_view field(ByteView header, std::size_t at, std::size_t size) {
  const std::string_view text = as_text(header.subspan(at, size));
  return text.substr(0, text.find('\0'));
}

std::uint64_t number_field(ByteView header, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  if ((header[at] & 0x80) != 0) {  // GNU's base-256 form
    for (std::size_t i = 1; i < size; ++i) value = value << 8 | header[at + i];
    return value;
  }
  for (const char c : trim(field(header, at, size))) {
    if (c < '0' || c > '7') throw InputError("cannot read the image's tar: bad number in a header");
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::string plain_name(std::string_view name) {
  while (name.starts_with("./")) name.remove_prefix(2);
  while (name.ends_with('/')) name.remove_suffix(1);
  return std::string(name == "." ? std::string_view() : name);
}

/// pax records: "LENGTH KEY=VALUE\n" (POSIX.1-2017, pax).
void read_pax(std::string_view records, std::string& name, std::string& link, std::optional<std::uint64_t>& size) {
  while (!records.empty()) {
    const std::size_t space = records.find(' ');
    const auto length = parse_u64(records.substr(0, space));
    if (!length || space == std::string_view::npos || *length <= space + 1 || *length > records.size()) {
      throw InputError("cannot read the image's tar: bad pax record");
    }
    const std::string_view record = records.substr(space + 1, *length - space - 2);
    if (record.starts_with("path=")) name = record.substr(5);
    if (record.starts_with("linkpath=")) link = record.substr(9);
    if (record.starts_with("size=")) size = parse_u64(record.substr(5));
    records.remove_prefix(*length);
  }
}

bool is_below(const std::string& path, const std::string& folder) { return path == folder || path.starts_with(folder + "/"); }

}  // namespace

std::size_t LayerTar::read(std::span<std::uint8_t> into) {
  while (out_at_ == out_.size() && pass_ == 0 && !ended_) fill();
  if (out_at_ < out_.size()) {
    const std::size_t count = std::min(into.size(), out_.size() - out_at_);
    std::copy_n(out_.begin() + static_cast<std::ptrdiff_t>(out_at_), count, into.begin());
    out_at_ += count;
    return count;
  }
  if (pass_ == 0) return 0;
  const std::size_t count = read_full(tar_, into.first(std::min<std::uint64_t>(into.size(), pass_)));
  if (count == 0) throw InputError("cannot read the image's tar: it ends inside a file");
  pass_ -= count;
  return count;
}

void LayerTar::fill() {
  out_.clear();
  out_at_ = 0;
  Member member;
  if (!next_member(member)) {
    finish();
    ended_ = true;
  } else if (wanted(member)) {
    take(member);
  } else {
    dropped_.insert(member.name);
    skip(tar_padded(member.size));
  }
}

/// Reads the headers of one member; false at the end of the archive.
bool LayerTar::next_member(Member& member) {
  for (;;) {
    std::array<std::uint8_t, k_tar_block> header;
    if (read_full(tar_, header) != k_tar_block || header[0] == 0) return false;
    member.head.insert(member.head.end(), header.begin(), header.end());
    const char type = static_cast<char>(header[156]);
    if (type == 'x' || type == 'L' || type == 'K') {
      read_extension(member, type, number_field(header, 124, 12));
      continue;
    }
    const std::string prefix(field(header, 257, 6) == "ustar" ? field(header, 345, 155) : std::string_view());
    if (member.name.empty()) member.name = cat(prefix, prefix.empty() ? "" : "/", field(header, 0, 100));
    if (member.link.empty()) member.link = field(header, 157, 100);
    member.name = plain_name(member.name);
    member.type = type;
    const bool has_content = type == '0' || type == '\0' || type == '7';
    member.size = has_content ? member.long_size.value_or(number_field(header, 124, 12)) : 0;
    return true;
  }
}

/// Names and sizes that do not fit the member's own header.
void LayerTar::read_extension(Member& member, char type, std::uint64_t size) {
  if (size > k_extension_limit) throw InputError("cannot read the image's tar: an extension header is too long");
  const std::size_t from = member.head.size();
  member.head.resize(from + tar_padded(size));
  if (read_full(tar_, std::span(member.head).subspan(from)) != tar_padded(size)) throw InputError("cannot read the image's tar: it is cut");
  const std::string_view records = as_text(ByteView(member.head).subspan(from, size));
  if (type == 'x') read_pax(records, member.name, member.link, member.long_size);
  if (type == 'L') member.name = records.substr(0, records.find('\0'));
  if (type == 'K') member.link = records.substr(0, records.find('\0'));
}

/// "bin -> usr/bin": what is to be added or removed below the link is below its target.
void LayerTar::follow_link(const Member& member) {
  const std::string target =
      plain_name(member.link.starts_with('/') ? member.link.substr(1) : path_join(path_parent(member.name), member.link));
  if (target.empty() || target.find("..") != std::string::npos) return;
  const std::string below = member.name + "/";
  std::map<std::string, LayerFile> files;
  for (auto& [path, file] : changes_.files)
    files[path.starts_with(below) ? cat(target, "/", path.substr(below.size())) : path] = std::move(file);
  changes_.files = std::move(files);
  std::set<std::string> remove;
  for (const std::string& path : changes_.remove)
    remove.insert(path.starts_with(below) ? cat(target, "/", path.substr(below.size())) : path);
  changes_.remove = std::move(remove);
}

bool LayerTar::wanted(const Member& member) {
  for (const std::string& path : changes_.remove) {
    if (!is_below(member.name, path)) continue;
    removed_.insert(path);
    return false;
  }
  if (is_trace(member.name, member.type) || changes_.files.contains(member.name)) return false;
  if (member.type == '1' && dropped_.contains(plain_name(member.link))) {
    throw InputError(cat("cannot remove '/", plain_name(member.link), "' from the image: '/", member.name, "' is a hard link to it"));
  }
  return true;
}

void LayerTar::take(Member& member) {
  seen_.insert(member.name);
  if (member.type == '2') follow_link(member);
  out_ = std::move(member.head);
  if (member.name != k_status) {
    pass_ = tar_padded(member.size);
    return;
  }
  if (member.size > k_status_limit) throw InputError("cannot read the image's package list: it is too long");
  const std::size_t from = out_.size();
  out_.resize(from + tar_padded(member.size));
  if (read_full(tar_, std::span(out_).subspan(from)) != tar_padded(member.size)) throw InputError("cannot read the image's tar: it is cut");
  dpkg_status_ = as_text(ByteView(out_).subspan(from, member.size));
}

void LayerTar::skip(std::uint64_t bytes) {
  std::array<std::uint8_t, 16384> buffer;
  while (bytes > 0) {
    const std::size_t count = read_full(tar_, std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), bytes)));
    if (count == 0) throw InputError("cannot read the image's tar: it ends inside a file");
    bytes -= count;
  }
}

void LayerTar::finish() {
  for (const std::string& path : changes_.remove) {
    if (!removed_.contains(path)) throw InputError(cat("cannot remove '/", path, "' from the image: it is not there"));
  }
  std::array<std::uint8_t, 65536> rest;
  while (tar_.read(rest) > 0) {
  }
  for (const auto& [path, file] : changes_.files) add_file(path, file);
  out_.resize(out_.size() + 2 * k_tar_block);
}

void LayerTar::add_file(const std::string& path, const LayerFile& file) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    if (seen_.insert(path.substr(0, slash)).second) add_head(path.substr(0, slash) + "/", '5', 0755, 0);
  }
  add_head(path, '0', file.mode, file.size);
  if (file.path.empty()) {
    const ByteView text = as_bytes(file.text);
    out_.insert(out_.end(), text.begin(), text.end());
  } else {
    FileSource source(file.path);
    const Bytes content = read_all(source, file.path, file.size);
    if (content.size() != file.size) throw InputError(cat("cannot read '", file.path, "': it changed while it was read"));
    out_.insert(out_.end(), content.begin(), content.end());
  }
  out_.resize(tar_padded(out_.size()));
}

void LayerTar::add_head(const std::string& path, char type, std::uint32_t mode, std::uint64_t size) {
  const std::string name = "./" + path;
  const auto header = ustar_header({name, type, mode, size, static_cast<std::uint64_t>(changes_.time)});
  if (!header) throw InputError(cat("cannot add '/", path, "' to the image: its path is too long"));
  out_.insert(out_.end(), header->begin(), header->end());
}

}  // namespace rootcellar
