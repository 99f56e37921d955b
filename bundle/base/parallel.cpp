#include "bundle/base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <exception>
#include <thread>
#include <vector>

namespace rootcellar {
namespace {

/// Joins on every way out, so that no thread outlives what it works on.
class Threads {
 public:
  Threads() = default;
  Threads(const Threads&) = delete;
  ~Threads() { join(); }
  void start(unsigned count, const std::function<void()>& body) {
    for (unsigned i = 0; i < count; ++i) threads_.emplace_back(body);
  }
  void join() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  std::vector<std::thread> threads_;
};

}  // namespace

unsigned available_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return std::max(1u, std::thread::hardware_concurrency());
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

void parallel_for(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& action) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr first;
  std::once_flag once;
  const auto body = [&] {
    try {
      for (std::size_t i = next++; i < count; i = next++) action(i);
    } catch (...) {
      std::call_once(once, [&] { first = std::current_exception(); });
      next = count;
    }
  };
  const auto wanted = static_cast<unsigned>(std::min<std::size_t>(std::max(jobs, 1u), count));
  if (wanted <= 1) {
    body();
  } else {
    Threads threads;
    threads.start(wanted, body);
  }
  if (first) std::rethrow_exception(first);
}

struct OrderedPipeline::State {
  struct Slot {
    Work work;
    std::function<void()> result;
    std::exception_ptr error;
    bool started = false;
    bool done = false;
  };

  std::mutex mutex;
  std::condition_variable work_ready;
  std::condition_variable result_ready;
  std::deque<std::shared_ptr<Slot>> slots;  // in submission order
  bool stopping = false;
  std::exception_ptr failed;  // seen only by the submitting thread
  std::size_t window = 1;
  Threads threads;

  /// The next slot nobody works on; nothing when the pipeline stops.
  std::shared_ptr<Slot> next_work() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      const auto waiting = std::find_if(slots.begin(), slots.end(), [](const auto& slot) { return !slot->started; });
      if (waiting != slots.end()) {
        (*waiting)->started = true;
        return *waiting;
      }
      work_ready.wait(lock);
    }
    return nullptr;
  }

  void work_until_stopped() {
    while (const std::shared_ptr<Slot> slot = next_work()) {
      run(*slot);
      const std::lock_guard lock(mutex);
      slot->done = true;
      result_ready.notify_one();
    }
  }

  static void run(Slot& slot) noexcept {
    try {
      slot.result = slot.work();
    } catch (...) {
      slot.error = std::current_exception();
    }
    slot.work = nullptr;
  }

  /// Waits for the oldest slot when `wait`, else takes it only if it is done.
  std::shared_ptr<Slot> take_front(bool wait) {
    std::unique_lock lock(mutex);
    if (slots.empty()) return nullptr;
    if (wait) result_ready.wait(lock, [&] { return slots.front()->done; });
    if (!slots.front()->done) return nullptr;
    const std::shared_ptr<Slot> front = slots.front();
    slots.pop_front();
    return front;
  }

  /// In the submitting thread: the first error ends the pipeline for good.
  bool consume(bool wait) {
    const std::shared_ptr<Slot> front = take_front(wait);
    if (!front) return false;
    try {
      if (front->error) std::rethrow_exception(front->error);
      if (front->result) front->result();
    } catch (...) {
      failed = std::current_exception();
      stop();
      throw;
    }
    return true;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    work_ready.notify_all();
    threads.join();
    slots.clear();
  }

  bool is_full() {
    const std::lock_guard lock(mutex);
    return slots.size() >= window;
  }
};

OrderedPipeline::OrderedPipeline(unsigned jobs, std::size_t window) : state_(std::make_unique<State>()) {
  state_->window = std::max<std::size_t>(window, 1);
  state_->threads.start(std::max(jobs, 1u), [state = state_.get()] { state->work_until_stopped(); });
}

OrderedPipeline::~OrderedPipeline() { state_->stop(); }

void OrderedPipeline::submit(Work work) {
  if (state_->failed) std::rethrow_exception(state_->failed);
  while (state_->is_full()) state_->consume(true);
  while (state_->consume(false)) {
  }
  auto slot = std::make_shared<State::Slot>();
  slot->work = std::move(work);
  {
    const std::lock_guard lock(state_->mutex);
    state_->slots.push_back(std::move(slot));
  }
  state_->work_ready.notify_one();
}

void OrderedPipeline::drain() {
  if (state_->failed) std::rethrow_exception(state_->failed);
  while (state_->consume(true)) {
  }
}

}  // namespace rootcellar
