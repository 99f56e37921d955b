#include "installer/run/data_record.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/json.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_record_limit = std::size_t{64} << 20;
constexpr std::string_view k_part_begin = ".rootcellar-", k_part_end = ".part";

std::string record_path(const std::string& state, const std::string& name) { return path_join(data_record_folder(state), name); }

std::vector<std::string> texts(const JsonValue& object, std::string_view name) {
  std::vector<std::string> out;
  const JsonValue* list = object.find(name);
  if (list == nullptr || !list->is_array()) return out;
  for (const JsonValue& item : list->items()) {
    if (item.is_string()) out.push_back(item.as_string());
  }
  return out;
}

std::optional<DataRecord> decode(const JsonValue& json) {
  const auto digest = Digest::from_named(json.text("digest").value_or(""));
  const auto seal = Digest::from_named(json.text("seal").value_or(""));
  const auto path = json.text("path");
  if (!digest || !seal || !path) return std::nullopt;
  return DataRecord{*digest, *path, texts(json, "entries"), texts(json, "former"), *seal, json.truth("placing").value_or(false)};
}

class Sealing {
 public:
  explicit Sealing(HostSystem& host) : host_(host) {}

  void add(const std::string& path, const std::string& name) {
    const auto found = host_.status(path);
    if (!found) return line(cat("absent ", name));
    const std::string owner = cat(found->mode, " ", found->uid, ":", found->gid);
    if (found->type == FileStatus::Type::directory) {
      line(cat("directory ", owner, " ", name));
      for (const std::string& child : host_.list(path)) add(path_join(path, child), cat(name, "/", child));
    } else if (found->type == FileStatus::Type::symlink) {
      line(cat("link ", host_.read_link(path).value_or(""), " ", name));
    } else {
      line(cat("file ", owner, " ", found->size, " ", found->mtime, " ", name));
    }
  }
  Digest finish() { return hash_.finish(); }

 private:
  void line(const std::string& text) { hash_.write(as_bytes(cat(text, std::string_view("\0", 1)))); }

  HostSystem& host_;
  Sha256 hash_;
};

}  // namespace

std::string data_record_folder(const std::string& state) { return path_join(state, "data"); }

std::optional<DataRecord> read_data_record(HostSystem& host, const std::string& state, const std::string& name) {
  const std::string path = record_path(state, name);
  const auto text = host.read_file(path, k_record_limit);
  if (!text) return std::nullopt;
  try {
    return decode(parse_json(*text, path, {.bytes = k_record_limit, .depth = 4}));
  } catch (const InputError&) {
    return std::nullopt;
  }
}

void write_data_record(HostSystem& host, const std::string& state, const std::string& name, const DataRecord& record) {
  JsonValue json = JsonValue::object({{"digest", JsonValue::string(record.digest.named())},
                                      {"path", JsonValue::string(record.path)},
                                      {"entries", JsonValue::string_array(record.entries)},
                                      {"former", JsonValue::string_array(record.former)},
                                      {"seal", JsonValue::string(record.seal.named())},
                                      {"placing", JsonValue::boolean(record.placing)}});
  host.make_directories(data_record_folder(state), 0700);
  host.write_file(record_path(state, name), json.dump(), 0600);
}

void remove_data_record(HostSystem& host, const std::string& state, const std::string& name) {
  host.remove(record_path(state, name));
  remove_empty_record_folder(host, state);
}

void remove_empty_record_folder(HostSystem& host, const std::string& state) {
  const std::string folder = data_record_folder(state);
  if (host.exists(folder) && host.list(folder).empty()) host.remove(folder);
  host.sync_filesystem(state);
}

std::string data_part(const std::string& path, const std::string& name) { return path_join(path, cat(k_part_begin, name, k_part_end)); }

Digest seal_of(HostSystem& host, const std::string& folder, const std::vector<std::string>& entries) {
  Sealing sealing(host);
  for (const std::string& entry : entries) sealing.add(path_join(folder, entry), entry);
  return sealing.finish();
}

bool is_gone(HostSystem& host, const DataRecord& record) {
  return !record.placing && std::none_of(record.entries.begin(), record.entries.end(),
                                         [&](const std::string& name) { return host.exists(path_join(record.path, name)); });
}

bool is_changed(HostSystem& host, const DataRecord& record) {
  return !record.placing && seal_of(host, record.path, record.entries) != record.seal;
}

std::vector<std::string> in_the_way(HostSystem& host, const std::string& path) {
  std::vector<std::string> names = host.list(path);
  std::erase_if(names, [](const std::string& name) {
    return name == "lost+found" || (name.starts_with(k_part_begin) && name.ends_with(k_part_end));
  });
  return names;
}

}  // namespace rootcellar
