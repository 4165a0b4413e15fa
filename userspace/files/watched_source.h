// SPDX-License-Identifier: Apache-2.0
// A ByteSource whose beginning can be looked at, and that tells how far it is read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "userspace/files/byte_source.h"

namespace tmbpf {

class WatchedSource : public ByteSource {
 public:
  // Calls `progress`, if any, with the bytes read of all after each piece. `source` must outlive
  // this.
  explicit WatchedSource(ByteSource& source,
                         std::function<void(std::uint64_t, std::uint64_t)> progress = {});

  // The first bytes, at most 64, whatever was read.
  [[nodiscard]] std::string_view beginning() const { return beginning_; }

  std::size_t read(std::span<char> buffer) override;
  void rewind() override;
  [[nodiscard]] std::optional<std::uint64_t> total() const override { return source_.total(); }
  [[nodiscard]] const std::string& name() const override { return source_.name(); }

 private:
  ByteSource& source_;
  std::function<void(std::uint64_t, std::uint64_t)> progress_;
  std::string beginning_;
  std::size_t handed_on_ = 0;  // of beginning_
  std::uint64_t done_ = 0;
};

}  // namespace tmbpf
