#include "tests/unit/run/storage_machine.h"

#include "bundle/base/text.h"
#include "bundle/tree_tar.h"
#include "installer/host/tools.h"

namespace rootcellar::test {
namespace {

using Kind = TreeEntry::Kind;

std::string tree(const std::vector<std::pair<TreeEntry, std::string>>& entries) {
  std::string tar;
  for (const auto& [entry, content] : entries) tar += cat(tree_header(entry), content, tree_padding(content.size()));
  return tar + tree_end();
}

std::string file_text(const std::string& near, const std::string& extra) {
  std::vector<std::pair<TreeEntry, std::string>> entries{{{Kind::directory, "sky", 0750, 0, {}}, ""},
                                                         {{Kind::file, "sky/near", 0640, near.size(), {}}, near},
                                                         {{Kind::hardlink, "sky/again", 0640, 0, "sky/near"}, ""},
                                                         {{Kind::symlink, "nearest", 0777, 0, "sky/near"}, ""}};
  entries.push_back({{Kind::file, extra, 0644, 5, {}}, "extra"});
  return tree(entries);
}

Bundle bundle_of(const std::string& directory, const std::string& bytes) {
  BundleMaker maker;
  maker.add_file("data/sky.tar", bytes);
  return maker.build(directory);
}

const std::string& first_text() {
  static const std::string k_text = file_text("M31 0.68\n", "readme");
  return k_text;
}
const std::string& next_text() {
  static const std::string k_text = file_text("M31 0.78 and M33\n", "changes");
  return k_text;
}

std::vector<Step> plan_of(const std::string& bytes, const std::string& options) {
  const std::string folder = "/srv/media";
  return {{"folder", "make directory", "", MakeDirectory{folder, 0755, {"1000", "1000"}, true}},
          {"data-sky", "unpack", "", UnpackData{"sky", "data/sky.tar", sha256(as_bytes(bytes)), folder, {"1000", "1000"}}},
          {"exports-directory", "make directory", "", MakeDirectory{"/etc/exports.d"}},
          {"exports", "export", "",
           ExportFolders{"/etc/exports.d/rootcellar.exports", cat("# ours\n", folder, " 192.0.2.0/24(", options, ")\n")}},
          {"mount", "mount", "", TryMount{"192.0.2.10", folder, {"vers=4"}}}};
}

/// What the kernel gives away stands in a file of its own: it changes by -ra alone.
ToolResult exportfs(MemoryHost& host, const ToolCall& call) {
  const std::string table = host.read_file("/etc/exports.d/rootcellar.exports", 10000).value_or("");
  if (call.argv.at(1) == "-ra") {
    host.write_file("/fake/exports", table);
    return {};
  }
  std::string said;
  const std::string in_force = host.read_file("/fake/exports", 10000).value_or("");
  for (const std::string_view line : split(in_force, '\n')) {
    if (!line.starts_with('/')) continue;
    const std::size_t bracket = line.find('(');
    said += cat(line.substr(0, line.find(' ')), "  ", line.substr(line.find(' ') + 1, bracket - line.find(' ') - 1), "(sync,wdelay)\n");
  }
  return {.exit_code = 0, .timed_out = false, .output = said, .error_output = {}};
}

ToolResult mount(MemoryHost& host, const ToolCall& call) {
  const std::string path = call.argv.at(5).substr(call.argv.at(5).find(':') + 1);
  const bool is_exported = host.read_file("/fake/exports", 10000).value_or("").find(cat(path, " ")) != std::string::npos;
  return {.exit_code = is_exported ? 0 : 32, .timed_out = false, .output = {},
          .error_output = is_exported ? "" : "mount.nfs: access denied by server\n"};
}

}  // namespace

Bundle storage_bundle(const std::string& directory) { return bundle_of(directory, first_text()); }
Bundle next_storage_bundle(const std::string& directory) { return bundle_of(directory, next_text()); }
std::vector<Step> storage_plan() { return plan_of(first_text(), "rw,sync"); }
std::vector<Step> next_storage_plan(const Bundle&) { return plan_of(next_text(), "ro,sync"); }

void set_up_storage_machine(MemoryHost& host) {
  host.add_directories("/fake");
  host.add_file("/fake/exports", "");
  host.add_directories("/run");
  host.add_directories("/var/lib/rootcellar");
  host.add_file(std::string(tools::k_exportfs), "program", 0755);
  host.set_tool(std::string(tools::k_exportfs), exportfs);
  host.set_tool(std::string(tools::k_mount), mount);
  host.set_tool(std::string(tools::k_umount), [](MemoryHost&, const ToolCall&) { return ToolResult{}; });
}

}  // namespace rootcellar::test
