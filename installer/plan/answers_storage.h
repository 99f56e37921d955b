// The part of answers.yaml that is about NFS.
#pragma once

#include "bundle/base/yaml.h"
#include "installer/plan/answers.h"

namespace rootcellar {

void read_nfs_answers(const YamlNode& node, Answers& answers, YamlFaults& faults);
/// existing.nfs
ExistingNfs read_existing_nfs(const YamlNode& node, YamlFaults& faults);
void encode_nfs_answers(YamlWriter& out, const Answers& answers);
/// The entries of existing.nfs itself.
void encode_existing_nfs(YamlWriter& out, const ExistingNfs& nfs);

}  // namespace rootcellar
