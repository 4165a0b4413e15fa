// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/pickle/weighted_snapshot.h"

#include <array>

#include "tests/unit/model_random_snapshot.h"

namespace tmbpf::test {
namespace {

constexpr std::array kWeights{1.0, 1.0, 3.0, 2.5, 1.5, 0.25, 1001.0, 3.4999, 1e-9};

}  // namespace

Snapshot weighted_snapshot(std::uint32_t seed) {
  const Snapshot plain = random_snapshot(seed);
  Snapshot result(plain.shared_table());
  result.set_traceback_limit(plain.traceback_limit());
  std::uint32_t number = seed;
  for (Trace trace : plain.traces()) {
    trace.weight = kWeights.at(number % kWeights.size());
    trace.time = number % 7 == 0 ? 1'700'000'000'000'000'000 + std::int64_t{number} : 0;
    trace.address = seed % 2 == 0 && number % 5 != 0 ? 0x7f0000000000 + 16ULL * number : 0;
    result.add_trace(trace);
    number += number % 11 == 0 ? 2 : 1;
  }
  result.set_metadata("pid", std::int64_t{-1} - seed);
  result.set_metadata("time", 0.1 + seed);
  result.set_metadata("command", std::string("python3 caf\xc3\xa9 \xed\xb3\xbf"));
  result.set_metadata("attribute.note", std::string("bad\xed\xa0\x80"));
  result.set_metadata("attribute_json.list", std::string(R"([1,true,null,{"$tuple":["a",2.5]}])"));
  result.set_metadata("attribute_json.no_json", std::string("[1"));
  return result;
}

}  // namespace tmbpf::test
