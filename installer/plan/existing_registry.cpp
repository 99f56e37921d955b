#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/existing.h"
#include "installer/plan/trust.h"
#include "installer/run/existing_step.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_spool = "/var/lib/rootcellar/image-spool";

std::string login_path() { return cat("/var/lib/rootcellar/secrets/", k_site_registry_login); }

const ExistingRegistry& answer(const PlanInput& input) { return *input.answers.existing.registry; }

bool asks_for_account(const PlanInput& input) { return !answer(input).account.empty(); }

/// docker and containerd ask as whoever they were told to be; what answers without an account is asked without.
bool is_read_by_anybody(const PlanInput& input) {
  const auto& facts = input.facts.existing.registry;
  return facts && facts->asked && facts->status == 200;
}

void check_answers(const PlanInput& input, Plan& plan) {
  const bool wanted = input.appliance().registry.enabled;
  if (wanted && input.appliance().registry.existing && !input.answers.existing.registry && input.join == nullptr)
    plan.refusals.emplace_back("the bundle brings no registry: answer 'existing.registry' with the address of the site's own");
  const bool asked_of_us = input.join != nullptr && input.join->site_registry;
  if (asked_of_us && (!input.answers.existing.registry || answer(input).address != input.join->registry))
    plan.refusals.push_back(cat("the cluster's images come from the site's own registry ", input.join->registry,
                                ": answer 'existing.registry' here as on the first node"));
  if (!wanted && input.answers.existing.registry)
    plan.cautions.emplace_back("'existing.registry' is answered and not used: the bundle wants no registry");
}

void check_reply(const PlanInput& input, const SiteRegistryFacts& facts, Plan& plan) {
  const std::string& address = answer(input).address;
  if (!facts.silent.empty()) return plan.refusals.push_back(cat("the site's registry ", address, " does not answer: ", facts.silent));
  if (facts.status == 0) return;
  if (facts.status != 200 && facts.status != 401)
    return plan.refusals.push_back(
        cat("what answers at http://", address, "/v2/ is no registry: expected status 200 or 401, found ", facts.status));
  if (facts.status == 401 && !asks_for_account(input))
    return plan.refusals.push_back(cat("the site's registry ", address,
                                       " asks for an account: answer 'existing.registry.account' and 'existing.registry.password_file'"));
  if (facts.account_status != 0 && facts.account_status != 200)
    plan.refusals.push_back(cat("the site's registry ", address, " refuses the account '", answer(input).account,
                                "' with the password in '", answer(input).password_file, "': status ", facts.account_status));
}

void check_readers(const PlanInput& input, const SiteRegistryFacts& facts, Plan& plan) {
  const bool basic = lower_ascii(facts.challenge).starts_with("basic");
  if (input.docker() && facts.status == 401 && basic)
    plan.refusals.push_back(cat("docker tells a mirror no password, and the site's registry ", answer(input).address,
                                " asks for one: let everybody read it, or take a bundle with containerd"));
  if (facts.status == 401 && !basic)
    plan.cautions.push_back(
        cat("the site's registry ", answer(input).address,
            " gives out tokens, and containers' images are asked for without an account: everybody must be able to read "
            "what is pushed there"));
}

/// What the registry would refuse: a list of platforms of which the bundle has one.
void check_images(const PlanInput& input, Plan& plan) {
  for (const ImageEntry& image : input.index.images) {
    if (!image.tags.empty() || served_digest(input, image) == image.digest) continue;
    plan.refusals.push_back(cat("image '", image_name(image),
                                "' is a list of platforms named by its digest, and the site's registry takes such a list only with all of "
                                "them: name the image by a tag in the profile"));
  }
}

bool has_skopeo(const PlanInput& input) {
  const auto here = input.facts.packages.find("skopeo");
  if (here != input.facts.packages.end() && here->second.state == "installed") return true;
  const auto& files = input.appliance().packages.files;
  return std::any_of(files.begin(), files.end(), [](const PackageFile& file) { return file.name == "skopeo"; });
}

void check_pushing(const PlanInput& input, Plan& plan) {
  if (!has_skopeo(input))
    plan.refusals.emplace_back(
        "images are put into the site's registry by skopeo, which neither this machine nor the bundle has: name the package in the "
        "profile");
  check_images(input, plan);
  std::uint64_t bytes = 0;
  for (const ImageEntry& image : input.index.images) bytes += image_bytes(input.index, image);
  plan.cautions.push_back(cat("how much room the site's registry ", answer(input).address, " has is not known: up to ", human_size(bytes),
                              " are pushed into it, and stay there"));
}

}  // namespace

