// What a machine has of certificates for its site: the files that the answers name, its own authority, and whom it knows anyway.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bundle/base/secret.h"
#include "installer/run/site_certificates.h"

namespace rootcellar {

struct CertificateFacts {
  std::optional<std::string> chain;       ///< of the answers' file, or of our copy when that is gone; nothing: there is none
  std::shared_ptr<const SecretText> key;  ///< the same of its key; null: there is none
  std::string known;                      ///< PEM: authorities that this machine knows of others than the site
  KeptAuthority own;                      ///< what this machine made, or was given by 'ca restore'
  std::string certificate;                ///< PEM, kept: the site's; empty: none was made or brought yet
};

}  // namespace rootcellar
