// Does something again and again while everybody else is busy or waiting: a bar that stands still must say so.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

namespace rootcellar {

/// Calls `action` once per `period` on a thread of its own until it is destroyed. `action` must not throw. The thread takes no signals:
/// they interrupt whoever waits for the keyboard.
class Ticker {
 public:
  Ticker(std::chrono::milliseconds period, std::function<void()> action);
  ~Ticker();
  Ticker(const Ticker&) = delete;

  /// No call begins while the result lives, and none is under way.
  std::unique_lock<std::mutex> hold();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rootcellar
