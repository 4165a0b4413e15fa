// SPDX-License-Identifier: Apache-2.0
// A ByteSource over bytes that are already in memory.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "userspace/files/byte_source.h"

namespace tmbpf {

class MemorySource : public ByteSource {
 public:
  // `bytes` must outlive this. At most `piece` of them come at a time.
  explicit MemorySource(std::string_view bytes, std::string name = "memory",
                        std::size_t piece = std::string_view::npos)
      : bytes_(bytes), rest_(bytes), piece_(piece), name_(std::move(name)) {}

  std::size_t read(std::span<char> buffer) override {
    const std::string_view part = rest_.substr(0, std::min(buffer.size(), piece_));
    std::ranges::copy(part, buffer.begin());
    rest_.remove_prefix(part.size());
    return part.size();
  }
  void rewind() override { rest_ = bytes_; }
  [[nodiscard]] std::optional<std::uint64_t> total() const override { return bytes_.size(); }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::string_view bytes_;
  std::string_view rest_;
  std::size_t piece_;
  std::string name_;
};

}  // namespace tmbpf
