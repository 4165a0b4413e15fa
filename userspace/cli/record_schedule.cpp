// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/record_schedule.h"

namespace tmbpf {

RecordSchedule::RecordSchedule(const RecordRule& rule, Time begin, std::uint64_t traced)
    : rule_(rule), next_(rule.interval ? begin + *rule.interval : Time::max()), traced_(traced) {}

bool RecordSchedule::due(Time now, std::uint64_t traced) const {
  const bool grown = rule_.threshold && traced > traced_ && traced - traced_ >= *rule_.threshold;
  return grown || now >= next_;
}

void RecordSchedule::taken(Time now, std::uint64_t traced) {
  traced_ = traced;
  if (!rule_.interval) {
    return;
  }
  if (now < next_) {
    next_ = now + *rule_.interval;
  } else {
    next_ += *rule_.interval * ((now - next_) / *rule_.interval + 1);
  }
}

}  // namespace tmbpf
