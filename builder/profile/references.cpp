// What one section of a profile says about another.
#include <algorithm>
#include <map>
#include <set>

#include "builder/profile/reader.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::string full_name(std::string_view text) {
  const auto name = parse_image_name(text);
  return name ? name->text() : std::string();
}

class ReferenceChecker {
 public:
  ReferenceChecker(const YamlNode& root, const Profile& profile, YamlFaults& faults) : root_(root), profile_(profile), faults_(faults) {
    for (const ProfileImage& image : profile.images) images_.push_back(full_name(image.name));
    for (const std::string& package : profile.packages.install) packages_.push_back(package.substr(0, package.find('=')));
  }

  void check() {
    refuse_twin_images();
    refuse_twin_files();
    check_program();
    check_trust();
    check_own_names();
    check_nfs_image();
    check_preload();
    check_checks();
  }

 private:
  const YamlNode* find(std::string_view section, std::string_view key) const {
    const YamlNode* node = root_.find(section);
    return node == nullptr ? nullptr : node->find(key);
  }

  const std::vector<YamlNode>& items(std::string_view section) const {
    static const std::vector<YamlNode> k_none;
    const YamlNode* node = root_.find(section);
    return node == nullptr ? k_none : node->items;
  }

  /// The same image under two spellings; the same spelling twice was refused when files were put together.
  void refuse_twin_images() {
    for (std::size_t i = 0; i < images_.size(); ++i) {
      const auto first = std::find(images_.begin(), images_.begin() + static_cast<std::ptrdiff_t>(i), images_[i]);
      const auto at = static_cast<std::size_t>(first - images_.begin());
      if (at == i || images_[i].empty() || profile_.images[at].name == profile_.images[i].name) continue;
      faults_.add(items("images")[i], cat("'", profile_.images[i].name, "' is the same image as '", profile_.images[at].name, "'"),
                  cat("both are ", images_[i]));
    }
  }

  /// Of each file: an item of files, or the binary of the cluster that it belongs to.
  std::vector<const YamlNode*> file_nodes() const {
    std::vector<const YamlNode*> nodes;
    for (const YamlNode& item : items("files")) nodes.push_back(&item);
    const YamlNode* binaries = find("cluster", "binaries");
    if (binaries == nullptr) return nodes;
    for (const YamlNode& item : binaries->items) {
      const YamlNode* members = item.find("members");
      nodes.insert(nodes.end(), members == nullptr || members->items.empty() ? 1 : members->items.size(), &item);
    }
    return nodes;
  }

  void refuse_twin_files() {
    std::map<std::string, std::string> taken;
    std::set<std::string> names;
    const std::vector<const YamlNode*> nodes = file_nodes();
    for (std::size_t i = 0; i < profile_.files.size(); ++i) {
      const ProfileFile& file = profile_.files[i];
      // Twins in one list were refused when files were put together.
      const bool is_twin = !names.insert(file.name).second && i >= items("files").size();
      if (is_twin) faults_.add(*nodes[i], cat("duplicate name '", file.name, "': files and cluster.binaries share their names"));
      const auto [first, is_new] = taken.emplace(file.destination, file.name);
      if (!is_new && !file.destination.empty() && first->second != file.name)
        faults_.add(*nodes[i], cat("destination '", file.destination, "' is also that of file '", first->second, "'"));
    }
  }

  void check_program() {
    const YamlNode* node = find("registry", "program");
    const std::string& program = profile_.registry.program;
    if (profile_.registry.enabled && profile_.registry.existing) expect_skopeo();
    if (node == nullptr || !profile_.registry.enabled) return;
    if (program.starts_with("package:")) expect_package(*node, program.substr(8));
    if (program.starts_with("image:")) expect_image(*node, program.substr(6));
  }

  void check_trust() {
    const YamlNode* tls = find("registry", "tls");
    if (tls != nullptr && profile_.registry.tls && !profile_.registry.existing) {
      if (!profile_.lan.enabled)
        faults_.add(*tls, "a registry with TLS is believed by the site's authority, which only an appliance with a network of people makes",
                    "add the section 'lan', or take 'tls' away");
      else if (profile_.lan.certificate != "made")
        faults_.add(*tls, "a registry with TLS needs a certificate for this machine's addresses, which the site's own has not: lan.certificate must be 'made'");
    }
  }

  bool has_image_of(const std::string& host) const {
    return std::any_of(images_.begin(), images_.end(), [&](const std::string& image) { return image.starts_with(cat(host, "/")); });
  }

