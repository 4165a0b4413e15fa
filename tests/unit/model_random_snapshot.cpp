// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/model_random_snapshot.h"

#include <array>
#include <random>
#include <string_view>
#include <vector>

namespace tmbpf::test {
namespace {

// Prefixes of each other and code points of all UTF-8 lengths, so that ties in size and count
// are decided by every rule of Python's string order.
constexpr std::array<std::string_view, 16> kFilenames{
    "a.py",
    "a.pyc",
    "/usr/lib/python3.11/json/decoder.py",
    "/usr/lib/python3.11/json",
    "<string>",
    "<frozen importlib._bootstrap>",
    "",
    "with space: and colon.py",
    "caf\xc3\xa9.py",
    "\xe6\x97\xa5\xe6\x9c\xac.py",
    "\xf0\x9f\x90\x8d.py",
    "bad\xed\xb3\xbf.py",
    "it's \"quoted\" \\.py",
    "tab\there\x7f\xc2\xa0.py",
    "\xe2\x80\x8bzero\xcd\xb8width.py",
    "it's.pyc",
};

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  // Evenly from [0, bound); not std::uniform_int_distribution, whose values differ by library.
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

 private:
  std::mt19937_64 random_;
};

TracebackId add_random_traceback(Snapshot& snapshot, Generator& generator, std::uint32_t files,
                                 std::string_view source = {}) {
  std::vector<FrameId> frames(generator.below(6));
  for (FrameId& frame : frames) {
    const bool readable = !source.empty() && generator.below(5) == 0;
    const StringId filename =
        snapshot.add_string(readable ? source : kFilenames[generator.below(files)]);
    const StringId function = snapshot.add_string(generator.below(2) == 0 ? "f" : "");
    frame = snapshot.add_frame(filename, generator.below(4), function);
  }
  return snapshot.add_traceback(frames,
                                static_cast<std::uint32_t>(frames.size()) + generator.below(3));
}

std::uint64_t random_size(Generator& generator) {
  switch (generator.below(8)) {
    case 0:
      return std::uint64_t{1} << generator.below(45);
    case 1:
      return generator.below(100000);
    default:
      return std::uint64_t{16} * generator.below(3);
  }
}

void add_random_traces(Snapshot& snapshot, Generator& generator,
                       const std::vector<TracebackId>& tracebacks, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    snapshot.add_trace(
        {.domain = generator.below(10) == 0 ? 389047U : 0U,
         .traceback = tracebacks[generator.below(static_cast<std::uint32_t>(tracebacks.size()))],
         .size = random_size(generator)});
  }
}

Replicates random_replicates(Generator& generator, double weight) {
  Replicates replicates{};
  for (float& each : replicates) {
    each = generator.below(8) == 0
               ? 0
               : static_cast<float>(weight * (0.9 + generator.below(2000) / 10000.0));
  }
  return replicates;
}

}  // namespace

Snapshot random_snapshot(std::uint32_t seed) {
  Generator generator(seed);
  const std::uint32_t files = 1 + generator.below(kFilenames.size());
  Snapshot snapshot;
  snapshot.set_traceback_limit(1 + generator.below(25));
  std::vector<TracebackId> tracebacks(1 + generator.below(80));
  for (TracebackId& traceback : tracebacks) {
    traceback = add_random_traceback(snapshot, generator, files);
  }
  add_random_traces(snapshot, generator, tracebacks, generator.below(600));
  return snapshot;
}

std::pair<Snapshot, Snapshot> random_estimates(std::uint32_t seed) {
  Generator generator(seed + 99);
  auto [plain, plain_old] = random_snapshots(seed, "estimated.py");
  const auto with_estimates = [&](const Snapshot& exact) {
    Snapshot snapshot = exact.without_traces();
    for (Trace trace : exact.traces()) {
      if (generator.below(4) != 0) {
        trace.weight = 0.25 + generator.below(4000) / 8.0;
        trace.replicates = snapshot.add_replicates(random_replicates(generator, trace.weight));
      }
      snapshot.add_trace(trace);
    }
    return snapshot;
  };
  Snapshot snapshot = with_estimates(plain);
  return {std::move(snapshot), with_estimates(plain_old)};
}

Snapshot random_rich_snapshot(std::uint32_t seed) {
  Generator generator(seed + 7777);
  const Snapshot plain = random_snapshot(seed);
  Snapshot snapshot = plain.without_traces();
  const bool times = generator.below(2) == 0;
  const bool addresses = generator.below(3) == 0;
  for (Trace trace : plain.traces()) {
    constexpr std::array<double, 8> kWeights{1, 1, 1, 1, 3, 2.5, 0.125, 1e6 + 1.0 / 3};
    trace.weight = kWeights[generator.below(kWeights.size())];
    trace.time = times ? 1'700'000'000'000'000'000 + generator.below(1000) : 0;
    trace.address = addresses ? 0x7f0000000000 + 16 * generator.below(1U << 30U) : 0;
    snapshot.add_trace(trace);
  }
  snapshot.set_metadata("pid", std::int64_t{generator.below(100000)});
  snapshot.set_metadata("time", 1.7e9 + generator.below(1000) / 8.0);
  snapshot.set_metadata("elapsed", static_cast<double>(generator.below(5)));
  snapshot.set_metadata("command", std::string(kFilenames[generator.below(kFilenames.size())]));
  return snapshot;
}

std::pair<Snapshot, Snapshot> random_snapshots(std::uint32_t seed, const std::string& source) {
  Generator generator(seed);
  const std::uint32_t files = 1 + generator.below(kFilenames.size());
  Snapshot snapshot;
  Snapshot old(snapshot.shared_table());
  std::vector<TracebackId> tracebacks(1 + generator.below(20));
  for (TracebackId& traceback : tracebacks) {
    traceback = add_random_traceback(snapshot, generator, files, source);
  }
  for (Snapshot* each : {&snapshot, &old}) {
    each->set_traceback_limit(1 + generator.below(25));
    add_random_traces(*each, generator, tracebacks, generator.below(40));
    tracebacks.back() = add_random_traceback(snapshot, generator, files, source);
  }
  return {std::move(snapshot), std::move(old)};
}

}  // namespace tmbpf::test
