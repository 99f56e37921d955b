#include "bundle/base/ticker.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <semaphore>

namespace rootcellar {
namespace {

using namespace std::chrono_literals;

TEST(Ticker, TicksUntilItIsDestroyed) {
  std::counting_semaphore<> ticks(0);
  std::atomic<int> count{0};
  {
    const Ticker ticker(1ms, [&] { ++count, ticks.release(); });
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(ticks.try_acquire_for(1min));
  }
  EXPECT_GE(count, 3);
}

TEST(Ticker, DoesNothingWhileItIsHeld) {
  std::counting_semaphore<> ticks(0);
  Ticker ticker(1ms, [&] { ticks.release(); });
  EXPECT_TRUE(ticks.try_acquire_for(1min));
  auto held = ticker.hold();
  while (ticks.try_acquire()) {
  }
  EXPECT_FALSE(ticks.try_acquire_for(20ms));
  held.unlock();
  EXPECT_TRUE(ticks.try_acquire_for(1min));
}

TEST(Ticker, EndsAtOnceHoweverLongItsPeriod) {
  std::atomic<int> count{0};
  {
    const Ticker ticker(1h, [&] { ++count; });
  }
  EXPECT_EQ(count, 0);
}

TEST(Ticker, LeavesSignalsToTheOthers) {
  std::counting_semaphore<> seen(0);
  std::atomic<int> blocked{-1};
  const Ticker ticker(1ms, [&] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked = sigismember(&mask, SIGINT);
    seen.release();
  });
  EXPECT_TRUE(seen.try_acquire_for(1min));
  EXPECT_EQ(blocked, 1);
  sigset_t mine;
  pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  EXPECT_EQ(sigismember(&mine, SIGINT), 0);
}

}  // namespace
}  // namespace rootcellar
