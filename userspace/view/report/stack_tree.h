// SPDX-License-Identifier: Apache-2.0
// The tracebacks of one or two snapshots as one tree, oldest frames first, with what they hold.
//
//   main 10 -+- load 42 -+- (64 B)         node 0 (main 10)       parent none
//            |           +- parse 7 (8 B)  node 1 (load 42)       parent 0   64 B
//            +- save 51 (32 B)             node 2 (parse 7)       parent 1    8 B
//                                          node 3 (save 51)       parent 0   32 B
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "userspace/model/replicate_sum.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

struct Amount {
  double size = 0;   // bytes
  double count = 0;  // blocks

  void add(const Amount& other) {
    size += other.size;
    count += other.count;
  }
  bool operator==(const Amount&) const = default;
};

// Its names are owned by the snapshots, which must outlive it.
class StackTree {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct TreeFrame {
    std::uint32_t filename = 0;  // in strings()
    std::uint32_t lineno = 0;
    std::uint32_t function = 0;  // in strings()

    bool operator==(const TreeFrame&) const = default;
  };
  struct Node {
    std::uint32_t parent = kNone;  // always before the node itself
    std::uint32_t frame = 0;       // in frames()
    // Of the tracebacks that end here.
    std::uint32_t hidden = 0;  // older frames that were not kept, of the longest of them
    Amount now;
    Amount before;
    // Of the estimates among them, in replicates(); kNone: all are exact.
    std::uint32_t now_replicates = kNone;
    std::uint32_t before_replicates = kNone;
  };
  enum class Side : std::uint8_t { now, before };

  StackTree();

  // Tracebacks are the same when their frames are, whatever their total_nframe.
  void add(const Snapshot& snapshot, Side side);

  [[nodiscard]] const std::vector<std::string_view>& strings() const { return strings_; }
  [[nodiscard]] const std::vector<TreeFrame>& frames() const { return frames_; }
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<ReplicateSum>& replicates() const { return replicates_; }

 private:
  struct TreeFrameHash {
    std::size_t operator()(const TreeFrame& frame) const;
  };

  // `ends`: of the snapshot's tracebacks, in nodes_.
  void add_replicates(const Snapshot& snapshot, Side side, const std::vector<std::uint32_t>& ends);
  std::uint32_t string_number(std::string_view text);
  std::uint32_t frame_number(const TracebackTable& table, FrameId id);
  std::uint32_t child(std::uint32_t parent, std::uint32_t frame);

  std::vector<std::string_view> strings_;
  std::unordered_map<std::string_view, std::uint32_t> string_index_;
  std::vector<TreeFrame> frames_;
  std::unordered_map<TreeFrame, std::uint32_t, TreeFrameHash> frame_index_;
  std::vector<Node> nodes_;
  std::vector<ReplicateSum> replicates_;
  std::unordered_map<std::uint64_t, std::uint32_t> node_index_;  // by parent and frame
};

}  // namespace tmbpf
