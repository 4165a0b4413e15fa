// SPDX-License-Identifier: Apache-2.0
// The chunks in which the BPF programs keep pymalloc's blocks (struct tmbpf_chunk): made as they
// are needed, and mapped.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "bpf/tmbpf.h"
#include "userspace/trace/shared_array.h"

namespace tmbpf {

// Of any thread.
class ChunksMap {
 public:
  struct Maps {
    int chunks = -1;
    int regions = -1;
  };
  // Makes `chunks` and some spare. Throws Error when the kernel refuses. Everything must outlive
  // it.
  ChunksMap(Maps maps, tmbpf_totals& totals, std::uint32_t chunks);

  // To be called every few milliseconds, so that the programs find a chunk for a new region.
  // Without memory for it, its blocks go into the traces map.
  void keep_spare();

  // Each block that is recorded: its address and what is known of it.
  using Visit = std::function<void(std::uint64_t address, const tmbpf_trace& trace)>;
  void for_each(const Visit& visit) const;
  // The same, and takes them out. What a program takes or puts meanwhile stays its own.
  void take_all(const Visit& visit);
  // Marks every block that is recorded; the mark goes when a program writes its slot.
  void mark_all();
  // Each block that is recorded and still marked.
  void for_each_marked(const Visit& visit) const;
  // Takes a block out if it is still marked as it was found; false when a program came before.
  bool take_marked(std::uint64_t address, const tmbpf_trace& trace);
  // Nothing is recorded there: size 0.
  [[nodiscard]] tmbpf_trace find(std::uint64_t address) const;
  [[nodiscard]] std::uint64_t memory() const;  // bytes in the kernel

 private:
  using Chunk = SharedArray<tmbpf_chunk>;
  void make(std::uint32_t count);
  [[nodiscard]] bool put(const std::vector<std::uint32_t>& indices,
                         const std::vector<std::uint32_t>& numbers) const;
  [[nodiscard]] std::vector<std::pair<std::uint64_t, Chunk*>> regions() const;
  [[nodiscard]] std::uint32_t* slot_of(std::uint64_t address) const;
  [[nodiscard]] Chunk* chunk_of(std::uint32_t region) const;

  int chunks_fd_;
  SharedArray<tmbpf_region> regions_;
  tmbpf_totals& totals_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
};

}  // namespace tmbpf
