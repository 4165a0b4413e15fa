// SPDX-License-Identifier: Apache-2.0
// report_sample KIND OUT.html [SERVICE.txt]: a report of a made snapshot, for the browser to open.
//   service, difference, other-process  from SERVICE.txt: one snapshot; two; two with other pids
//   sampled, sampled-difference         the same as a sampler has them, see sampled()
//   few                                 one snapshot, of which only 6 tracebacks are kept
//   hostile                             names that try to become markup or script
//   empty                               no traces, no metadata
//   large                               more than 100,000 nodes
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <span>
#include <vector>

#include "tests/report/service_snapshot.h"
#include "userspace/view/report/report_writer.h"

namespace tmbpf::test {
namespace {

using Arguments = std::span<const std::string>;

void write(const std::string& path, const Snapshot& snapshot, const Snapshot* old,
           const ReportOptions& options) {
  std::ofstream file(path, std::ios::binary);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  write_report(snapshot, old, options, [&file](std::string_view piece) { file << piece; });
}

ReportOptions service_options(const Sources& sources) {
  return {.title = "Memory of orders",
          .name = "orders-0013.pb.gz",
          .old_name = "orders-0001.pb.gz",
          .source = [&sources](std::string_view file,
                               std::uint32_t line) -> std::optional<std::string> {
            const auto found = sources.find(fmt::format("{}:{}", file, line));
            return found == sources.end() ? std::nullopt : std::optional(found->second);
          }};
}

// Each trace seen in one of the sampler's groups of windows, where it stands for 2.5.
Snapshot sampled(const Snapshot& exact) {
  Snapshot result = exact.without_traces();
  std::mt19937 random(1);
  for (Trace trace : exact.traces()) {
    trace.weight = 2.5;
    Replicates replicates{};
    replicates.fill(2.5F * kReplicates / (kReplicates - 1));
    replicates[random() % kReplicates] = 0;
    trace.replicates = result.add_replicates(replicates);
    result.add_trace(trace);
  }
  return result;
}

void write_service(Arguments arguments) {
  ServiceSnapshots service = read_service(arguments[2]);
  const std::string& kind = arguments[0];
  ReportOptions options = service_options(service.sources);
  if (kind == "other-process") {
    service.before.set_metadata("pid", std::int64_t{4711});
  }
  if (kind == "few") {
    options.max_tracebacks = 6;
  }
  if (kind.starts_with("sampled")) {
    service.now = sampled(service.now);
    service.before = sampled(service.before);
  }
  const bool compared = kind.ends_with("difference") || kind == "other-process";
  write(arguments[1], service.now, compared ? &service.before : nullptr, options);
}

void write_hostile(Arguments arguments) {
  const std::string script = "</script><script>window.harmed=1</script>";
  const std::string image = "<img src=x onerror='window.harmed=1'>\"&amp;";
  const std::string odd = "line\u2028end\u2029\u202edlrow \xed\xa0\x80 \xff\n\x1b[31m";
  Snapshot snapshot;
  std::vector<FrameId> frames;
  for (const std::string& name : {script, image, odd}) {
    frames.push_back(snapshot.add_frame(snapshot.add_string("/srv/" + name + ".py"), 7,
                                        snapshot.add_string(name)));
    snapshot.add_trace({.traceback = snapshot.add_traceback(frames, 3), .size = 1000});
  }
  snapshot.set_metadata("command", script);
  snapshot.set_metadata("note " + image, odd);
  snapshot.set_metadata("replaced_allocator", image);
  write(arguments[1], snapshot, nullptr,
        {.title = script, .name = image, .source = [&](std::string_view, std::uint32_t) {
           return std::optional(script + odd);
         }});
}

// Deep and wide, as real ones: many callers share their beginning.
void write_large(Arguments arguments) {
  std::mt19937 random(1);
  std::uniform_int_distribution<std::uint64_t> size(1, 4096);
  Snapshot snapshot;
  std::vector<FrameId> known;
  for (std::uint32_t i = 0; i < 4000; ++i) {
    known.push_back(snapshot.add_frame(
        snapshot.add_string(fmt::format("/srv/app/package{}/module{}.py", i % 40, i % 400)), i,
        snapshot.add_string(fmt::format("Worker{}.step{}", i % 200, i))));
  }
  for (int i = 0; i < 30'000; ++i) {
    std::vector<FrameId> frames;
    for (std::size_t depth = 0; depth < 25; ++depth) {
      const std::size_t spread = depth < 20 ? 1 + depth / 3 : 4000;
      frames.push_back(known[(depth * 37 + random() % spread) % known.size()]);
    }
    std::ranges::reverse(frames);
    snapshot.add_trace({.traceback = snapshot.add_traceback(frames, 25), .size = size(random)});
  }
  snapshot.set_traceback_limit(25);
  write(arguments[1], snapshot, nullptr, {.title = "Many nodes"});
}

void write_empty(Arguments arguments) { write(arguments[1], Snapshot(), nullptr, {}); }

int run(Arguments arguments) {
  using Writer = std::function<void(Arguments)>;
  const std::map<std::string, std::pair<std::size_t, Writer>> kinds{
      {"service", {3, write_service}},
      {"difference", {3, write_service}},
      {"other-process", {3, write_service}},
      {"few", {3, write_service}},
      {"sampled", {3, write_service}},
      {"sampled-difference", {3, write_service}},
      {"hostile", {2, write_hostile}},
      {"empty", {2, write_empty}},
      {"large", {2, write_large}}};
  const auto kind = arguments.empty() ? kinds.end() : kinds.find(arguments[0]);
  if (kind == kinds.end() || kind->second.first != arguments.size()) {
    fmt::print(stderr, "usage: report_sample KIND OUT.html [SERVICE.txt]\n");
    return 2;
  }
  kind->second.second(arguments);
  return 0;
}

}  // namespace
}  // namespace tmbpf::test

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return tmbpf::test::run(arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "report_sample: {}\n", error.what());
    return 1;
  }
}
