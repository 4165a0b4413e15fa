// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/watched_source.h"

#include <algorithm>
#include <utility>

namespace tmbpf {
namespace {

constexpr std::size_t kBeginning = 64;

}  // namespace

WatchedSource::WatchedSource(ByteSource& source,
                             std::function<void(std::uint64_t, std::uint64_t)> progress)
    : source_(source), progress_(std::move(progress)), beginning_(kBeginning, '\0') {
  std::size_t size = 0;
  for (std::size_t part = 1; part > 0 && size < kBeginning; size += part) {
    part = source_.read(std::span(beginning_).subspan(size));
  }
  beginning_.resize(size);
}

std::size_t WatchedSource::read(std::span<char> buffer) {
  if (handed_on_ < beginning_.size()) {
    const std::string_view rest = std::string_view(beginning_).substr(handed_on_);
    const std::size_t size = std::min(rest.size(), buffer.size());
    std::ranges::copy(rest.substr(0, size), buffer.begin());
    handed_on_ += size;
    done_ += size;
    return size;
  }
  const std::size_t size = source_.read(buffer);
  done_ += size;
  if (progress_) {
    progress_(done_, source_.total().value_or(0));
  }
  return size;
}

void WatchedSource::rewind() {
  source_.rewind();
  handed_on_ = beginning_.size();
  done_ = 0;
}

}  // namespace tmbpf
