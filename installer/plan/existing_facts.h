// What the site's own registry, cluster and nameservers say when they are asked, before anything is touched.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "installer/host/host_system.h"
#include "installer/plan/existing_answers.h"

namespace rootcellar {

struct SiteRegistryFacts {
  std::vector<std::string> file_faults;  ///< files that the answers name and that cannot be read, one sentence each
  std::string ca;                        ///< the certificates' text
  bool asked = false;                    ///< false: its name is in no file here, and nothing here looks names up
  std::string silent;                    ///< why nobody answers; empty: somebody does
  int status = 0;                        ///< of GET /v2/ without account; 0: it speaks TLS, which was not spoken
  std::string challenge;                 ///< "Basic realm=...": how it asks for an account
  int account_status = 0;                ///< of the same with the account; 0: not tried
};

struct SiteClusterFacts {
  std::vector<std::string> file_faults;
  bool asked = false;
  std::string unasked;                       ///< why the bundle's kubectl could not be run: a volume is not there
  std::string silent;                        ///< why it does not answer, as kubectl says
  std::string version;                       ///< "v1.34.4"
  std::vector<std::string> denied;           ///< what the key may not do: "create namespaces"
  std::vector<std::string> ready;            ///< nodes
  std::vector<std::string> not_ready;        ///< nodes
  std::map<std::string, std::string> other;  ///< nodes of another architecture than `wanted_architecture`, and theirs
};

struct ExistingFacts {
  std::optional<SiteRegistryFacts> registry;
  std::optional<SiteClusterFacts> cluster;
  std::map<std::string, std::string> silent_nameservers;  ///< and why
};

/// Runs the bundle's kubectl with these arguments.
using RunKubectl = std::function<ToolResult(std::vector<std::string> arguments)>;

/// What to ask with and about.
struct ExistingQuestions {
  std::map<std::string, std::string> hosts;  ///< /etc/hosts
  std::vector<std::string> spaces;           ///< namespaces that are deployed into
  std::string architecture;                  ///< of the bundle, as Debian and Kubernetes name it
  RunKubectl kubectl;                        ///< empty: the bundle has none
};
ExistingFacts read_existing_facts(HostSystem& host, const ExistingAnswers& answers, const ExistingQuestions& questions);

/// Why a kubeconfig cannot be copied: it is none, or names other files or programs; empty: it can.
std::string kubeconfig_fault(std::string_view text);

}  // namespace rootcellar
