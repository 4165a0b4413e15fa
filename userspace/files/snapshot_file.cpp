// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/snapshot_file.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "userspace/files/csv_writer.h"
#include "userspace/files/file_source.h"
#include "userspace/files/folded_writer.h"
#include "userspace/files/json/json_reader.h"
#include "userspace/files/json/json_writer.h"
#include "userspace/files/output_file.h"
#include "userspace/files/pickle/pickle_reader.h"
#include "userspace/files/pickle/pickle_writer.h"
#include "userspace/files/pprof/pprof_reader.h"
#include "userspace/files/pprof/pprof_writer.h"
#include "userspace/files/speedscope_writer.h"
#include "userspace/files/watched_source.h"
#include "util/error.h"

namespace tmbpf {
namespace {

struct Format {
  std::string_view extension;
  std::string_view reader;
  void (*write)(const Snapshot&, ByteSink&, PickleForm);
};

// As one of Format, for formats that have no forms.
template <void (*write)(const Snapshot&, ByteSink&)>
void write_any_form(const Snapshot& snapshot, ByteSink& sink, PickleForm /*form*/) {
  write(snapshot, sink);
}

template <FoldedValue value>
void write_folded_value(const Snapshot& snapshot, ByteSink& sink) {
  write_folded(snapshot, sink, value);
}

// An extension before those that it ends with.
constexpr std::array kFormats{
    Format{".pickle", "Python's tracemalloc.Snapshot.load", write_pickle},
    Format{".pb.gz", "go tool pprof", write_any_form<write_pprof>},
    Format{".speedscope.json", "speedscope", write_any_form<write_speedscope>},
    Format{".json", "tmbpf and scripts", write_any_form<write_json>},
    Format{".count.folded", "flame graph tools, blocks",
           write_any_form<write_folded_value<FoldedValue::blocks>>},
    Format{".folded", "flame graph tools, bytes",
           write_any_form<write_folded_value<FoldedValue::bytes>>},
    Format{".csv", "spreadsheets", write_any_form<write_csv>},
};

const Format& format_of(const std::string& path) {
  for (const Format& format : kFormats) {
    if (path.ends_with(format.extension)) {
      return format;
    }
  }
  std::string known;
  for (const Format& format : kFormats) {
    known += fmt::format("{}{} ({})", known.empty() ? "" : ", ", format.extension, format.reader);
  }
  throw Error(fmt::format("cannot write {}: its extension names no known format", path),
              fmt::format("Known extensions: {}.", known), ExitStatus::usage);
}

}  // namespace

void write_snapshot(const Snapshot& snapshot, const std::string& path, PickleForm form) {
  const Format& format = format_of(path);
  OutputFile file(path);
  format.write(snapshot, file.sink(), form);
  file.commit();
}

Snapshot read_snapshot(const std::string& path, std::shared_ptr<TracebackTable> table,
                       const ReadProgress& progress, const ReadScope& scope) {
  FileSource file(path);
  WatchedSource source(file, progress);
  if (is_gzip(source.beginning())) {
    return read_pprof(source, std::move(table), scope);
  }
  if (is_pickle(source.beginning())) {
    return read_pickle(source, std::move(table));
  }
  if (is_json(source.beginning())) {
    return read_json(source, std::move(table));
  }
  throw Error(fmt::format("cannot read {}: byte 0: no known format begins like this", path),
              "Give a file that tmbpf or Python's tracemalloc.Snapshot.dump() wrote.");
}

std::vector<std::string> known_extensions() {
  std::vector<std::string> extensions;
  extensions.reserve(kFormats.size());
  for (const Format& format : kFormats) {
    extensions.emplace_back(format.extension);
  }
  return extensions;
}

void check_output_path(const std::string& path) {
  format_of(path);
  check_replaceable(path);
}

}  // namespace tmbpf
