// SPDX-License-Identifier: Apache-2.0
// A file in memory that is opened by a path, as a target's binary is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "util/unique_fd.h"

namespace tmbpf {

class ImageFile {
 public:
  ImageFile();

  [[nodiscard]] std::string path() const;
  void assign(std::span<const std::byte> bytes);
  void write(std::uint64_t offset, std::span<const std::byte> bytes);

 private:
  UniqueFd fd_;
};

}  // namespace tmbpf
