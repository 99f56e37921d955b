#include "installer/run/kubeadm_fault.h"

#include <algorithm>
#include <array>
#include <vector>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_longest = 300;
constexpr std::size_t k_checks = 4;

bool has(std::string_view line, std::string_view part) { return line.find(part) != line.npos; }

std::string last_with(std::string_view text, std::string_view part) {
  std::string found;
  for (const std::string_view line : split(text, '\n')) {
    if (has(line, part)) found = printable(trim(line), k_longest);
  }
  return found;
}

// klog marks errors by E and the date: "E1125 05:41:54.123456 ...".
bool is_klog_error(std::string_view line) {
  return line.size() > 5 && line[0] == 'E' && std::all_of(line.begin() + 1, line.begin() + 5, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string kubeadm_fault(std::string_view output) {
  std::vector<std::string> checks;
  for (const std::string_view line : split(output, '\n')) {
    if (has(line, "[ERROR ")) checks.push_back(printable(trim(line.substr(line.find("[ERROR "))), k_longest));
  }
  if (checks.size() > k_checks) checks.resize(k_checks);
  if (!checks.empty()) return join(checks, "; ");
  constexpr std::array<std::string_view, 6> k_causes = {"error execution phase", "context deadline exceeded", "timed out waiting",
                                                        "is not healthy",        "failed to pull image",      "error: "};
  for (const std::string_view cause : k_causes) {
    if (std::string line = last_with(output, cause); !line.empty()) return line;
  }
  return {};
}

std::string kubelet_fault(std::string_view journal) {
  std::string found;
  for (const std::string_view line : split(journal, '\n')) {
    const bool tells =
        is_klog_error(trim(line)) || has(line, "command failed") || has(line, "failed to run Kubelet") || has(line, "panic:");
    if (tells) found = printable(trim(line), k_longest);
  }
  return found;
}

}  // namespace rootcellar
