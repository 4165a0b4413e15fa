// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/folded_writer.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "userspace/files/frame_text.h"
#include "userspace/files/text_buffer.h"
#include "userspace/files/used_tracebacks.h"

namespace tmbpf {
namespace {

// The texts of frames, sorted, each once; a frame is known by the place of its text, so that stacks
// are compared as numbers.
class FrameTexts {
 public:
  FrameTexts(const TracebackTable& table, const UsedTracebacks& used);

  [[nodiscard]] std::uint32_t rank(std::uint32_t frame_number) const {
    return ranks_[frame_number];
  }
  [[nodiscard]] const std::string& text(std::uint32_t rank) const { return texts_[rank]; }

 private:
  std::vector<std::string> texts_;
  std::vector<std::uint32_t> ranks_;
};

FrameTexts::FrameTexts(const TracebackTable& table, const UsedTracebacks& used) {
  std::vector<std::string> texts;
  for (const FrameId id : used.frames()) {
    texts.push_back(frame_text(table.frame(id), table));
    std::ranges::replace(texts.back(), ';', ':');
  }
  texts_ = texts;
  std::ranges::sort(texts_);
  texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
  for (const std::string& text : texts) {
    const auto place = std::ranges::lower_bound(texts_, text);
    ranks_.push_back(static_cast<std::uint32_t>(place - texts_.begin()));
  }
}

class FoldedBuilder {
 public:
  explicit FoldedBuilder(const Snapshot& snapshot)
      : table_(snapshot.table()),
        used_(snapshot),
        texts_(table_, used_),
        sums_(sums_by_traceback(snapshot, used_)) {}

  void write(ByteSink& sink, FoldedValue value) const;

 private:
  [[nodiscard]] std::span<const FrameId> frames(std::uint32_t number) const {
    return table_.traceback(used_.tracebacks()[number]).frames;
  }
  [[nodiscard]] std::uint32_t rank(FrameId id) const { return texts_.rank(used_.number(id)); }
  // Of tracebacks: by their frames' texts, the oldest first.
  [[nodiscard]] bool is_before(std::uint32_t left, std::uint32_t right) const;
  [[nodiscard]] bool looks_like(std::uint32_t left, std::uint32_t right) const;

  const TracebackTable& table_;
  UsedTracebacks used_;
  FrameTexts texts_;
  std::vector<BlockSum> sums_;
};

bool FoldedBuilder::is_before(std::uint32_t left, std::uint32_t right) const {
  const auto one = frames(left);
  const auto other = frames(right);
  return std::lexicographical_compare(one.rbegin(), one.rend(), other.rbegin(), other.rend(),
                                      [this](FrameId a, FrameId b) { return rank(a) < rank(b); });
}

bool FoldedBuilder::looks_like(std::uint32_t left, std::uint32_t right) const {
  return std::ranges::equal(frames(left), frames(right),
                            [this](FrameId a, FrameId b) { return rank(a) == rank(b); });
}

void FoldedBuilder::write(ByteSink& sink, FoldedValue value) const {
  std::vector<std::uint32_t> order(sums_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(
      order, [this](std::uint32_t left, std::uint32_t right) { return is_before(left, right); });
  TextBuffer text(sink);
  for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
    BlockSum sum;
    for (; last < order.size() && looks_like(order[first], order[last]); ++last) {
      sum.add(sums_[order[last]]);
    }
    std::string_view between;
    const auto stack = frames(order[first]);
    for (std::size_t i = stack.size(); i-- > 0;) {
      text.put(between);
      text.put(texts_.text(rank(stack[i])));
      between = ";";
    }
    text.print(" {}\n", value == FoldedValue::bytes ? sum.size() : sum.count());
  }
  text.flush();
}

}  // namespace

void write_folded(const Snapshot& snapshot, ByteSink& sink, FoldedValue value) {
  FoldedBuilder(snapshot).write(sink, value);
}

}  // namespace tmbpf
