#include "installer/run/image_repair.h"

#include <exception>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"

namespace rootcellar {

std::vector<std::string> repair_images(const std::vector<Step>& steps, RunContext& context) {
  std::vector<std::string> repaired;
  std::exception_ptr first;
  for (const Step& step : steps) {
    const auto* image = std::get_if<PullIntoContainerd>(&step.action);
    if (image == nullptr || probe_step(step, context) == ProbeResult::already) continue;
    poll_interrupt();
    try {
      with_note(step.title, [&] { do_step(step, context); });
      repaired.push_back(image->name);
    } catch (const Error&) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
  return repaired;
}

}  // namespace rootcellar
