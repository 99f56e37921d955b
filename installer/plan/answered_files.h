// Files that a site names in its answers and the appliance's texts take in: `${answers.NAME|file}`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/appliance.h"
#include "bundle/site_template.h"
#include "installer/plan/facts.h"

namespace rootcellar {

/// What one file may have: an object of Kubernetes may have 1.5 MiB (etcd's limit), in base64.
inline constexpr std::size_t k_answered_file_limit = std::size_t{1} << 20;

/// Every text of the section in which places are filled in on the site, with what it is: "input of 'superuser'". Secrets and captures are
/// told by `made` once they are there, in the order of the plan.
void for_each_site_text(const ClusterSection& section, const std::function<void(std::string_view text, const std::string& what)>& on_text,
                        const std::function<void(const std::string& name)>& made);

/// The answers whose files the appliance takes in, each once.
std::vector<std::string> answered_file_keys(const Appliance& appliance);

/// What the file with this content is; nothing for `content`: `fault` says why.
AnsweredFile describe_answered_file(const std::string& content);

/// Why `reference` cannot take in what its answer names; empty when it can, and for references to no file.
std::string answered_file_fault(const TemplateReference& reference, const Facts& facts);

}  // namespace rootcellar
