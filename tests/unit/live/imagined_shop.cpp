// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/live/imagined_shop.h"

namespace tmbpf::test {

void ImaginedShop::add(Snapshot& to, std::uint64_t size, std::uint64_t count,
                       const std::vector<Place>& most_recent_first) {
  std::vector<FrameId> frames;
  for (const Place& place : most_recent_first) {
    frames.push_back(
        to.add_frame(to.add_string(place.filename), place.lineno, to.add_string(place.function)));
  }
  const auto total = static_cast<std::uint32_t>(frames.size());
  const TracebackId traceback = to.add_traceback(frames, total);
  if (count > 0) {  // as a summary has them: those of one traceback added up
    to.add_trace({.traceback = traceback, .size = size, .weight = static_cast<double>(count)});
  }
}

Snapshot ImaginedShop::snapshot(const ShopBlocks& blocks) const {
  const Place main{"/srv/shop/main.py", 3, "main"};
  const Place serve{"/srv/shop/main.py", 8, "serve"};
  Snapshot result(table_);
  add(result, 1000, blocks.cached - blocks.cached / 4,
      {{"/srv/shop/cache.py", 10, "Cache.put"}, serve, main});
  add(result, 1000, blocks.cached / 4, {{"/srv/shop/cache.py", 10, "Cache.put"}, main});
  add(result, 100, blocks.parsed,
      {{"/usr/lib/python3/json/decoder.py", 353, "decode"}, serve, main});
  add(result, 300, blocks.logged, {{"/srv/shop/log.py", 5, "log"}, main});
  return result;
}

Snapshot ImaginedShop::estimates(const ShopBlocks& blocks) const {
  const Snapshot exact = snapshot(blocks);
  Snapshot result(table_);
  result.set_metadata("pid", std::int64_t{42});
  result.set_metadata("attached", 1.7e9);
  std::size_t group = 0;
  for (Trace trace : exact.traces()) {
    Replicates replicates{};
    replicates.fill(static_cast<float>(trace.weight * 20 / 19));
    replicates[group++] = 0;
    trace.replicates = result.add_replicates(replicates);
    result.add_trace(trace);
  }
  return result;
}

TableTotals ImaginedShop::totals(int pid) {
  return {.pid = pid,
          .command = "python3 (CPython 3.11.2)",
          .state = "tracing",
          .elapsed = 12.7,
          .mode = "exact",
          .frames = 10,
          .traced_peak = 9000,
          .process_rss = 89000000,
          .tracer_memory = 34000000,
          .coverage = 1.0};
}

std::string text_of(const ScreenLines& lines) {
  std::string text;
  for (const ScreenLine& line : lines) {
    text += line.text + '\n';
  }
  return text;
}

std::string line_with(const ScreenLines& lines, const std::string& text) {
  for (const ScreenLine& line : lines) {
    if (line.text.find(text) != std::string::npos) {
      return line.text;
    }
  }
  return "";
}

}  // namespace tmbpf::test
