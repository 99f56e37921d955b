// A machine of the cluster plan on which a test replaces single steps and runs them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "tests/support/thrown.h"
#include "tests/unit/run/cluster_machine.h"

namespace rootcellar::test {

class ClusterSteps : public ::testing::Test {
 protected:
  ClusterSteps() { set_up_cluster_machine(host_); }

  void install_all() { install(host_, bundle_, cluster_plan()); }
  const Step& step(const std::string& id) {
    for (const Step& found : steps_) {
      if (found.id == id) return found;
    }
    throw InputError(id);
  }
  template <typename Action>
  void set(const std::string& id, Action action) {
    for (Step& found : steps_) {
      if (found.id == id) found.action = std::move(action);
    }
  }
  void run(const std::string& id) {
    const JsonValue undo = prepare_undo(step(id), context_);
    context_.undo_data = &undo;
    do_step(step(id), context_);
    context_.undo_data = nullptr;
  }
  std::string refusal(const std::function<void()>& action) {
    return message_of(action, &hint_);
  }
  std::string refusal(const std::string& id) {
    return refusal([&] { run(id); });
  }
  /// How often a program was started with this word.
  std::size_t calls(const std::string& program, const std::string& word) const {
    return static_cast<std::size_t>(std::count_if(host_.calls().begin(), host_.calls().end(), [&](const auto& argv) {
      return argv[0] == program && std::find(argv.begin(), argv.end(), word) != argv.end();
    }));
  }
  void say(const std::string& program, ToolResult result) {
    host_.set_tool(program, [result](MemoryHost&, const ToolCall&) { return result; });
  }

  TemporaryDirectory directory_{"rc-cluster"};
  Bundle bundle_ = cluster_bundle(directory_.path());
  std::vector<Step> steps_ = cluster_plan();
  MemoryHost host_;
  RunContext context_{.host = host_, .bundle = &bundle_, .progress = silent_progress()};
  std::string hint_;
};

}  // namespace rootcellar::test
