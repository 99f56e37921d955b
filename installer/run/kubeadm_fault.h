// Why kubeadm or the kubelet failed, out of what they wrote: the lines that tell, not the last ones.
#pragma once

#include <string>
#include <string_view>

namespace rootcellar {

/// Of kubeadm's output: every failed preflight check, or else the line with the cause. Empty when nothing tells.
std::string kubeadm_fault(std::string_view output);
/// Of the kubelet's journal (journalctl -o cat): the last line that is an error. Empty when none is.
std::string kubelet_fault(std::string_view journal);

}  // namespace rootcellar
