// SPDX-License-Identifier: Apache-2.0
// By which share of its time a target came later in the last seconds, and how far that is over a
// budget.
#pragma once

#include <chrono>
#include <deque>

namespace tmbpf {

// The target's own time, in `elapsed`: what its threads ran for without what tracing cost it.
// Python code runs in one thread at a time, so that of the time of several threads no more counts
// than has passed; and of a target that hardly runs a twentieth, so that the little that it does
// may be traced.
std::chrono::duration<double> own_time(std::chrono::duration<double> cpu,
                                       std::chrono::duration<double> cost,
                                       std::chrono::duration<double> elapsed);

class Slowdown {
 public:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  // `budget`: the share of its time that the target may lose.
  explicit Slowdown(double budget) : budget_(budget) {}

  // What tracing cost the target.
  struct Cost {
    Seconds all{0};
    Seconds avoidable{0};  // of that, what the next mode would not cost
  };
  // At `now` its threads had run for `cpu`, with what tracing cost it: `cost` since the last call.
  void add(Clock::time_point now, Seconds cpu, const Cost& cost);

  // By which share of its own time it came later.
  struct Shares {
    double all = 0;
    double rest = 0;  // without what is avoidable
  };
  [[nodiscard]] Shares of_last(Seconds time) const;
  // Whether more was spent than the budget allows, by more than a burst.
  [[nodiscard]] bool is_overrun() const;
  // What is spent counts from now on.
  void forgive() { debt_ = Seconds(0); }

 private:
  struct Point {
    Clock::time_point at;
    Seconds cpu{0};  // since the point before
    Cost cost;       // likewise
  };
  static Seconds own(const Point& point, Seconds elapsed);

  double budget_;
  std::deque<Point> points_;
  Seconds cpu_{0};   // when add() was last called
  Seconds debt_{0};  // cost beyond the budget
};

}  // namespace tmbpf
