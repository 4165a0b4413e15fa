// SPDX-License-Identifier: Apache-2.0
// Whether a block is still the same, told from its content: over types and objects that the test
// makes in its own memory.
#include "symbols/heap/block_content.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace tmbpf {
namespace {

// Py_TPFLAGS_ of object.h.
constexpr std::uint64_t kReady = 1U << 12U;
constexpr std::uint64_t kHaveGc = 1U << 14U;
constexpr std::uint64_t kText = 1U << 28U;
constexpr std::uint64_t kTuple = 1U << 26U;
constexpr std::uint64_t kTypes = 1U << 31U;

struct FakeType {
  std::uint64_t refcnt = 1;
  const FakeType* type = nullptr;
  std::uint64_t flags = 0;
  std::uint64_t basicsize = 0;
  std::uint64_t itemsize = 0;
};

using Block = std::array<std::uint64_t, 8>;

class BlockContentTest : public testing::Test {
 protected:
  BlockContentTest() {
    python_.object_ob_type = 8;
    python_.type_tp_flags = 16;
    python_.type_tp_basicsize = 24;
    python_.type_tp_itemsize = 32;
    python_.object_ob_size = 16;
  }

  BlockContent content_of(const Block& block) {
    const BlockContents::Place place{.address = reinterpret_cast<std::uint64_t>(block.data()),
                                     .size = sizeof(block)};
    return contents_.read(std::span(&place, 1)).front();
  }
  // Whether the block seems the same after `change`.
  template <typename Change>
  bool survives(Block block, Change change) {
    const BlockContent before = content_of(block);
    change(block);
    return contents_.is_same(before, content_of(block));
  }
  static std::uint64_t word(const FakeType& type) { return reinterpret_cast<std::uint64_t>(&type); }