  void check_own_names() {
    const YamlNode* node = find("registry", "own_names");
    const std::vector<std::string>& names = profile_.registry.own_names;
    if (node == nullptr || names.empty() || !profile_.registry.enabled || profile_.registry.existing) return;
    if (profile_.runtime.kind != "docker")
      faults_.add(*node, "own names of registries are for docker: containerd gets images of every name from the registry as it is");
    if (!has_package("iproute2"))
      faults_.add(*node, "package 'iproute2' is not among packages.install", "its program ip gives these names addresses of their own");
    for (std::size_t i = 0; i < names.size() && i < node->items.size(); ++i) {
      const bool twice = std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) != names.begin() + static_cast<std::ptrdiff_t>(i);
      if (twice) faults_.add(node->items[i], cat("'", names[i], "' is there twice"));
      else if (names[i] == "docker.io") faults_.add(node->items[i], "docker gets images of docker.io from the registry as it is");
      else if (!has_image_of(names[i])) faults_.add(node->items[i], cat("no image of '", names[i], "' is among images"));
    }
  }

  void check_nfs_image() {
    constexpr std::string_view k_lead = "image:";
    const YamlNode* node = find("nfs", "server");
    if (node == nullptr || !profile_.nfs.enabled || !profile_.nfs.server.starts_with(k_lead)) return;
    expect_image(*node, profile_.nfs.server.substr(k_lead.size()));
    if (!profile_.registry.enabled) faults_.add(*node, "NFS from an image needs a registry to pull it from", "add the section 'registry'");
    const ClusterSection& cluster = profile_.cluster.described;
    const bool has_cluster = cluster.enabled && !cluster.existing;
    if (profile_.runtime.kind != "docker" && (profile_.runtime.kind != "containerd" || !has_cluster))
      faults_.add(*node, cat("NFS from an image needs a runtime on the machine, but runtime.kind is ", profile_.runtime.kind),
                  "docker, or the containerd of a cluster that is made here");
    if (!has_package("nfs-common"))
      faults_.add(*node, "package 'nfs-common' is not among packages.install", "the install mounts each folder by it, as a proof");
  }

  bool has_package(std::string_view name) const { return std::find(packages_.begin(), packages_.end(), name) != packages_.end(); }

  void expect_skopeo() {
    if (has_package("skopeo")) return;
    faults_.add(*find("registry", "existing"), "package 'skopeo' is not among packages.install", "images are put into the site's registry by it");
  }

  void expect_package(const YamlNode& node, const std::string& name) {
    if (std::find(packages_.begin(), packages_.end(), name) != packages_.end()) return;
    const auto near = did_you_mean(name, packages_);
    faults_.add(node, cat("package '", name, "' is not among packages.install"), near ? cat("did you mean '", *near, "'?") : std::string());
  }

  void expect_image(const YamlNode& node, const std::string& text) {
    const std::string name = full_name(text);
    if (name.empty() || std::find(images_.begin(), images_.end(), name) != images_.end()) return;
    std::vector<std::string> written;
    for (const ProfileImage& image : profile_.images) written.push_back(image.name);
    const auto near = did_you_mean(text, written);
    faults_.add(node, cat("image '", text, "' is not among images"), near ? cat("did you mean '", *near, "'?") : std::string());
  }

  void check_preload() {
    const YamlNode* list = find("runtime", "preload");
    if (list == nullptr || list->items.empty()) return;
    expect_docker(*list, "key 'preload'");
    for (const YamlNode& item : list->items) expect_image(item, item.scalar);
  }

  void check_checks() {
    for (std::size_t i = 0; i < profile_.checks.size(); ++i) {
      const Check& check = profile_.checks[i];
      if (check.kind != "pull" && check.kind != "container") continue;
      const YamlNode& node = items("checks")[i];
      expect_docker(node, cat("check '", check.name, "'"));
      expect_image(node, check.target);
      if (check.kind == "pull") expect_mirrored(node, check);
    }
  }

  /// Docker's registry-mirrors stand in for docker.io alone; another upstream's name is found only as a name of what docker has already.
  void expect_mirrored(const YamlNode& node, const Check& check) {
    const std::string name = full_name(check.target);
    const std::string host = name.substr(0, name.find('/'));
    const std::vector<std::string>& own = profile_.registry.own_names;
    if (name.empty() || host == "docker.io" || std::find(own.begin(), own.end(), host) != own.end()) return;
    faults_.add(node,
                cat("check '", check.name, "': docker can pull images of docker.io only without a network, found '", check.target, "'"),
                "name its registry in registry.own_names, or the image in runtime.preload and run it by a check of kind 'container'");
  }

  void expect_docker(const YamlNode& node, const std::string& who) {
    if (profile_.runtime.kind != "docker") faults_.add(node, cat(who, ": needs runtime.kind: docker"));
    if (!profile_.registry.enabled) faults_.add(node, cat(who, ": needs a registry to pull from"), "add the section 'registry'");
  }

  const YamlNode& root_;
  const Profile& profile_;
  YamlFaults& faults_;
  std::vector<std::string> images_;  // in full, in the profile's order; empty where the name is bad
  std::vector<std::string> packages_;
};

}  // namespace

void check_references(const YamlNode& root, const Profile& profile, YamlFaults& faults) { ReferenceChecker(root, profile, faults).check(); }

}  // namespace rootcellar