// Whoever is not root may look at a plan, and may not read what root will.
void tell_file_faults(const PlanInput& input, const std::vector<std::string>& faults, Plan& plan) {
  std::vector<std::string>& told = input.facts.root ? plan.refusals : plan.cautions;
  told.insert(told.end(), faults.begin(), faults.end());
}

namespace {

void check_registry(const PlanInput& input, Plan& plan) {
  const SiteRegistryFacts facts = input.facts.existing.registry.value_or(SiteRegistryFacts());
  tell_file_faults(input, facts.file_faults, plan);
  if (!facts.asked && facts.file_faults.empty())
    plan.cautions.push_back(
        cat("the site's registry ", answer(input).address,
            " was not asked: its name is not in /etc/hosts, and nothing here looks names up; whether it answers is seen "
            "when the images are pushed"));
  check_reply(input, facts, plan);
  check_readers(input, facts, plan);
  if (input.join == nullptr) check_pushing(input, plan);
}

void check_nameservers(const PlanInput& input, Plan& plan) {
  for (const auto& [server, why] : input.facts.existing.silent_nameservers)
    plan.refusals.push_back(cat("the site's nameserver ", server, " does not answer: ", why));
  if (!input.answers.existing.nameservers.empty() && !input.own_cluster())
    plan.cautions.emplace_back("'existing.dns' is for the pods of a cluster that is made here, and is not used");
}

void plan_certificates(const PlanInput& input, Plan& plan) {
  if (answer(input).ca.empty()) return;
  std::vector<std::string> folders{k_site_registry_ca};
  if (input.docker()) folders.push_back(cat("/etc/docker/certs.d/", answer(input).address));
  for (const std::string& folder : folders) {
    const std::string path = cat(folder, "/ca.crt");
    add_step(plan, cat("site-registry-ca-", step_slug(folder)), cat("write ", path),
             "The site's registry is believed by its authority's certificates.",
             WriteFile{path, input.facts.existing.registry ? input.facts.existing.registry->ca : std::string()});
  }
}

}  // namespace

RegistryAccess registry_access(const PlanInput& input) {
  if (registry_tls(input)) return {cat("https://", input.layout.local.text()), k_site_authority, false};
  if (!input.site_registry()) return {cat("http://", input.layout.local.text()), {}, false};
  const bool tls = !answer(input).ca.empty();
  return {cat(tls ? "https://" : "http://", answer(input).address), tls ? cat(k_site_registry_ca, "/ca.crt") : std::string(),
          asks_for_account(input) && !is_read_by_anybody(input)};
}

Digest served_digest(const PlanInput& input, const ImageEntry& image) {
  if (!input.site_registry()) return image.digest;
  for (const ManifestEntry& manifest : image.manifests) {
    if (!manifest.blobs.empty()) return manifest.digest;
  }
  return image.digest;
}

const std::vector<std::string>& pods_nameservers(const PlanInput& input) {
  const std::vector<std::string>& existing = input.answers.existing.nameservers;
  return existing.empty() ? input.answers.cluster.nameservers : existing;
}

void plan_existing_fit(const PlanInput& input, Plan& plan) {
  check_answers(input, plan);
  if (input.site_registry()) check_registry(input, plan);
  check_nameservers(input, plan);
}

void plan_site_registry(const PlanInput& input, Plan& plan) {
  if (!input.site_registry()) return;
  const ExistingRegistry& registry = answer(input);
  if (asks_for_account(input))
    add_step(plan, "site-registry-account", cat("keep the password of '", registry.account, "'"),
             cat("The site's registry asks for it; it lies in ", login_path(), ", for root alone, until the appliance goes."),
             KeepSiteFile{registry.password_file, login_path(), {}, registry.account});
  plan_certificates(input, plan);
  if (input.join != nullptr) return;
  add_step(plan, "site-registry-images",
           cat("push ", input.index.images.size(), input.index.images.size() == 1 ? " image" : " images", " into ", registry.address),
           "Every image of the bundle is served by the site's registry, under its upstream name; what is there already is left as it is.",
           PushImages{registry.address, registry.ca.empty() ? std::string() : std::string(k_site_registry_ca),
                      asks_for_account(input) ? login_path() : std::string(), input.docker(), std::string(k_spool)});
}

}  // namespace rootcellar
