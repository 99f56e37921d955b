#include "builder/lock/cluster_programs.h"

#include <algorithm>
#include <cerrno>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_time_limit = 300;
constexpr std::size_t k_output_limit = (std::size_t{64} << 20) + 1;  // one more than is read as YAML: what was cut off is refused there
constexpr std::string_view k_nowhere = "http://127.0.0.1:1";         // whoever would fetch something fails at once, and says so

/// What it says last, as a rule the reason.
std::string complaint(const ProcessResult& result) {
  const std::string_view text = trim(result.error_output);
  if (text.empty()) return cat("ends with code ", result.exit_code, " and says nothing");
  return cat("says: ", printable(text.substr(text.rfind('\n') + 1), 400));
}

}  // namespace

ClusterPrograms::ClusterPrograms(const Lock& lock, SourceContext& context) : lock_(lock), context_(context), home_("rc-cluster") {}

std::string ClusterPrograms::program(const std::string& name) {
  const auto is_it = [&](const LockedFile& file) { return path_name(file.placed.destination) == name; };
  const auto file = std::find_if(lock_.files.begin(), lock_.files.end(), is_it);
  if (file == lock_.files.end()) throw InputError(cat("'", name, "' is not among cluster.binaries"));
  const std::string path = path_join(home_.path(), name);
  if (file_status(path)) return path;
  const std::string content = context_.cache.blob_path(file->blob.digest);
  AtomicFile copy_of(path, 0700);
  FileSource source(content);
  copy(source, copy_of);
  copy_of.commit(false);
  return path;
}

std::string ClusterPrograms::run(const std::string& name, std::vector<std::string> arguments, const std::string& what) {
  ProcessSpec spec;
  spec.argv = {program(name)};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  spec.environment = {cat("HOME=", home_.path()), "PATH=/usr/bin:/bin", cat("HTTP_PROXY=", k_nowhere), cat("HTTPS_PROXY=", k_nowhere),
                      "GIT_ALLOW_PROTOCOL=file"};  // kubectl kustomize runs git, which also knows ways that no proxy sees
  spec.directory = home_.path();
  spec.time_limit_seconds = k_time_limit;
  spec.output_limit = k_output_limit;
  ProcessResult result;
  try {
    result = run_process(spec);
  } catch (const SystemError& error) {
    if (error.errno_value() != ENOEXEC) throw;
    throw InputError(cat("cannot run the pinned '", name, "' for ", what, ": it is not a program of this machine"),
                     cat("lock on a machine of the architecture ", lock_.architecture));
  }
  if (result.timed_out) throw InputError(cat(what, ": '", name, "' did not end within ", k_time_limit, " s"));
  if (result.exit_code != 0) throw InputError(cat(what, ": '", name, "' ", complaint(result)));
  return std::move(result.output);
}

std::vector<std::string> ClusterPrograms::kubeadm_images(const std::string& version) {
  std::vector<std::string> images;
  const std::string output =
      run("kubeadm", {"config", "images", "list", "--kubernetes-version", cat("v", version)}, "the control plane's images");
  for (const std::string_view line : split(output, '\n')) {
    const std::string_view name = trim(line);
    if (!name.empty()) images.emplace_back(printable(name, 400));
  }
  return images;
}

std::string ClusterPrograms::render_chart(const std::string& archive, const Deployment& deployment, const std::string& values,
                                          const std::string& version, const std::string& what) {
  const std::string values_file = path_join(home_.path(), "values.yaml");
  write_file_atomically(values_file, values);
  const std::string space = deployment.space.empty() ? "default" : deployment.space;
  return run("helm",
             {"template", deployment.name, archive, "--namespace", space, "--values", values_file, "--include-crds", "--kube-version",
              cat("v", version)},
             what);
}

std::string ClusterPrograms::render_folder(const std::string& folder, const std::string& what) {
  return run("kubectl", {"kustomize", folder}, what);
}

}  // namespace rootcellar
