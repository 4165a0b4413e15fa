// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/weight_sum.h"

#include "userspace/model/estimate_error.h"
#include "userspace/model/replicate_sum.h"

namespace tmbpf {

double error_of(const WeightSum& sum) {
  Replicates replicates;
  for (std::size_t group = 0; group < kReplicates; ++group) {
    replicates[group] = static_cast<float>(sum.without(group));
  }
  ReplicateSum values;
  values.add(1, replicates);
  return static_cast<double>(error_of(values).size);
}

}  // namespace tmbpf
