// Putting a profile together: files, variables, variant, then meaning.
#include "builder/profile/profile.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>

#include "builder/profile/documents.h"
#include "builder/profile/merge.h"
#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "builder/profile/variables.h"
#include "builder/profile/warnings.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_only_variant = "default";

std::string machine_architecture() {
  utsname names{};
  uname(&names);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> k_debian{
      {{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"armv7l", "armhf"}, {"i686", "i386"}, {"ppc64le", "ppc64el"}, {"riscv64", "riscv64"}}};
  const std::string_view machine = names.machine;
  const auto known = std::find_if(k_debian.begin(), k_debian.end(), [&](const auto& pair) { return pair.first == machine; });
  return std::string(known == k_debian.end() ? machine : known->second);
}

/// The variants are those of the profile itself; what a stack says about another variant is for other profiles.
std::vector<std::string> variants_of(const std::vector<ProfileDocument>& documents, YamlFaults& faults) {
  std::vector<std::string> names;
  for (const auto& [name, overlay] : documents.back().variants.entries) {
    if (!is_product_name(name.scalar))
      faults.add(name, cat("variant '", printable(name.scalar, 80), "': expected at most 32 lower-case letters, digits and dashes"));
    names.push_back(name.scalar);
  }
  if (names.empty()) names.emplace_back(k_only_variant);
  return names;
}

/// The one wanted of `have`, else the `fallback` when nothing was wanted.
std::string choose(const std::string& wanted, std::string_view what, const std::vector<std::string>& have, const std::string& fallback) {
  const std::string& name = wanted.empty() ? fallback : wanted;
  if (std::find(have.begin(), have.end(), name) != have.end()) return name;
  const auto near = did_you_mean(name, have);
  throw UsageError(cat("unknown ", what, " '", name, "': the profile has ", join(have, ", ")),
                   near ? cat("did you mean '", *near, "'?") : std::string());
}

YamlNode overlay_of(const ProfileDocument& document, std::string_view variant) {
  const YamlNode* overlay = document.variants.find(variant);
  YamlNode copy = overlay == nullptr ? YamlNode() : *overlay;
  std::erase_if(copy.entries, [](const auto& entry) { return entry.first.scalar == "variables"; });
  return copy;
}

/// Stacks first, then the profile, then what each says for the variant.
YamlNode merged(const std::vector<ProfileDocument>& documents, std::string_view variant, Variables& variables, YamlFaults& faults) {
  std::vector<YamlNode> layers;
  for (const ProfileDocument& document : documents) layers.push_back(document.body);
  for (const ProfileDocument& document : documents) layers.push_back(overlay_of(document, variant));
  YamlNode root = layers.front();
  root.entries.clear();
  for (YamlNode& layer : layers) {
    if (layer.kind != YamlNode::Kind::map) continue;
    root = merge_trees(std::move(root), with_named_items(variables.substitute(std::move(layer), faults), faults), faults);
  }
  root.line = documents.back().body.line;
  root.column = documents.back().body.column;
  root.file = documents.back().body.file;
  root.source = documents.back().body.source;
  return root;
}

/// Several readings of one profile: the faults of all of them are told together.
class ProfileLoader {
 public:
  explicit ProfileLoader(const std::string& path) : path_(path), variants_(variants_of(read_documents(path, {}, faults_), faults_)) {}

  ReadResult read(const std::string& variant, const ProfileOptions& options) {
    const std::vector<ProfileDocument> documents = read_documents(path_, variant, faults_);
    Variables variables(documents, variant, options.set, faults_);
    const YamlNode root = merged(documents, variant, variables, faults_);
    ReadResult result = read_profile_tree(root, {faults_, path_parent(normal_path(path_)), nullptr});
    result.profile.file = path_;
    result.profile.variant = variant;
    for (std::string& warning : profile_warnings(result.profile, root, variables)) add_warning(std::move(warning));
    return result;
  }

  const std::vector<std::string>& variants() const { return variants_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  void throw_if_faulty() { faults_.throw_if_any(); }

 private:
  void add_warning(std::string warning) {
    if (std::find(warnings_.begin(), warnings_.end(), warning) == warnings_.end()) warnings_.push_back(std::move(warning));
  }

  std::string path_;
  YamlFaults faults_;
  std::vector<std::string> variants_;
  std::vector<std::string> warnings_;
};

}  // namespace

Profile load_profile(const std::string& path, const ProfileOptions& options) {
  ProfileLoader loader(path);
  const std::string variant = choose(options.variant, "variant", loader.variants(), loader.variants().front());
  ReadResult result = loader.read(variant, options);
  loader.throw_if_faulty();
  result.profile.architecture = choose(options.architecture, "architecture", result.architectures, machine_architecture());
  return std::move(result.profile);
}

LintReport lint_profile(const std::string& path) {
  ProfileLoader loader(path);
  LintReport report;
  for (const std::string& variant : loader.variants()) {
    for (const std::string& architecture : loader.read(variant, {}).architectures)
      report.checked.push_back(cat(variant, "/", architecture));
  }
  loader.throw_if_faulty();
  report.warnings = loader.warnings();
  return report;
}

}  // namespace rootcellar
