// A chart's folder becomes an archive. Written by hand, the gzip with stored blocks: a library's version must not change the bytes.
#include <array>
#include <vector>

#include "builder/source/chart.h"
#include "builder/source/ustar.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/base/yaml.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{64} << 20;
constexpr std::size_t k_stored_block = 65535;  // RFC 1951 section 3.2.4
constexpr std::size_t k_depth = 16;

bool is_left_lying(std::string_view name) {
  return name == ".git" || name == ".svn" || name == ".hg" || name == ".DS_Store" || name.ends_with("~") || name.ends_with(".swp") ||
         name.ends_with(".bak") || name.ends_with(".orig");
}

std::string chart_name(const std::string& folder) {
  const std::string path = path_join(folder, "Chart.yaml");
  const auto documents = parse_yaml_documents(read_file(path, std::size_t{1} << 20), path, std::size_t{1} << 20);
  const YamlNode* name = documents.empty() ? nullptr : documents[0].find("name");
  if (name == nullptr || name->scalar.empty() || name->scalar.find('/') != std::string::npos || name->scalar.starts_with('.'))
    throw InputError(cat("'", path, "' has no name of a chart"));
  return name->scalar;
}

/// Files below `folder`, sorted, relative to it.
void list_files(const std::string& folder, const std::string& below, std::size_t depth, std::vector<std::string>& files) {
  if (depth > k_depth) throw InputError(cat("'", folder, "' is nested deeper than ", k_depth, " folders"));
  for (const std::string& name : list_directory(path_join(folder, below))) {
    if (is_left_lying(name)) continue;
    const std::string relative = below.empty() ? name : path_join(below, name);
    const auto status = file_status(path_join(folder, relative));
    if (!status) continue;
    if (status->type == FileStatus::Type::directory) {
      list_files(folder, relative, depth + 1, files);
    } else if (status->type == FileStatus::Type::file) {
      files.push_back(relative);
    } else {
      throw InputError(cat("cannot pack '", path_join(folder, relative), "': a chart has files and folders only"));
    }
  }
}

void add_file(std::string& tar, const std::string& name, const std::string& content) {
  const auto header = ustar_header({.name = name, .size = content.size()});
  if (!header) throw InputError(cat("cannot pack '", name, "' of a chart: its path is too long"));
  tar += as_text(*header);
  tar += content;
  tar.resize(tar_padded(tar.size()));
}

/// CRC-32 of RFC 1952 section 8.
std::uint32_t crc32(std::string_view bytes) {
  static const auto k_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      table[i] = i;
      for (int bit = 0; bit < 8; ++bit) table[i] = (table[i] >> 1) ^ ((table[i] & 1) != 0 ? 0xEDB88320U : 0U);
    }
    return table;
  }();
  std::uint32_t sum = 0xFFFFFFFFU;
  for (const char byte : bytes) sum = k_table[(sum ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (sum >> 8);
  return ~sum;
}

void append_little(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
}

/// RFC 1952: no name, no time, an unknown system, and stored blocks.
std::string stored_gzip(std::string_view bytes) {
  std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
  for (std::size_t at = 0; at < bytes.size() || at == 0; at += k_stored_block) {
    const std::string_view block = bytes.substr(at, k_stored_block);
    out += at + k_stored_block >= bytes.size() ? '\x01' : '\x00';
    append_little(out, static_cast<std::uint32_t>(block.size()), 2);
    append_little(out, ~static_cast<std::uint32_t>(block.size()), 2);
    out += block;
  }
  append_little(out, crc32(bytes), 4);
  append_little(out, static_cast<std::uint32_t>(bytes.size()), 4);
  return out;
}

}  // namespace

std::string pack_chart_folder(const std::string& folder) {
  const std::string name = chart_name(folder);
  std::vector<std::string> files;
  list_files(folder, {}, 0, files);
  std::string tar;
  std::size_t total = 0;
  for (const std::string& file : files) {
    const std::string content = read_file(path_join(folder, file), k_limit);
    total += content.size();
    if (total > k_limit) throw InputError(cat("the chart '", folder, "' is larger than ", human_size(k_limit)));
    add_file(tar, path_join(name, file), content);
  }
  tar.resize(tar.size() + 2 * k_tar_block);
  return stored_gzip(tar);
}

}  // namespace rootcellar
