#include "installer/commands/existing_site.h"

#include <algorithm>
#include <set>

#include "bundle/base/text.h"
#include "installer/host/tools.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_limit = 60;              // seconds
constexpr const char* k_no_home = "/proc/no-home";  // nobody can make a folder there: plan leaves no cache behind

const FileEntry* bundled_kubectl(const Bundle& bundle) {
  const std::vector<PlacedFile>& files = bundle.index().appliance.files;
  const auto placed = std::find_if(files.begin(), files.end(), [](const PlacedFile& file) { return file.destination == tools::k_kubectl; });
  return placed == files.end() ? nullptr : bundle.find_file(placed->path);
}

RunKubectl runner(Bundle& bundle, HostSystem& host) {
  const FileEntry* program = bundled_kubectl(bundle);
  if (program == nullptr) return {};
  const std::string path(tools::k_kubectl);
  const bool installed = host.digest(path) == program->digest;
  return [&bundle, &host, program, path, installed](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), path);
    ToolCall call{.argv = std::move(arguments), .environment = {cat("HOME=", k_no_home)}, .time_limit = k_limit, .ends_with_us = true};
    call.output_limit = std::size_t{64} << 20;
    if (installed) return host.run(call);
    return host.run_from_memory(call, [&](Sink& sink) { bundle.read_blob(program->digest, sink); });
  };
}

std::vector<std::string> spaces_of(const ClusterSection& cluster) {
  std::set<std::string> spaces;
  for (const Deployment& deployment : cluster.deploy) spaces.insert(deployment.space.empty() ? "default" : deployment.space);
  return {spaces.begin(), spaces.end()};
}

}  // namespace

ExistingFacts ask_existing(Bundle& bundle, const Answers& answers, const Facts& facts, HostSystem& host) {
  if (answers.existing == ExistingAnswers()) return {};
  const Appliance& appliance = bundle.index().appliance;
  ExistingAnswers asked = answers.existing;
  if (!appliance.registry.enabled) asked.registry.reset();
  if (!appliance.cluster.enabled) asked.cluster.reset();
  return read_existing_facts(host, asked,
                             {facts.node.hosts, spaces_of(appliance.cluster), bundle.header().architecture, runner(bundle, host)});
}

}  // namespace rootcellar
