// SPDX-License-Identifier: Apache-2.0
#include "tests/report/service_snapshot.h"

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace tmbpf::test {
namespace {

struct FrameLine {
  std::string file;
  std::uint32_t line = 0;
  std::string function;
};

std::string with_folders(std::string text) {
  static const std::vector<std::pair<std::string, std::string>> folders{
      {"$app", "/srv/orders/app/orders"},
      {"$lib", "/srv/orders/lib/python3.11/site-packages"},
      {"$std", "/usr/lib/python3.11"}};
  for (const auto& [word, folder] : folders) {
    if (text.starts_with(word)) {
      text.replace(0, word.size(), folder);
    }
  }
  return text;
}

class ServiceReader {
 public:
  explicit ServiceReader(ServiceSnapshots& result) : result_(result) {}

  void read(const std::string& text) {
    static const std::regex frame(R"(( *)([^*\s].*?):(\d+) (\S*)(?: \| (.*))?)");
    static const std::regex blocks(R"( *\* (\d+) (\d+) (\d+))");
    std::smatch match;
    if (std::regex_match(text, match, blocks)) {
      add(result_.now, std::stoull(match[1]), std::stoi(match[2]));
      add(result_.before, std::stoull(match[1]), std::stoi(match[3]));
    } else if (std::regex_match(text, match, frame)) {
      stack_.resize(static_cast<std::size_t>(match[1].length()) / 2);
      const std::string file = with_folders(match[2]);
      stack_.push_back({file, static_cast<std::uint32_t>(std::stoul(match[3])), match[4]});
      result_.sources[file + ":" + match[3].str()] = match[5];
    } else if (!text.starts_with('#')) {
      throw std::runtime_error("neither a frame nor blocks: " + text);
    }
  }

 private:
  void add(Snapshot& snapshot, std::uint64_t size, int count) {
    std::vector<FrameId> frames;
    for (const FrameLine& frame : stack_) {
      frames.push_back(snapshot.add_frame(snapshot.add_string(frame.file), frame.line,
                                          snapshot.add_string(frame.function)));
    }
    std::ranges::reverse(frames);
    const TracebackId id =
        snapshot.add_traceback(frames, static_cast<std::uint32_t>(frames.size()));
    for (int i = 0; i < count; ++i) {
      snapshot.add_trace({.traceback = id, .size = size});
    }
  }

  ServiceSnapshots& result_;
  std::vector<FrameLine> stack_;
};

SnapshotMetadata metadata_at(double time, std::uint64_t rss) {
  return {.tracer_version = "0.1.0",
          .mode = "exact",
          .state = "running",
          .pid = 4242,
          .command = "/srv/orders/bin/python3 /srv/orders/bin/gunicorn -k gthread orders.wsgi:app",
          .python = "3.11.2",
          .attached = 1741500331,
          .time = time,
          .peak = rss / 2,
          .rss = rss,
          .coverage = Coverage{
              .attributed = 999'900,
              .missing = 83,
              .classes = {{.block_size = 48, .missing = 71}, {.block_size = 64, .missing = 12}}}};
}

}  // namespace

ServiceSnapshots read_service(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error("cannot open " + path);
  }
  ServiceSnapshots result;
  ServiceReader reader(result);
  for (std::string line; std::getline(file, line);) {
    reader.read(line);
  }
  for (Snapshot* snapshot : {&result.now, &result.before}) {
    snapshot->set_traceback_limit(25);
  }
  result.before.set_metadata(metadata_at(1741503931, 402653184));
  result.now.set_metadata(metadata_at(1741547131, 624951296));
  return result;
}

}  // namespace tmbpf::test
