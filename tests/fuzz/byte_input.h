// SPDX-License-Identifier: Apache-2.0
// Takes a fuzzer's bytes from the front; past their end there are zeros. (The seeds are written in
// the same order, which LLVM's FuzzedDataProvider, that takes from both ends, would not allow.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tmbpf {

class ByteInput {
 public:
  ByteInput(const std::uint8_t* data, std::size_t size)
      : bytes_(reinterpret_cast<const std::byte*>(data), size) {}

  [[nodiscard]] bool empty() const { return bytes_.empty(); }

  // At most `size` bytes.
  std::span<const std::byte> take(std::size_t size) {
    const auto taken = bytes_.first(std::min(size, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  std::span<const std::byte> rest() { return take(bytes_.size()); }

  template <typename T>
  T number() {
    T value{};
    const auto taken = take(sizeof(T));
    if (!taken.empty()) {
      std::memcpy(&value, taken.data(), taken.size());
    }
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace tmbpf
