// Threads that cannot be misused: data behind its lock, and a bounded ordered pipeline whose first error wins.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace rootcellar {

/// Data reachable only through its lock.
template <typename T>
class Guarded {
 public:
  template <typename... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  template <typename Action>
  decltype(auto) with(Action&& action) {
    std::lock_guard lock(mutex_);
    return std::forward<Action>(action)(value_);
  }

 private:
  std::mutex mutex_;
  T value_;
};

/// Number of CPUs this process may use, at least 1.
unsigned available_cpus();

/// Runs action(0..count-1) on at most `jobs` threads. The first error stops the handing out, everyone is joined, then it is rethrown.
void parallel_for(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& action);

/// Work done in parallel, results consumed in submission order by the submitting thread. At most `window` items are in flight.
class OrderedPipeline {
 public:
  using Work = std::function<std::function<void()>()>;  ///< runs on a worker; returns what the submitter runs, in order

  OrderedPipeline(unsigned jobs, std::size_t window);
  ~OrderedPipeline();  ///< joins; unconsumed results are dropped
  OrderedPipeline(const OrderedPipeline&) = delete;

  void submit(Work work);  ///< may run earlier results in this thread; rethrows the first error
  void drain();            ///< runs all remaining results in order; rethrows the first error

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rootcellar