  FakeType meta_{.type = &meta_, .flags = kReady | kTypes};
  FakeType fixed_{.type = &meta_, .flags = kReady};
  FakeType changing_{.type = &meta_, .flags = kReady | kHaveGc};
  FakeType text_{.type = &meta_, .flags = kReady | kText};
  FakeType tuple_{.type = &meta_, .flags = kReady | kHaveGc | kTuple};
  tmbpf_python python_{};
  ProcessMemory memory_{::getpid()};
  BlockContents contents_{memory_, python_};
};

TEST_F(BlockContentTest, an_object_is_found_behind_its_collectors_header) {
  EXPECT_EQ(content_of({1, word(fixed_), 5}).type_word, 1);
  EXPECT_EQ(content_of({0, 0, 1, word(changing_)}).type_word, 3);
  EXPECT_EQ(content_of({0, 0, 0, 0, 1, word(changing_)}).type_word, 5);
  EXPECT_EQ(content_of({1, 2, 3, 4, 5, 6}).type_word, 0);
}

// What lies at the flags' distance from a PyGC_Head may be any number.
TEST_F(BlockContentTest, a_link_to_a_neighbour_is_no_type) {
  const FakeType first{.flags = kReady};
  const FakeType second{.type = &first, .flags = kReady | kTypes};
  const FakeType neighbour{.type = &second, .flags = kReady};
  EXPECT_EQ(content_of({0, word(neighbour), 1, word(changing_)}).type_word, 3);
  FakeType ring{.flags = kReady | kTypes};
  const FakeType other{.type = &ring, .flags = kReady | kTypes};
  ring.type = &other;
  EXPECT_EQ(content_of({0, word(ring), 1, word(changing_)}).type_word, 3);
}

TEST_F(BlockContentTest, a_type_may_have_a_metaclass) {
  const FakeType metaclass{.type = &meta_, .flags = kReady | kTypes};
  const FakeType made{.type = &metaclass, .flags = kReady};
  EXPECT_EQ(content_of({1, word(made), 5}).type_word, 1);
}

TEST_F(BlockContentTest, what_was_asked_for_stands_in_the_type) {
  const FakeType list{.type = &meta_, .flags = kReady | kHaveGc, .basicsize = 40};
  const FakeType tuple{
      .type = &meta_, .flags = kReady | kHaveGc | kTuple, .basicsize = 24, .itemsize = 8};
  const FakeType lying{.type = &meta_, .flags = kReady, .basicsize = 24, .itemsize = ~0ULL};
  EXPECT_EQ(contents_.requested(content_of({0, 0, 1, word(list), 4})), 56U);
  EXPECT_EQ(contents_.requested(content_of({0, 0, 1, word(tuple), 3})), 64U);
  EXPECT_EQ(contents_.requested(content_of({1, word(tuple), 3})), 48U);
  EXPECT_EQ(contents_.requested(content_of({1, word(tuple), ~0ULL})), 0U);
  EXPECT_EQ(contents_.requested(content_of({1, word(lying), 3})), 0U);
  EXPECT_EQ(contents_.requested(content_of({1, 2, 3})), 0U);
}

TEST_F(BlockContentTest, counts_and_links_may_change) {
  EXPECT_TRUE(survives({1, word(fixed_), 5}, [](Block& block) { block[0] = 4; }));
  EXPECT_TRUE(survives({16, 32, 1, word(changing_), 5, 6, 7, 8}, [](Block& block) {
    block[0] = 48;
    block[1] = 64;
    block[2] = 3;
  }));
}

TEST_F(BlockContentTest, an_object_without_references_lies_in_a_free_list) {
  EXPECT_FALSE(survives({1, word(fixed_), 5}, [](Block& block) { block[0] = 0; }));
}

TEST_F(BlockContentTest, what_cannot_change_must_not) {
  EXPECT_FALSE(survives({1, word(fixed_), 5}, [](Block& block) { block[2] = 6; }));
  EXPECT_FALSE(survives({1, word(text_), 9, 77, 0, 0, 1, 2}, [](Block& block) { block[7] = 3; }));
  EXPECT_TRUE(survives({1, word(text_), 9, ~0ULL, 0, 0, 1, 2}, [](Block& block) { block[3] = 4; }))
      << "a string's hash is computed when it is asked for";
  EXPECT_FALSE(
      survives({0, 0, 1, word(tuple_), 3, 10, 20, 30}, [](Block& block) { block[5] = 11; }));
  EXPECT_TRUE(survives({0, 0, 1, word(tuple_), 3, ~0ULL, 20, 30}, [](Block& block) {
    block[5] = 11;
  })) << "so is a tuple's, since 3.14";
}

TEST_F(BlockContentTest, what_may_change_may_by_half) {
  const Block block{0, 0, 1, word(changing_), 5, 6, 7, 8};
  EXPECT_TRUE(survives(block, [](Block& now) { now[4] = now[5] = 0; }));
  EXPECT_FALSE(survives(block, [](Block& now) { now[4] = now[5] = now[6] = 0; }));
  EXPECT_FALSE(survives(block, [this](Block& now) { now[3] = word(tuple_); }));
}

TEST_F(BlockContentTest, a_block_that_is_no_object_begins_as_before) {
  const Block block{10, 20, 30, 40, 50, 60, 70, 80};
  EXPECT_TRUE(survives(block, [](Block& now) { now[7] = now[6] = 0; }));
  EXPECT_FALSE(survives(block, [](Block& now) { now[1] = 0; }));
}

TEST_F(BlockContentTest, what_cannot_be_read_is_gone) {
  const Block block{1, word(fixed_), 5};
  const BlockContent before = content_of(block);
  const BlockContents::Place nowhere{.address = 0x10, .size = 64};
  const BlockContent now = contents_.read(std::span(&nowhere, 1)).front();
  EXPECT_EQ(now.size, 0);
  EXPECT_FALSE(contents_.is_same(before, now));
}

}  // namespace
}  // namespace tmbpf
