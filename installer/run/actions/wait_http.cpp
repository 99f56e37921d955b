#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/site_get.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_pause = 200;  // milliseconds

std::string found_text(const HttpReply& reply) { return reply.status == 0 ? reply.body : cat("status ", reply.status); }

}  // namespace

ProbeResult probe(const WaitHttp&, ActionScope&) { return ProbeResult::needed; }

JsonValue prepare(const WaitHttp&, ActionScope&) { return JsonValue::object(); }

void perform(const WaitHttp& action, ActionScope& scope) {
  const std::int64_t start = scope.host().ticks();
  while (true) {
    const HttpReply reply = site_get(scope.host(), action.url, 5);
    if (reply.status == action.status) return;
    if (scope.host().ticks() - start >= static_cast<std::int64_t>(action.time_limit)) {
      throw SystemError(cat("cannot reach '", action.url, "': expected status ", action.status, " within ", action.time_limit, " s, found ",
                            found_text(reply)));
    }
    scope.host().sleep(k_pause);
  }
}

void take_back(const WaitHttp&, const JsonValue&, bool, ActionScope&) {}

}  // namespace rootcellar
