// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/csv_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "userspace/files/frame_text.h"
#include "userspace/files/text_buffer.h"
#include "userspace/files/used_tracebacks.h"

namespace tmbpf {
namespace {

constexpr std::string_view kHeader = "blocks,size,bytes,domain,file,line,function,traceback\r\n";
constexpr std::string_view kHeaderWithAddress =
    "blocks,size,bytes,domain,address,file,line,function,traceback\r\n";

constexpr std::string_view kFormulaSigns = "=+-@";

struct Row {
  std::uint32_t traceback = 0;  // number
  std::uint32_t domain = 0;
  std::uint64_t size = 0;
  std::uint64_t address = 0;
  BlockSum sum;

  [[nodiscard]] std::uint64_t bytes() const { return sum.size(); }
  [[nodiscard]] auto key() const { return std::tuple(traceback, domain, size, address); }
};

std::vector<Row> rows_of(const Snapshot& snapshot, const UsedTracebacks& used) {
  std::vector<Row> rows;
  rows.reserve(snapshot.traces().size());
  for (const Trace& trace : snapshot.traces()) {
    rows.push_back({.traceback = used.number(trace.traceback),
                    .domain = trace.domain,
                    .size = trace.size,
                    .address = trace.address});
    rows.back().sum.add(trace.size, trace.weight);
  }
  std::ranges::stable_sort(rows, {}, &Row::key);
  std::size_t kept = 0;
  for (const Row& row : rows) {
    if (kept > 0 && rows[kept - 1].key() == row.key()) {
      rows[kept - 1].sum.add(row.sum);
    } else {
      rows[kept++] = row;
    }
  }
  rows.resize(kept);
  std::ranges::stable_sort(rows, std::greater(), &Row::bytes);
  return rows;
}

std::string cell(std::string_view text) {
  std::string result = "\"";
  if (!text.empty() && kFormulaSigns.find(text.front()) != std::string_view::npos) {
    result += '\'';
  }
  for (const char c : text) {
    result += c;
    if (c == '"') {
      result += c;
    }
  }
  return result + '"';
}

std::string traceback_text(const Traceback& traceback, const TracebackTable& table) {
  std::string text;
  for (std::size_t i = traceback.frames.size(); i-- > 0;) {
    text += (text.empty() ? "" : "\n") + frame_text(table.frame(traceback.frames[i]), table);
  }
  return text;
}

// With the comma before it.
std::string address_cell(std::uint64_t address) {
  return address == 0 ? ",\"\"" : fmt::format(",\"{:#x}\"", address);
}

}  // namespace

void write_csv(const Snapshot& snapshot, ByteSink& sink) {
  const TracebackTable& table = snapshot.table();
  const UsedTracebacks used(snapshot);
  TextBuffer text(sink);
  const bool addresses = snapshot.traces().has_addresses();
  text.put(addresses ? kHeaderWithAddress : kHeader);
  for (const Row& row : rows_of(snapshot, used)) {
    const Traceback traceback = table.traceback(used.tracebacks()[row.traceback]);
    const Frame site = table.frame(traceback.frames.front());
    text.print("{},{},{},{}{},{},{},{},{}\r\n", row.sum.count(), row.size, row.bytes(), row.domain,
               addresses ? address_cell(row.address) : "",
               cell(one_line(table.string(site.filename))), site.lineno,
               cell(one_line(table.string(site.function))), cell(traceback_text(traceback, table)));
  }
  text.flush();
}

}  // namespace tmbpf
