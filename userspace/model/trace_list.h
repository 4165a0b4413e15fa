// SPDX-License-Identifier: Apache-2.0
// The traces of a snapshot, in the order in which they were added. Kept small, since there may be
// millions: 24 bytes each, 8 more for times and for addresses and 4 for replicates once one has
// such. Grows without moving what it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "userspace/model/chunked_vector.h"
#include "userspace/model/trace.h"

namespace tmbpf {

class TraceList {
 public:
  class Iterator {
   public:
    using value_type = Trace;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    Iterator(const TraceList& list, std::size_t index) : list_(&list), index_(index) {}
    Trace operator*() const { return (*list_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) { return {*list_, index_++}; }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const TraceList* list_ = nullptr;
    std::size_t index_ = 0;
  };

  void push_back(const Trace& trace);

  [[nodiscard]] Trace operator[](std::size_t index) const {
    const Row& row = rows_[index];
    return {.domain = row.domain,
            .traceback = row.traceback,
            .size = row.size,
            .weight = row.weight,
            .time = times_.empty() ? 0 : times_[index],
            .address = addresses_.empty() ? 0 : addresses_[index],
            .replicates = replicates_.empty() ? 0 : replicates_[index]};
  }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Whether any trace has one.
  [[nodiscard]] bool has_addresses() const { return !addresses_.empty(); }
  [[nodiscard]] bool has_replicates() const { return !replicates_.empty(); }
  // Valid until the next push_back().
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, size()}; }

  // Calls each(domain, traceback, size, weight), which is faster than the iterator.
  template <typename Each>
  void for_each(Each each) const {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Row& row = rows_[i];
      each(row.domain, row.traceback, row.size, row.weight);
    }
  }

  // Calls each(traceback, size, replicates) for the traces that have some.
  template <typename Each>
  void for_each_estimate(Each each) const {
    for (std::size_t i = 0; i < replicates_.size(); ++i) {
      if (replicates_[i] != 0) {
        each(rows_[i].traceback, rows_[i].size, replicates_[i]);
      }
    }
  }

 private:
  struct Row {
    std::uint32_t domain;
    TracebackId traceback;
    std::uint64_t size;
    double weight;
  };
  static_assert(sizeof(Row) == 24);

  ChunkedVector<Row> rows_;
  // Empty, or one for each row:
  ChunkedVector<std::int64_t> times_;
  ChunkedVector<std::uint64_t> addresses_;
  ChunkedVector<std::uint32_t> replicates_;
};

static_assert(std::forward_iterator<TraceList::Iterator>);

}  // namespace tmbpf
