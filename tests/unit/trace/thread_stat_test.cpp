// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/budget/thread_stat.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <latch>
#include <string>
#include <thread>

#include "userspace/trace/budget/run_delay.h"

namespace tmbpf {
namespace {

constexpr std::chrono::milliseconds kWaited{20};

TEST(ThreadStat, TellsWhereAThreadRuns) {
  cpu_set_t former{};
  ASSERT_EQ(::sched_getaffinity(0, sizeof(former), &former), 0);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &former)) {
      cpu_set_t only{};
      CPU_SET(static_cast<std::size_t>(cpu), &only);
      ASSERT_EQ(::sched_setaffinity(0, sizeof(only), &only), 0);
      const auto stat = thread_stat(::getpid(), ::gettid());
      ASSERT_TRUE(stat);
      EXPECT_TRUE(stat->runnable);
      EXPECT_EQ(stat->cpu, cpu);
    }
  }
  EXPECT_EQ(::sched_setaffinity(0, sizeof(former), &former), 0);
}

TEST(ThreadStat, TellsASleepingThreadWhateverItsName) {
  std::latch named(1);
  std::latch done(1);
  pid_t id = 0;
  std::jthread sleeper([&] {
    ::prctl(PR_SET_NAME, "x) R 1 2");
    id = ::gettid();
    named.count_down();
    done.wait();
  });
  named.wait();
  while (thread_stat(::getpid(), id).value_or(ThreadStat{.runnable = true}).runnable) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(thread_stat(::getpid(), id));
  done.count_down();
}

TEST(ThreadStat, KnowsNothingOfAThreadThatIsGone) {
  pid_t id = 0;
  std::thread([&] { id = ::gettid(); }).join();
  while (::access(("/proc/self/task/" + std::to_string(id)).c_str(), F_OK) == 0) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(thread_stat(::getpid(), id));
  EXPECT_EQ(run_delay(::getpid(), id).count(), 0);
}

// Two on one CPU: each waits for the other.
TEST(RunDelay, CountsWaitingForACpu) {
  cpu_set_t only{};
  CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &only);
  const auto work = [&](const std::stop_token& stop) {
    ::sched_setaffinity(0, sizeof(only), &only);
    while (!stop.stop_requested()) {
    }
  };
  std::jthread one(work);
  std::jthread other(work);
  const auto before = run_delay(::getpid());
  const auto waited = [&] { return run_delay(::getpid()) - before; };
  for (int i = 0; i < 1000 && waited() < kWaited; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_GE(waited(), kWaited);
}

}  // namespace
}  // namespace tmbpf
