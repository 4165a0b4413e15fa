// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/call_tree.h"

#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

#include <cstddef>

#include "userspace/model/chunked_vector.h"

namespace tmbpf {
namespace {

struct Call {
  CallTree::Node caller;
  std::uint32_t frame;  // its number

  bool operator==(const Call&) const = default;
};

using Calls = ChunkedVector<Call>;

// The tables take the low bits.
std::size_t mixed(std::uint64_t number) {
  number *= 0x9E3779B97F4A7C15ULL;
  return number ^ (number >> 32);
}

struct KeyHash {
  std::size_t operator()(std::uint64_t frame) const { return mixed(frame); }
};

// Of a call itself or of a node, which stands for its call: what is looked for has no node yet.
struct CallHash {
  using is_transparent = void;
  const Calls* calls;

  std::size_t operator()(const Call& call) const {
    return mixed(std::uint64_t{call.caller} << 32 | call.frame);
  }
  std::size_t operator()(CallTree::Node node) const { return (*this)((*calls)[node]); }
};

struct CallEqual {
  using is_transparent = void;
  const Calls* calls;

  bool operator()(CallTree::Node one, CallTree::Node other) const { return one == other; }
  bool operator()(const Call& call, CallTree::Node node) const { return call == (*calls)[node]; }
  bool operator()(CallTree::Node node, const Call& call) const { return call == (*calls)[node]; }
};

}  // namespace

struct CallTree::Content {
  Calls calls;  // by node
  ChunkedVector<std::uint64_t> frames;
  tsl::robin_map<std::uint64_t, std::uint32_t, KeyHash> numbers;  // of frames
  tsl::robin_set<Node, CallHash, CallEqual> nodes{0, CallHash{&calls}, CallEqual{&calls}};

  std::uint32_t number_of(std::uint64_t frame) {
    const auto [entry, added] =
        numbers.try_emplace(frame, static_cast<std::uint32_t>(frames.size()));
    if (added) {
      frames.push_back(frame);
    }
    return entry->second;
  }

  Node node_of(const Call& call) {
    if (const auto known = nodes.find(call); known != nodes.end()) {
      return *known;
    }
    const auto node = static_cast<Node>(calls.size());
    calls.push_back(call);
    nodes.insert(node);
    return node;
  }
};

CallTree::CallTree() : content_(std::make_unique<Content>()) {
  content_->nodes.max_load_factor(0.8F);
  content_->calls.push_back({});  // kNoFrames
}

CallTree::~CallTree() = default;

CallTree::Node CallTree::add(std::span<const std::uint64_t> frames) {
  Node node = kNoFrames;
  for (std::size_t i = frames.size(); i != 0; --i) {
    node = content_->node_of({.caller = node, .frame = content_->number_of(frames[i - 1])});
  }
  return node;
}

void CallTree::get(Node node, std::vector<std::uint64_t>& frames) const {
  frames.clear();
  for (; node != kNoFrames; node = content_->calls[node].caller) {
    frames.push_back(content_->frames[content_->calls[node].frame]);
  }
}

std::size_t CallTree::size() const { return content_->calls.size(); }

}  // namespace tmbpf
