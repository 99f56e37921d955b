// What a step put into the cluster, kept below the installer's state: so that status can tell and undo can take back without the stick.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bundle/base/digest.h"
#include "installer/run/actions/actions.h"

namespace rootcellar {

/// One file of /var/lib/rootcellar/deployed: a first line "# DIGEST" once the step is done ("# begun" before), then what the step keeps.
class DeployedRecord {
 public:
  /// `kind` and `name` make the file's name: "manifest", "lab.web".
  DeployedRecord(const ActionScope& scope, std::string_view kind, const std::string& space, const std::string& name);

  bool is_done(const Digest& digest) const;
  void begin(std::string_view kept) const;
  void finish(const Digest& digest, std::string_view kept) const;
  /// What begin() or finish() kept; nothing when the step was never begun.
  std::optional<std::string> kept() const;
  /// And the folder, when it is empty then.
  void remove() const;

 private:
  void write(std::string_view first_line, std::string_view kept) const;

  const ActionScope& scope_;
  std::string path_;
};

/// A 0600 file in a 0700 folder below the installer's state, durable when it returns; and back.
void write_private_file(const std::string& path, std::string_view content, const ActionScope& scope);
void remove_private_file(const std::string& path, const ActionScope& scope);

}  // namespace rootcellar
