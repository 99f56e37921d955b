#include "bundle/base/interrupt.h"

#include <signal.h>

#include <atomic>
#include <cerrno>

#include "bundle/base/error.h"

namespace rootcellar {
namespace {

// Signals belong to the process, so this flag does too.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the signal handler may only touch lock-free atomics");

void end_process(int signal_number) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  sigaction(signal_number, &action, nullptr);
  raise(signal_number);
}

extern "C" void remember_signal(int signal_number) {
  const int kept = errno;
  if (interrupted.exchange(true) && signal_number == SIGINT) end_process(signal_number);
  errno = kept;
}

void handle(int signal_number) {
  struct sigaction action {};
  action.sa_handler = remember_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // no SA_RESTART: a blocked read returns, so that its loop can look at the flag
  if (sigaction(signal_number, &action, nullptr) != 0) throw SystemError("handle", "signals", errno);
}

}  // namespace

void catch_interrupts() {
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) handle(signal_number);
}

void poll_interrupt() {
  if (interrupt_requested()) throw Interrupted();
}

bool interrupt_requested() noexcept { return interrupted.load(std::memory_order_relaxed); }

}  // namespace rootcellar
