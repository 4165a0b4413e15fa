// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_input.h"

#include <fmt/format.h>

#include <algorithm>

#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::size_t kBufferSize = 256UL << 10U;
constexpr std::size_t kMostQuoted = 80;
constexpr const char* kHint =
    "Expected a snapshot as tracemalloc.Snapshot.dump() of Python 3.4 to 3.15 or pytracemalloc 0.8 "
    "to 1.4 writes it. Nothing in the file was executed.";

}  // namespace

PickleInput::PickleInput(ByteSource& source) : source_(source), buffer_(kBufferSize) {}

bool PickleInput::may_have(std::uint64_t size) const {
  const auto total = source_.total();
  return !total || (position() <= *total && size <= *total - position());
}

void PickleInput::refill() {
  base_ += end_;
  next_ = 0;
  end_ = 0;
  end_ = source_.read(buffer_);
  if (end_ == 0) {
    fail(base_, "the file ends in the middle of the pickle: it was cut short");
  }
}

std::string PickleInput::bytes(std::uint64_t size) {
  std::string result;
  while (size > 0) {
    if (next_ == end_) {
      refill();
    }
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_ - next_));
    result.append(buffer_.data() + next_, part);
    next_ += part;
    size -= part;
  }
  return result;
}

std::string PickleInput::line(std::uint64_t limit) {
  const std::uint64_t start = position();
  std::string result;
  for (;;) {
    if (next_ == end_) {
      refill();
    }
    const std::string_view available(buffer_.data() + next_, end_ - next_);
    const std::size_t newline = available.find('\n');
    result += available.substr(0, newline);
    if (result.size() > limit) {
      fail(start, fmt::format("a line of more than {} bytes", limit));
    }
    if (newline != std::string_view::npos) {
      next_ += newline + 1;
      return result;
    }
    next_ = end_;
  }
}

void PickleInput::fail(std::uint64_t offset, std::string_view what) const {
  throw Error(fmt::format("cannot read {}: byte {}: {}", source_.name(), offset, what), kHint);
}

std::string shown(std::string_view text) {
  std::string result = "'";
  for (const char c : text.substr(0, kMostQuoted)) {
    if (c >= ' ' && c <= '~') {
      result += c;
    } else {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return result + (text.size() > kMostQuoted ? "'..." : "'");
}

}  // namespace tmbpf
