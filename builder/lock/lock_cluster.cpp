#include "builder/lock/lock_cluster.h"

#include <algorithm>
#include <filesystem>

#include "builder/lock/cluster_images.h"
#include "builder/lock/cluster_programs.h"
#include "builder/source/chart.h"
#include "builder/source/file_sources.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/site_template.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_manifest_file_limit = std::size_t{32} << 20;

/// What a place to be filled in may hold, while only names of images are looked for: a number is taken where a text is wanted, too.
constexpr const char* k_some_value = "1";

std::string filled_with_something(const std::string& text, const std::string& what) {
  return render_template(
      text, [](std::string_view) { return std::optional<std::string>(k_some_value); }, what);
}

/// The installer asks for files by the appliance's description, before it opens what is in the bundle.
void refuse_answered_files(const std::string& text, const std::string& what) {
  for (const TemplateReference& reference : template_references(text, what)) {
    if (value_name(reference) != reference.name)
      throw InputError(cat(what, ":", reference.line, ":", reference.column, ": filter 'file' stands only in a profile's own texts"),
                       "write this document into the deployment's manifest.text");
  }
}

/// The name of a manifest's file in the bundle: its number keeps the order and makes it unique.
std::string manifest_path(const std::string& deployment, std::size_t number, const ProfileFileContent& content) {
  const std::string& from = content.url.empty() ? content.path : content.url;
  std::string name = content.member.empty() ? path_name(from.substr(0, from.find_first_of("?#"))) : path_name(content.member);
  for (char& letter : name) {
    const bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
                          letter == '.' || letter == '-' || letter == '_';
    if (!is_plain) letter = '-';
  }
  return cat("cluster/", deployment, "/", number, "-", name.empty() ? "manifest.yaml" : name);
}

/// For people, as the profile names it.
std::string manifest_title(const std::string& deployment, std::size_t number, const ProfileFileContent& content) {
  const std::string& from = content.url.empty() ? content.path : content.url;
  const std::string of = cat(" of deployment '", deployment, "'");
  if (from.empty()) return cat("manifest ", number, of);
  return content.member.empty() ? cat("manifest '", from, "'", of) : cat("manifest '", content.member, "' in '", from, "'", of);
}

class ClusterLocker {
 public:
  ClusterLocker(const Profile& profile, Lock& lock, SourceContext& context)
      : profile_(profile), lock_(lock), context_(context), programs_(lock, context), images_(profile) {}

  void run() {
    lock_.cluster = profile_.cluster.described;
    lock_.cluster.network = deployments(profile_.cluster.network);
    lock_.cluster.deploy = deployments(profile_.cluster.deploy);
    if (!lock_.cluster.existing) images_.compare_with_kubeadm(programs_.kubeadm_images(lock_.cluster.version));
    images_.throw_if_any();
    for (const std::string& warning : images_.unused()) context_.progress.warn(warning);
  }

 private:
  std::vector<Deployment> deployments(const std::vector<ProfileDeployment>& described) {
    std::vector<Deployment> locked;
    for (const ProfileDeployment& deployment : described)
      locked.push_back(with_note(cat("locking the deployment '", deployment.described.name, "'"), [&] { return lock_one(deployment); }));
    return locked;
  }

  Deployment lock_one(const ProfileDeployment& source) {
    Deployment deployment = source.described;
    const std::string what = cat("deployment '", deployment.name, "'");
    for (std::size_t i = 0; i < source.files.size(); ++i) add_manifest(source, i, deployment);
    if (!source.kustomize.empty()) add_folder(source, deployment);
    if (source.chart) add_chart(source, deployment);
    if ((deployment.kind == "manifest" || deployment.kind == "trial") && !deployment.text.empty())
      images_.take(filled_with_something(deployment.text, what), cat(what, ", its text"), source.place);
    if (deployment.kind == "job")  // as the installer will write it
      images_.take(cat("image: '", deployment.image, "'\nimagePullPolicy: IfNotPresent\n"), what, source.place);
    return deployment;
  }

  void add(const std::string& path, Resolved<LockedBlob> blob, Deployment& deployment) {
    lock_.created = std::max(lock_.created, blob.newest);
    deployment.files.push_back(path);
    lock_.deployed.push_back({path, std::move(blob.value)});
  }

  std::string text_of(const LockedBlob& blob) const { return read_file(context_.cache.blob_path(blob.digest), k_manifest_file_limit); }

  void add_manifest(const ProfileDeployment& source, std::size_t at, Deployment& deployment) {
    const ProfileFileContent& content = source.files[at];
    const std::string path = manifest_path(deployment.name, at + 1, content);
    const std::string what = manifest_title(deployment.name, at + 1, content);
    Resolved<LockedBlob> blob = resolve_content(content, what, context_);
    const std::string text = text_of(blob.value);
    if (deployment.templated) refuse_answered_files(text, what);
    images_.take(deployment.templated ? filled_with_something(text, what) : text, what, source.place);
    add(path, std::move(blob), deployment);
  }

  void add_folder(const ProfileDeployment& source, Deployment& deployment) {
    const std::string what = cat("kustomize folder '", source.kustomize, "' of deployment '", deployment.name, "'");
    ProfileFileContent content;
    content.text = programs_.render_folder(absolute(source.kustomize), what);
    images_.take(content.text, what, source.place);
    add(cat("cluster/", deployment.name, "/1-kustomize.yaml"), resolve_content(content, what, context_), deployment);
  }

  void add_chart(const ProfileDeployment& source, Deployment& deployment) {
    const std::string what = cat("chart of deployment '", deployment.name, "'");
    Resolved<LockedBlob> blob = resolve_chart(*source.chart, what, context_);
    // helm tells a chart's archive by its name.
    const TemporaryDirectory folder("rc-chart");
    const std::string archive = path_join(folder.path(), "chart.tgz");
    write_file_atomically(archive, read_file(context_.cache.blob_path(blob.value.digest), k_chart_limit));
    const std::string values = filled_with_something(deployment.text, what);
    images_.take(programs_.render_chart(archive, deployment, values, lock_.cluster.version, what), cat(what, ", rendered"), source.place);
    add(cat("cluster/", deployment.name, "/chart.tgz"), std::move(blob), deployment);
  }

  static constexpr std::size_t k_chart_limit = std::size_t{256} << 20;

  std::string absolute(const std::string& path) const {
    return std::filesystem::absolute(path.starts_with('/') ? path : path_join(context_.folder, path)).string();
  }

  const Profile& profile_;
  Lock& lock_;
  SourceContext& context_;
  ClusterPrograms programs_;
  ClusterImages images_;
};

}  // namespace

void lock_cluster(const Profile& profile, Lock& lock, SourceContext& context) {
  if (profile.cluster.described.enabled) ClusterLocker(profile, lock, context).run();
}

}  // namespace rootcellar
