#include <algorithm>
#include <map>

#include "bundle/base/text.h"
#include "installer/plan/subjects.h"
#include "installer/run/actions/actions.h"
#include "installer/run/history.h"

namespace rootcellar {
namespace {

const Digest* digest_of_file(const Index& index, const std::string& path) {
  const auto found = std::find_if(index.files.begin(), index.files.end(), [&](const FileEntry& file) { return file.path == path; });
  return found == index.files.end() ? nullptr : &found->digest;
}

bool same_file(const Index& a, const Index& b, const std::string& path) {
  const Digest* before = digest_of_file(a, path);
  const Digest* now = digest_of_file(b, path);
  return before != nullptr && now != nullptr && *before == *now;
}

bool same_images(const Index& a, const Index& b) {
  return std::equal(a.images.begin(), a.images.end(), b.images.begin(), b.images.end(), [](const ImageEntry& x, const ImageEntry& y) {
    return x.repository == y.repository && x.tags == y.tags && x.digest == y.digest;
  });
}

bool same_packages(const PackagesSection& a, const PackagesSection& b) {
  const auto same = [](const PackageFile& x, const PackageFile& y) { return x.name == y.name && x.version == y.version; };
  return a.install == b.install && std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(), same);
}

/// Whether a step of this plan means the same as one of the installed bundle's: one overload per kind that says more than its text.
class Comparison {
 public:
  Comparison(const PlanInput& input, const InstalledBundle& installed) : input_(input), before_(*installed.index) {
    for (const Step& step : installed.steps) steps_[step.id] = encode_step(step).find("action")->dump();
  }

  /// In the plan's order: a unit is not the same when a file it watches is not.
  bool is_same(const Step& step) {
    const bool same = std::visit([&](const auto& action) { return compare(action, step); }, step.action);
    if (!same && !written_path(step).empty()) changed_.insert(written_path(step));
    return same;
  }

 private:
  bool same_text(const Step& step) const {
    const auto before = steps_.find(step.id);
    return before != steps_.end() && before->second == encode_step(step).find("action")->dump();
  }
  bool packages_stay() const { return same_packages(before_.appliance.packages, input_.appliance().packages); }

  /// Its roles, and so its packages, may be others than the earlier answers'.
  bool asked_before() const {
    std::vector<std::string> before;
    for (const Step& step : input_.replaced()->steps) {
      if (const auto* action = std::get_if<InstallPackages>(&step.action))
        before.insert(before.end(), action->packages.begin(), action->packages.end());
    }
    const std::vector<std::string> asked = input_.asked_packages();
    return std::all_of(asked.begin(), asked.end(),
                       [&](const std::string& name) { return std::find(before.begin(), before.end(), name) != before.end(); });
  }

  template <typename Other>
  bool compare(const Other&, const Step& step) const {
    return same_text(step);
  }
  bool compare(const PlaceFile& action, const Step& step) const {
    return same_text(step) && same_file(before_, input_.index, action.bundle_path);
  }
  bool compare(const ExtractFromImage&, const Step& step) const { return same_text(step) && same_images(before_, input_.index); }
  bool compare(const FillRegistry&, const Step& step) const { return steps_.contains(step.id) && same_images(before_, input_.index); }
  bool compare(const SpoolPackages&, const Step&) const { return packages_stay() && asked_before(); }
  bool compare(const InstallPackages&, const Step&) const { return packages_stay() && asked_before(); }
  bool compare(const RemoveSpool&, const Step&) const { return packages_stay(); }
  bool compare(const SetUnit& action, const Step& step) const {
    return steps_.contains(step.id) &&
           std::none_of(action.watch.begin(), action.watch.end(), [&](const std::string& path) { return changed_.contains(path); });
  }
  bool compare(const KubeadmInit& action, const Step& step) const { return same_text(step) && !changed_.contains(action.config); }
  bool compare(const WaitHttp&, const Step&) const { return false; }  // proofs are given anew
  bool compare(const ProvePulls&, const Step&) const { return false; }
  bool compare(const PushImages&, const Step& step) const { return same_text(step) && same_images(before_, input_.index); }
  bool compare(const RunCheck&, const Step&) const { return false; }
  bool compare(const WaitInCluster&, const Step&) const { return false; }
  bool compare(const TryMount&, const Step&) const { return false; }
  bool compare(const TryManifest& action, const Step& step) const { return same_text(step) && same_files(action.manifest.files); }
  bool compare(const ApplyManifest& action, const Step& step) const { return same_text(step) && same_files(action.files); }
  bool compare(const HelmRelease& action, const Step& step) const { return same_text(step) && same_files({action.chart}); }
  bool same_files(const std::vector<std::string>& files) const {
    return std::all_of(files.begin(), files.end(), [&](const std::string& file) { return same_file(before_, input_.index, file); });
  }

