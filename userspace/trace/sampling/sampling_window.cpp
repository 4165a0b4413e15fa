// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/sampling_window.h"

#include <atomic>
#include <limits>
#include <thread>
#include <type_traits>
#include <unordered_map>

#include "userspace/trace/budget/run_delay.h"
#include "userspace/trace/sampling/silent_time.h"

namespace tmbpf {
namespace {

using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::microseconds kPoll{200};
constexpr std::uint32_t kEnough = TMBPF_SAMPLES / 2;  // events; leaves room for the tail
constexpr std::uint32_t kEnoughInTail = TMBPF_SAMPLES * 7 / 8;
constexpr std::uint32_t kFewHits = 100;

template <typename T>
T load(T& shared) {
  return std::atomic_ref(shared).load();
}

template <typename T>
void store(T& shared, std::type_identity_t<T> value) {
  std::atomic_ref(shared).store(value);
}

}  // namespace

SamplingWindow::SamplingWindow(int samples_map, tmbpf_method& method, tmbpf_totals& totals,
                               pid_t pid, const tmbpf_python& python)
    : log_(samples_map, 1),
      method_(method),
      totals_(totals),
      pid_(pid),
      memory_(pid),
      python_(python),
      contents_(memory_, python) {}

std::uint32_t SamplingWindow::logged() const { return load(method_.logged); }

void SamplingWindow::begin(const Plan& plan, tmbpf_stratum stratum) {
  store(method_.stratum, static_cast<std::uint32_t>(stratum));
  store(method_.logged, std::uint32_t{0});
  store(method_.hits, std::uint32_t{0});
  store(method_.tail_hits, std::uint32_t{0});
  store(method_.own, std::uint64_t{0});
  store(method_.waited, std::uint64_t{0});
  store(method_.inside, std::uint64_t{0});
  store(method_.least, std::numeric_limits<std::uint64_t>::max());
  store(method_.span, static_cast<std::uint64_t>(plan.span.count()));
  store(method_.trap, static_cast<std::uint64_t>(plan.trap.count()));
  std::atomic_ref(method_.window).fetch_add(1);
  // What was known of code objects is checked at their first sight in each window.
  std::atomic_ref(totals_.code_generation).fetch_add(1);
}

// Whose the last hit was. In another pid namespace its number may be another's or nobody's.
pid_t SamplingWindow::last_thread() const { return static_cast<pid_t>(load(method_.thread)); }

// While nobody allocates the target's own time passes unseen by the programs, unless it waits for a
// CPU.
void SamplingWindow::wait(const Plan& plan, const std::function<void()>& meanwhile) {
  const Clock::time_point end = Clock::now() + plan.most;
  const auto span = static_cast<std::uint64_t>(plan.span.count());
  SilentTime silent(pid_);
  while (Clock::now() < end && load(method_.phase) == TMBPF_PHASE_RECORDING && logged() < kEnough) {
    std::this_thread::sleep_for(kPoll);
    meanwhile();
    const std::uint64_t own = load(method_.own);
    const std::uint64_t unseen = silent.since(load(method_.left), last_thread());
    if (own + unseen > span + static_cast<std::uint64_t>(plan.trap.count())) {
      std::uint32_t recording = TMBPF_PHASE_RECORDING;
      if (std::atomic_ref(method_.phase).compare_exchange_strong(recording, TMBPF_PHASE_TAIL)) {
        std::atomic_ref(method_.own).fetch_add(unseen);
      }
    }
  }
  store(method_.phase, std::uint32_t{TMBPF_PHASE_TAIL});
}

// Half as long as what was recorded, by hits: by the clock, the target may have been put off its
// CPU.
void SamplingWindow::wait_tail(const Plan& plan, const std::function<void()>& meanwhile) {
  const Clock::time_point end = Clock::now() + plan.most;
  while (Clock::now() < end && load(method_.tail_hits) < load(method_.hits) / 2 &&
         logged() < kEnoughInTail) {
    std::this_thread::sleep_for(kPoll);
    meanwhile();
  }
}

void SamplingWindow::take_events(WindowResult& result, const Plan& plan) {
  const std::uint32_t end = logged();
  if (end > TMBPF_SAMPLES) {
    return;
  }
  std::unordered_map<std::uint64_t, SampledBlock> blocks;
  const auto& samples = log_[0].sample;
  for (std::uint32_t i = 0; i < end; ++i) {
    const tmbpf_sample& sample = samples[i];
    if (sample.kind == TMBPF_SAMPLE_GONE) {
      blocks.erase(sample.address);
    } else {
      const auto known = blocks.find(sample.address);
      const bool same = sample.size == 0 && known != blocks.end();
      blocks[sample.address] = {.address = sample.address,
                                .stack = sample.stack,
                                .size = same ? known->second.size : sample.size,
                                .window = plan.number};
    }
  }
  std::vector<SampledBlock> recorded;
  recorded.reserve(blocks.size());
  for (const auto& [address, block] : blocks) {
    recorded.push_back(block);
  }
  result.live = see(recorded);
  const std::uint32_t last = logged();
  if (last > TMBPF_SAMPLES) {
    return;
  }
  for (std::uint32_t i = 0; i < last; ++i) {
    result.touched.push_back(samples[i].address);
    if (i >= end) {
      blocks.erase(samples[i].address);
    }
  }
  std::erase_if(result.live,
                [&blocks](const SeenBlock& seen) { return !blocks.contains(seen.block.address); });
  result.events = last;
  result.complete = true;
}

std::vector<SeenBlock> SamplingWindow::see(std::span<const SampledBlock> blocks) {
  return load(method_.stratum) == TMBPF_STRATUM_RAW
             ? see_raw_blocks(contents_, blocks)
             : see_blocks(memory_, python_, contents_, blocks);
}

WindowResult SamplingWindow::run(WindowProbes& probes, const Plan& plan,
                                 const std::function<void()>& meanwhile) {
  WindowResult result;
  result.timed = plan.trap.count() != 0;
  begin(plan, probes.stratum());
  probes.open(last_thread());
  const Clock::time_point opened = Clock::now();
  const auto delay = run_delay(pid_, last_thread());
  store(method_.run_delay, static_cast<std::uint64_t>(delay.count()));
  store(method_.left, SilentTime::monotonic());
  store(method_.phase, std::uint32_t{TMBPF_PHASE_RECORDING});
  wait(plan, meanwhile);
  const Clock::time_point recorded = Clock::now();
  result.own = nanoseconds(load(method_.own));
  result.hits = load(method_.hits);
  result.inside = nanoseconds(load(method_.inside));
  const auto waited = static_cast<double>(load(method_.waited)) * 1e-9;
  wait_tail(plan, meanwhile);
  take_events(result, plan);
  store(method_.phase, std::uint32_t{TMBPF_PHASE_CLOSED});
  std::atomic_ref(method_.window).fetch_add(1);
  probes.close(last_thread());
  const Clock::time_point closed = Clock::now();
  // In the tail the target is slowed down as before.
  const double wall = std::chrono::duration<double>(recorded - opened).count();
  const double own = std::chrono::duration<double>(result.own).count();
  const double rest = wall - own - waited;
  const double slowed = rest > 0 ? rest / wall : 0;
  result.cost = std::chrono::duration_cast<nanoseconds>((closed - opened) * slowed);
  const std::uint64_t least = load(method_.least);
  result.least_gap = nanoseconds(result.hits >= kFewHits ? least : 0);
  return result;
}

}  // namespace tmbpf
