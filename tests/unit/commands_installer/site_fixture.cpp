#include "tests/unit/commands_installer/site_fixture.h"

#include "bundle/base/text.h"
#include "installer/commands/install_unit.h"

namespace rootcellar::test {
namespace {

Appliance appliance() {
  Appliance out;
  out.title = "Lab";
  out.target = {"debian", "12", "bookworm"};
  out.files = {{"motd", "files/motd", "/srv/lab/motd", 0644, "root", "root"}};
  out.checks = {{"motd is there", "file", {}, "/srv/lab/motd", "welcome", 5},
                {"page answers", "http", {}, "http://127.0.0.1:80/", "hello", 5}};
  return out;
}

}  // namespace

std::vector<std::string> places_of(const std::vector<std::string>& argv) {
  std::vector<std::string> places;
  for (std::size_t i = 0; i + 1 < argv.size(); ++i) {
    if (argv[i] == "--from") places.push_back(argv[i + 1]);
  }
  return places;
}

Site::Site() {
  host_.add_file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n");
  for (const char* directory : {"/run/systemd/system", "/var/log", "/usr/local/sbin", "/srv"}) host_.add_directories(directory);
  host_.add_file("/proc/self/exe", "the program");
  host_.add_file("/var/lib/dpkg/status", "Package: ca-certificates\nStatus: install ok installed\nArchitecture: all\nVersion: 20230311\n\n");
  host_.set_server([](MemoryHost&, const std::string&) { return HttpReply{200, "hello from the page", {}}; });
  surroundings_.lock = path("lock");
  unit = [this](const std::vector<std::string>& argv) { run_in_unit(surroundings_, places_of(argv)); };
  set_tools();
}

void Site::set_tools() {
  host_.set_tool("/usr/bin/systemctl", [](MemoryHost&, const ToolCall&) { return ToolResult{3, false, "inactive\n", ""}; });
  host_.set_tool("/usr/bin/systemd-run", [this](MemoryHost&, const ToolCall& call) {
    try {
      unit(call.argv);
    } catch (const Error&) {
      // A unit that fails is still a unit that was started.
    }
    return ToolResult{};
  });
}

std::string Site::write_bundle(const SiteBundle& options) {
  const std::string folder = path(options.folder);
  make_directories(folder);
  const Bytes motd(options.motd.begin(), options.motd.end());
  const Bytes extra = noise(3 << 20, options.serial);
  Index tables;
  tables.appliance = appliance();
  tables.appliance.lan = options.lan;
  tables.appliance.files.insert(tables.appliance.files.end(), options.more_files.begin(), options.more_files.end());
  tables.appliance.lan = options.lan;
  tables.files = {{"files/extra", sha256(extra), extra.size()}, {"files/motd", sha256(motd), motd.size()}};
  IndexBoundInput bound{{{motd.size(), BlobMode::asis}, {extra.size(), BlobMode::asis}}, index_table_bytes(tables)};
  Header header = facts();
  header.serial = options.serial;
  header.product = options.product;
  header.variant = options.variant;
  BundleWriter writer(header, {.directory = folder, .volume_size = options.volume_size, .index_bound = bound_index_size(bound)},
                      silent_progress());
  for (const Bytes* bytes : {&motd, &extra}) {
    MemorySource source(*bytes);
    writer.add_blob(sha256(*bytes), bytes->size(), BlobMode::asis, source, "a blob");
  }
  writer.finish(tables, {options.signer != nullptr ? options.signer : &first_key()});
  return folder;
}

std::string Site::write_key(const SecretKey& key, const std::string& name) {
  make_directories(path("keys"));
  const std::string file = path_join(path("keys"), name);
  write_file_atomically(file, key.public_key().file_text());
  return file;
}

std::string Site::kept_bundles() {
  std::string found;
  for (const std::string& name : host_.list("/var/lib/rootcellar")) {
    if (!name.starts_with("bundle-")) continue;
    found += found.empty() ? "bundle-*" : " bundle-*";
    for (const std::string& file : host_.list("/var/lib/rootcellar/" + name)) found += cat(" ", file);
  }
  return found;
}

cli::Captured Site::run(std::vector<std::string> arguments) {
  cli::Captured captured = cli::run_captured(installer_program(surroundings_), arguments);
  captured.out = stable(captured.out);
  captured.err = stable(captured.err);
  return captured;
}

std::string Site::stable(std::string text) const {
  const std::string& folder = directory_.path();
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) text.replace(at, folder.size(), "DIR");
  return text;
}

}  // namespace rootcellar::test
