// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/coverage_watch.h"

#include <utility>

#include "symbols/process/process_memory.h"
#include "userspace/trace/coverage.h"

namespace tmbpf {
namespace {

constexpr std::chrono::seconds kRecent{1};

}  // namespace

CoverageWatch::CoverageWatch(pid_t pid, const tmbpf_python& python, const TracesMap& traces,
                             bool sees_frees, BlockSet baseline)
    : pid_(pid),
      python_(python),
      traces_(traces),
      sees_frees_(sees_frees),
      baseline_(std::move(baseline)) {}

CoverageWatch::Measured CoverageWatch::measure_now() {
  auto coverage = measure_coverage(
      ProcessMemory(pid_), python_, baseline_,
      {.read_all = [this] { return traces_.read(); },
       .contains = [this](std::uint64_t address) { return traces_.contains(address); },
       .sees_frees = sees_frees_});
  return {.coverage = std::move(coverage), .at = Clock::now()};
}

void CoverageWatch::finish() {
  if (running_.valid()) {
    last_ = running_.get();
  }
}

std::optional<Coverage> CoverageWatch::measure() {
  finish();  // it may have begun before what the caller wants to know
  last_ = measure_now();
  return last_->coverage;
}

RecentCoverage CoverageWatch::recent(std::chrono::milliseconds patience) {
  using std::future_status;
  if (running_.valid() && running_.wait_for(std::chrono::seconds(0)) == future_status::ready) {
    finish();
  }
  if (!running_.valid() && (!last_ || Clock::now() - last_->at > kRecent)) {
    running_ = std::async(std::launch::async, [this] { return measure_now(); });
  }
  if (running_.valid() && running_.wait_for(patience) == future_status::ready) {
    finish();
  }
  if (!last_) {
    return {};
  }
  const std::chrono::duration<double> age = Clock::now() - last_->at;
  return {.coverage = last_->coverage, .age = age.count()};
}

void CoverageWatch::renew_baseline() {
  finish();
  baseline_ = read_baseline(ProcessMemory(pid_), python_);
}

}  // namespace tmbpf
