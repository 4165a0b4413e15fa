// SPDX-License-Identifier: Apache-2.0
// A ByteSource that decompresses another: gzip, also several members one after the other.
#pragma once

#include <zlib.h>

#include <vector>

#include "userspace/files/byte_source.h"

namespace tmbpf {

class GzipSource : public ByteSource {
 public:
  // `source` must outlive this.
  explicit GzipSource(ByteSource& source);
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  GzipSource(GzipSource&&) = delete;
  GzipSource& operator=(GzipSource&&) = delete;
  ~GzipSource() override;

  // Throws Error also for what is no gzip, damaged or cut short.
  std::size_t read(std::span<char> buffer) override;
  void rewind() override;
  [[nodiscard]] std::optional<std::uint64_t> total() const override { return std::nullopt; }
  [[nodiscard]] const std::string& name() const override { return source_.name(); }

  // Compressed bytes taken so far.
  [[nodiscard]] std::uint64_t consumed() const { return consumed_; }

 private:
  bool refill();
  [[noreturn]] void fail(const char* why) const;

  ByteSource& source_;
  z_stream stream_{};
  std::vector<char> input_;
  std::uint64_t consumed_ = 0;
  bool in_member_ = true;
  bool ended_ = false;
};

}  // namespace tmbpf
