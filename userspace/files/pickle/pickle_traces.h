// SPDX-License-Identifier: Apache-2.0
// The list of traces of a pickled snapshot -> traces of a Snapshot.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "userspace/files/pickle/pickle_heap.h"
#include "userspace/files/pickle/pickle_input.h"
#include "userspace/files/pickle/pickle_tracebacks.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

class PickleTraces {
 public:
  // All must outlive this. `list` is _Traces._traces. Throws Error when it holds anything but
  // traces, all of the same number of fields.
  PickleTraces(PickleHeap& heap, const PickleInput& input, PickleValue list);

  // Our own attributes (see pickle_writer.h); absent ones are skipped. Throw Error for another
  // form than the writer's, and for numbers that do not go with the list.
  void set_weights(PickleValue value);
  void set_domains(PickleValue value);
  void set_times(PickleValue value);
  void set_addresses(PickleValue value);

  // Adds them to the snapshot, whose table `tracebacks` fills. The heap's traces are gone then.
  void move_to(Snapshot& snapshot, PickleTracebacks& tracebacks);

 private:
  // Something that holds for the tuples `first` to `first` + `count` - 1 of the list.
  struct Stretch {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    PickleValue value;
  };
  // Goes through stretches along with the tuples.
  class Cursor {
   public:
    explicit Cursor(const std::vector<Stretch>& stretches) : stretches_(stretches) {}
    // The stretch that tuple belongs to, nullptr for none. Tuples in ascending order.
    const Stretch* at(std::uint64_t tuple) {
      while (next_ < stretches_.size() &&
             tuple >= stretches_[next_].first + stretches_[next_].count) {
        ++next_;
      }
      return next_ < stretches_.size() && tuple >= stretches_[next_].first ? &stretches_[next_]
                                                                           : nullptr;
    }

   private:
    const std::vector<Stretch>& stretches_;
    std::size_t next_ = 0;
  };

  void check_fields() const;
  [[nodiscard]] bool in_order() const;
  [[nodiscard]] std::vector<Stretch> stretches(PickleValue value, std::string_view name) const;
  [[nodiscard]] std::string_view column(PickleValue value, std::string_view attribute) const;
  template <typename Each>
  void for_each(Each each) const;
  void check_same(const PickleTrace& first, const PickleTrace& row, const Stretch& weight,
                  std::uint64_t tuple) const;
  void check_memory(const PickleTracebacks& tracebacks) const;
  [[noreturn]] void fail(PickleValue value, std::string_view what) const;

  PickleHeap& heap_;
  const PickleInput& input_;
  const PickleList& list_;
  PickleValue value_;
  std::vector<Stretch> weights_;
  std::vector<Stretch> domains_;
  std::string_view times_;
  std::string_view addresses_;
};

// Why `item`, number `index` of a list of traces, is none.
std::string why_no_trace(const PickleHeap& heap, PickleValue item, std::uint64_t index);

}  // namespace tmbpf
