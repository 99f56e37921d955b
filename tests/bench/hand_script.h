// What a person types who makes the same node by hand: the steps of an installation as commands of a shell, up to kubeadm.
#pragma once

#include <string>
#include <vector>

#include "installer/run/step.h"

namespace rootcellar::field {

/// Below this folder of the machine lies what the person brought: files by their own paths in files/, the registry's folder, apt's folder.
inline constexpr const char* k_hand = "/root/hand";

/// The parts a script prints, in this order: "prep:NAME<tab>SECONDS".
inline constexpr const char* k_hand_parts[] = {"packages", "registry", "files", "images"};

/// A script for bash. Steps that only look, and those from kubeadm's on, are left out.
std::string hand_script(const std::vector<Step>& steps);

/// Paths that the script takes from files/ by the path they have on an installed machine.
std::vector<std::string> hand_files(const std::vector<Step>& steps);

}  // namespace rootcellar::field
