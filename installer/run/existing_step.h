// The kinds of step that use what the site has already: its registry, its cluster. None of them takes anything of the site away.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "installer/host/host_system.h"
#include "installer/run/cluster_step.h"

namespace rootcellar {

/// The site's own key of its cluster, as every step uses it. Root only.
inline constexpr const char* k_site_kubeconfig = "/etc/rootcellar/kubeconfig";
/// Its authority's certificates, where the registry is asked by TLS: a folder, as skopeo wants it.
inline constexpr const char* k_site_registry_ca = "/etc/rootcellar/registry-ca";
/// "ACCOUNT:PASSWORD" as ${secret.NAME}: no profile can name one of its own so.
inline constexpr const char* k_site_registry_login = "existing_registry";

/// A file that the answers name, copied to where it stays when the stick is gone; 0600, and gone with uninstall.
struct KeepSiteFile {
  std::string from;
  std::string path;
  std::string context;  ///< of a kubeconfig: which of its contexts is meant; empty: the one it says
  std::string account;  ///< of a password: whose; "ACCOUNT:PASSWORD" is what is kept; empty: the file as it is
};

/// A file with ${secret...} in it, filled in when the step runs: the journal never holds the secret.
struct WriteFilled {
  std::string path;
  std::string text;
  unsigned mode = 0600;
  std::vector<TemplateValue> values{};
  Owner owner{};
};

/// All images of the bundle pushed into the site's registry, where it has not got them. Nothing is ever taken out of it. A name under which
/// it has another image, not pushed by an earlier install, is an error before the first push.
struct PushImages {
  std::string registry;     ///< HOST:PORT
  std::string ca_folder;    ///< empty: it is asked without TLS
  std::string login;        ///< the path of "ACCOUNT:PASSWORD"; empty: it asks for none
  bool bare_names = false;  ///< docker.io's images also without their host, as docker's mirrors are asked
  std::string spool;        ///< where an image lies while it is pushed
};

/// One small image of every upstream pulled on every node of the site's cluster, by a pod that starts nothing of it.
struct ProvePulls {
  std::vector<std::string> images;
  std::string advice;  ///< what a node that cannot pull has to be told
  std::string kubeconfig = k_site_kubeconfig;
  std::uint64_t time_limit = 600;
};

}  // namespace rootcellar