  const PlanInput& input_;
  const Index& before_;
  std::map<std::string, std::string> steps_;
  std::set<std::string> changed_;
};

void list_gone_steps(const InstalledBundle& installed, const std::set<std::string>& places, Upgrade& upgrade) {
  for (auto step = installed.steps.rbegin(); step != installed.steps.rend(); ++step) {
    if (!leaves_nothing(*step) && !places.contains(place_of(*step))) upgrade.gone.push_back(cat("taken back: ", step->title));
  }
}

void list_gone_images(const Index& before, const Index& now, Upgrade& upgrade) {
  std::set<std::string> names;
  for (const ImageEntry& image : now.images) {
    for (const std::string& tag : image.tags) names.insert(cat(image.repository, ":", tag));
  }
  for (const ImageEntry& image : before.images) {
    for (const std::string& tag : image.tags) {
      const std::string name = cat(image.repository, ":", tag);
      if (!names.contains(name)) upgrade.gone.push_back(cat("taken out of the registry: ", name));
    }
  }
}

void list_left_packages(const PlanInput& input, const InstalledBundle& installed, Upgrade& upgrade) {
  const std::vector<std::string> renewed = input.renewed_packages();
  for (const std::string& name : installed.packages) {
    if (std::find(renewed.begin(), renewed.end(), name) == renewed.end()) upgrade.left.push_back(cat("package '", name, "'"));
  }
}

}  // namespace

const InstalledBundle* PlanInput::replaced() const {
  if (!facts.installed || facts.installed->id == bundle_id(encode_header(header))) return nullptr;
  const bool successor =
      facts.installed->product == header.product && facts.installed->variant == header.variant && facts.installed->serial < header.serial;
  return successor ? &*facts.installed : nullptr;
}

std::vector<std::string> PlanInput::renewed_packages() const {
  std::vector<std::string> names;
  if (replaced() == nullptr) return names;
  for (const std::string& name : replaced()->packages) {
    const auto is_it = [&](const PackageFile& file) { return file.name == name; };
    const std::vector<PackageFile>& files = appliance().packages.files;
    if (std::any_of(files.begin(), files.end(), is_it)) names.push_back(name);
  }
  return names;
}

bool PlanInput::pushed_over(const std::string& name) const {
  return std::find(facts.pushed_over.begin(), facts.pushed_over.end(), name) != facts.pushed_over.end();
}

std::vector<std::string> watch_also_packages(const PlanInput& input, std::vector<std::string> files) {
  if (!input.renewed_packages().empty()) files.push_back(input.layout.spool);
  return files;
}

void plan_upgrade(const PlanInput& input, Plan& plan) {
  const InstalledBundle* installed = input.replaced();
  if (installed == nullptr || !installed->index) return;
  Upgrade upgrade{installed->serial, {}, {}, {}};
  Comparison comparison(input, *installed);
  std::set<std::string> places;
  for (const Step& step : plan.steps) {
    places.insert(place_of(step));
    if (comparison.is_same(step)) upgrade.same.insert(step.id);
  }
  list_gone_steps(*installed, places, upgrade);
  list_gone_images(*installed->index, input.index, upgrade);
  if (places.contains("packages")) list_left_packages(input, *installed, upgrade);
  plan.upgrade = std::move(upgrade);
}

}  // namespace rootcellar
