#include "bundle/base/ticker.h"

#include <signal.h>

#include <condition_variable>
#include <thread>

namespace rootcellar {
namespace {

/// Blocks every signal for the threads started while it lives.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

struct Ticker::State {
  std::chrono::milliseconds period;
  std::function<void()> action;
  std::mutex held;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  std::thread thread;

  bool wait() {
    std::unique_lock lock(mutex);
    return !changed.wait_for(lock, period, [&] { return stopping; });
  }
  void run() {
    while (wait()) {
      const std::lock_guard lock(held);
      action();
    }
  }
};

Ticker::Ticker(std::chrono::milliseconds period, std::function<void()> action) : state_(std::make_unique<State>()) {
  state_->period = period;
  state_->action = std::move(action);
  const SignalsBlocked blocked;
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Ticker::~Ticker() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

std::unique_lock<std::mutex> Ticker::hold() { return std::unique_lock(state_->held); }

}  // namespace rootcellar
