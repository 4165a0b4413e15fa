// SPDX-License-Identifier: Apache-2.0
// An array map of the BPF programs, mapped into our memory (BPF_F_MMAPABLE).
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "util/error.h"

namespace tmbpf {

// T: an element; its size is a multiple of 8, as the kernel lays them out.
template <typename T>
class SharedArray {
  static_assert(sizeof(T) % 8 == 0);

 public:
  // Throws Error when the kernel refuses.
  SharedArray(int map_fd, std::size_t size) : size_(size) {
    void* memory = ::mmap(nullptr, size * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
    if (memory == MAP_FAILED) {
      throw Error(std::string("cannot map what the programs write: ") + std::strerror(errno));
    }
    elements_ = static_cast<T*>(memory);
  }
  SharedArray(const SharedArray&) = delete;
  SharedArray& operator=(const SharedArray&) = delete;
  ~SharedArray() { ::munmap(elements_, size_ * sizeof(T)); }

  [[nodiscard]] std::size_t size() const { return size_; }
  // Others write at the same time: go through std::atomic_ref.
  T& operator[](std::size_t index) const { return elements_[index]; }

 private:
  T* elements_;
  std::size_t size_;
};

}  // namespace tmbpf
