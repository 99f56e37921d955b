// What the commands that look after a cluster begin with: root, nobody else at work, a node that an installation has finished here.
#pragma once

#include <optional>
#include <string>

#include "bundle/base/cli.h"
#include "bundle/base/file.h"
#include "installer/commands/kept_state.h"

namespace rootcellar {

/// Held while a command works on what is installed.
struct InstalledSetting {
  FileLock lock;
  Bundle bundle;
  JournaledPlan plan;
};
/// Nothing when nothing is installed; HostError when it is not complete.
std::optional<InstalledSetting> open_installed(const std::string& verb, Surroundings& surroundings);

/// Held while a command works on the cluster.
struct CareSetting {
  FileLock lock;
  Bundle bundle;
  JournaledPlan plan;
  KubeadmInit node;
};
/// `verb` completes "cannot VERB: ...". HostError or InputError with what to do when there is no cluster to look after.
CareSetting open_care(const std::string& verb, Surroundings& surroundings);

/// The appliance was put into a cluster that the site has.
bool uses_site_cluster(const JournaledPlan& plan);

/// Root, and no installation at work.
void require_alone(const std::string& verb, Surroundings& surroundings);

/// Asks unless `yes`; UsageError when nobody can be asked or the answer is another.
void confirm(bool yes, const std::string& verb, cli::Console& console);

/// The pseudo step whose id names the command's log.
Step care_step(const std::string& name);

}  // namespace rootcellar
