// SPDX-License-Identifier: Apache-2.0
// Pickles that no longer are what was written.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/pickle/snapshot_text.h"
#include "tests/unit/pickle/weighted_snapshot.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

TEST(DamagedPickle, IsRefusedWhereverItIsCutShort) {
  const std::string bytes = pickled(weighted_snapshot(2));
  for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 50) {
    const std::string message = refusal(std::string_view(bytes).substr(0, length));
    EXPECT_NE(message.find("cannot read x.pickle: byte "), std::string::npos) << length;
  }
  EXPECT_EQ(refusal(std::string_view(bytes).substr(0, 15)),
            "cannot read x.pickle: byte 15: the file ends in the middle of the pickle: it was cut "
            "short");
  EXPECT_EQ(refusal(std::string_view(bytes).substr(0, 20)),
            "cannot read x.pickle: byte 15: opcode SHORT_BINUNICODE: a string of 8 bytes, the file "
            "has not so many left");
}

TEST(DamagedPickle, IsReadOrRefusedWhateverByteIsAnother) {
  const std::string bytes = pickled(weighted_snapshot(4), PickleForm::python_3_4);
  std::mt19937 random(1);
  unsigned refused = 0;
  for (unsigned i = 0; i < 3000; ++i) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    refused += refusal(damaged).empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 300U);
}

TEST(DamagedPickle, MayHaveMoreAfterItsEnd) {
  const Snapshot snapshot = weighted_snapshot(6);
  EXPECT_EQ(full_text(unpickled(pickled(snapshot) + "more")), full_text(snapshot));
}

}  // namespace
}  // namespace tmbpf::test
