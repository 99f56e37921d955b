#include "tests/unit/run/lan_machine.h"

#include "bundle/base/text.h"

namespace rootcellar::test {
namespace {

std::vector<Step> plan_of(const std::vector<std::string>& names) {
  MakeAuthority authority{k_site_set, "Lab (lab.internal)", {"lab.internal", "localhost"}, {"192.0.2.0/24"}, 1700000000};
  return {{"site-authority", "make the authority", "", authority},
          {"site-certificate", "make the certificate", "", IssueCertificate{k_site_set, names, {"192.0.2.10"}}},
          {"page", "make directory", "", MakeDirectory{"/srv/page"}},
          {"drawing", "draw", "", DrawCode{"/srv/page/code.svg", cat("what ", names.back(), " is")}}};
}

}  // namespace

Bundle lan_bundle(const std::string& directory) {
  BundleMaker maker;
  maker.add_file("files/notes", "notes");
  return maker.build(directory);
}

std::vector<Step> lan_plan() { return plan_of({"lab.internal", "*.lab.internal"}); }
std::vector<Step> next_lan_plan(const Bundle&) { return plan_of({"lab.internal", "*.lab.internal", "localhost"}); }

void set_up_lan_machine(MemoryHost& host) {
  host.add_directories("/srv");
  host.add_directories("/run");
  host.add_directories("/var/lib/rootcellar");
  host.add_file("/usr/bin/qrencode", "program", 0755);
  host.set_tool("/usr/bin/qrencode", [](MemoryHost&, const ToolCall& call) {
    return ToolResult{.exit_code = 0, .timed_out = false, .output = cat("<svg>", call.input, "</svg>\n"), .error_output = {}};
  });
}

}  // namespace rootcellar::test
