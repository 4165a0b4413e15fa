// SPDX-License-Identifier: Apache-2.0
// Snapshots of an imagined process, all on one table, for the tests of the live view.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "userspace/model/snapshot.h"
#include "userspace/view/screen_line.h"
#include "userspace/view/table_header.h"

namespace tmbpf::test {

struct ShopBlocks {
  std::uint64_t cached = 4;   // blocks of 1000 B at cache.py:10, from two callers
  std::uint64_t parsed = 20;  // blocks of 100 B at json/decoder.py:353
  std::uint64_t logged = 1;   // one block of 300 B at log.py:5 each
};

class ImaginedShop {
 public:
  [[nodiscard]] Snapshot snapshot(const ShopBlocks& blocks = {}) const;
  // As a sample has it: each number of blocks seen in one of the sampler's groups of windows, so
  // that its error is 4.3 times itself.
  [[nodiscard]] Snapshot estimates(const ShopBlocks& blocks = {}) const;
  static TableTotals totals(int pid = 42);

 private:
  struct Place {
    std::string filename;
    std::uint32_t lineno;
    std::string function;
  };
  static void add(Snapshot& to, std::uint64_t size, std::uint64_t count,
                  const std::vector<Place>& most_recent_first);

  std::shared_ptr<TracebackTable> table_ = std::make_shared<TracebackTable>();
};

// As one text, each line ended.
std::string text_of(const ScreenLines& lines);
// The line that holds `text`; "" when none does.
std::string line_with(const ScreenLines& lines, const std::string& text);

}  // namespace tmbpf::test
