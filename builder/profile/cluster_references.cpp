// What the cluster's section says about itself and about the others: programs, images, secrets and captures that texts name.
#include <algorithm>
#include <map>

#include "builder/profile/reader.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/site_template.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_secret = "secret.", k_capture = "capture.";

std::string hint_near(std::string_view word, const std::vector<std::string>& candidates) {
  const auto near = did_you_mean(word, candidates);
  return near ? cat("did you mean '", *near, "'?") : std::string();
}

bool has(const std::vector<std::string>& list, std::string_view word) { return std::find(list.begin(), list.end(), word) != list.end(); }

class ClusterChecker {
 public:
  ClusterChecker(const YamlNode& root, const Profile& profile, YamlFaults& faults)
      : section_(*root.find("cluster")), profile_(profile), cluster_(profile.cluster.described), faults_(faults) {}

  void check() {
    check_services();
    check_programs();
    check_images();
    check_secrets();
    check_deployments("network", profile_.cluster.network);
    check_deployments("deploy", profile_.cluster.deploy);
    check_exports();
  }

 private:
  const std::vector<YamlNode>& items(std::string_view key) const {
    static const std::vector<YamlNode> k_none;
    const YamlNode* node = section_.find(key);
    return node == nullptr ? k_none : node->items;
  }

  const YamlNode& at(std::string_view key) const {
    const YamlNode* node = section_.find(key);
    return node == nullptr ? section_ : *node;
  }

  void check_services() {
    if (!cluster_.existing && profile_.runtime.kind != cluster_.runtime)
      faults_.add(at("runtime"), cat("the cluster runs on ", cluster_.runtime, ", but runtime.kind is ", profile_.runtime.kind));
    if (cluster_.peer_mirror != 0 && cluster_.runtime != "containerd")
      faults_.add(at("peer_mirror"), cat("only containerd asks other nodes for images first, and the cluster runs on ", cluster_.runtime));
    if (!profile_.registry.enabled) faults_.add(section_, "a cluster needs a registry to pull from", "add the section 'registry'");
  }

  void check_programs() {
    std::vector<std::string> wanted{"kubeadm", "kubelet", "kubectl"};
    if (cluster_.existing) wanted = {"kubectl"};
    const auto is_chart = [](const ProfileDeployment& deployment) { return deployment.chart.has_value(); };
    const auto& cluster = profile_.cluster;
    if (std::any_of(cluster.network.begin(), cluster.network.end(), is_chart) ||
        std::any_of(cluster.deploy.begin(), cluster.deploy.end(), is_chart))
      wanted.emplace_back("helm");
    for (const std::string& program : wanted) {
      const auto is_it = [&](const ProfileFile& file) { return path_name(file.destination) == program; };
      if (std::any_of(profile_.files.begin(), profile_.files.end(), is_it)) continue;
      faults_.add(section_, cat("'", program, "' is not among cluster.binaries"),
                  program == "helm"      ? "charts are rendered and installed by it"
                  : cluster_.existing ? "everything is put into the site's cluster by it"
                                      : "a cluster is made with it");
    }
  }

  void expect_image(const YamlNode& node, const std::string& text) {
    const auto name = parse_image_name(text);
    if (!name) return;
    std::vector<std::string> written;
    for (const ProfileImage& image : profile_.images) {
      const auto declared = parse_image_name(image.name);
      if (declared && declared->text() == name->text()) return;
      written.push_back(image.name);
    }
    faults_.add(node, cat("image '", text, "' is not among images"), hint_near(text, written));
  }

  void check_images() {
    for (const YamlNode& item : items("images")) expect_image(item, item.scalar);
    if (!cluster_.sandbox_image.empty() && !has(cluster_.images, cluster_.sandbox_image))
      expect_image(at("sandbox_image"), cluster_.sandbox_image);
  }

  /// A secret made from another one is made after it.
  void check_secrets() {
    for (std::size_t i = 0; i < cluster_.secrets.size(); ++i) {
      const GeneratedSecret& secret = cluster_.secrets[i];
      if (!secret.secret.empty() && !has(secrets_, secret.secret))
        faults_.add(items("secrets")[i], cat("secret '", secret.name, "': no secret '", secret.secret, "' comes before it"),
                    hint_near(secret.secret, secrets_));
      for (const std::string& text : {secret.claims, secret.server}) check_places(items("secrets")[i], text);
      secrets_.push_back(secret.name);
    }
  }

  void check_deployments(std::string_view key, const std::vector<ProfileDeployment>& deployments) {
    for (std::size_t i = 0; i < deployments.size(); ++i) check_deployment(items(key)[i], deployments[i].described);
  }

  void check_deployment(const YamlNode& node, const Deployment& deployment) {
    if (has(deployments_, deployment.name)) faults_.add(node, cat("deployment '", deployment.name, "' is also among cluster.network"));
    deployments_.push_back(deployment.name);
    check_places(node, deployment.text);
    check_places(node, deployment.input);
    check_job(node, deployment);
    // What a deployment captures is there when its waits are over.
    for (const ClusterWait& wait : deployment.waits) check_places(node, wait.target);
    for (const ClusterCapture& capture : deployment.captures) {
      if (has(captures_, capture.name)) faults_.add(node, cat("capture '", capture.name, "' is taken twice"));
      captures_.push_back(capture.name);
    }
  }

  void check_job(const YamlNode& node, const Deployment& job) {
    if (job.kind != "job") return;
    expect_image(node, job.image);
    for (const JobVariable& variable : job.environment) check_places(node, variable.value);
  }

  /// Of two in one file only the last would be there.
  void check_exports() {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < cluster_.exports.size(); ++i) {
      const ClusterExport& described = cluster_.exports[i];
      const YamlNode& node = items("exports")[i];
      if (has(paths, described.path)) faults_.add(node, cat("'", described.path, "' is also another export's destination"));
      paths.push_back(described.path);
      if (described.host.find("${secret.") != std::string::npos || described.host.find("${capture.") != std::string::npos)
        faults_.add(node, "key 'host': what it is must be known before anything is installed", "give it by ${answers.NAME}");
    }
  }

  /// ${secret.NAME} and ${capture.NAME}: made or taken before they are used. What site. and answers. have, the installer says.
  void check_places(const YamlNode& node, const std::string& text) {
    std::vector<TemplateReference> references;
    try {
      references = template_references(text, "text");
    } catch (const InputError&) {
      return;  // told where the text was read
    }
    for (const TemplateReference& reference : references) {
      const std::string& name = reference.name;
      if (name.starts_with(k_secret)) expect_known(node, name, name.substr(k_secret.size()), secrets_, "cluster.secrets has no such name");
      if (name.starts_with(k_capture))
        expect_known(node, name, name.substr(k_capture.size()), captures_, "no deployment before it captures that");
    }
  }

  void expect_known(const YamlNode& node, const std::string& whole, const std::string& name, const std::vector<std::string>& known,
                    std::string_view reason) {
    if (!has(known, name)) faults_.add(node, cat("'${", whole, "}': ", reason), hint_near(name, known));
  }

  const YamlNode& section_;
  const Profile& profile_;
  const ClusterSection& cluster_;
  YamlFaults& faults_;
  std::vector<std::string> secrets_, captures_, deployments_;
};

}  // namespace

void check_cluster(const YamlNode& root, const Profile& profile, YamlFaults& faults) {
  const YamlNode* section = root.find("cluster");
  if (section == nullptr || section->kind != YamlNode::Kind::map || !profile.cluster.described.enabled) return;
  ClusterChecker(root, profile, faults).check();
}

}  // namespace rootcellar
