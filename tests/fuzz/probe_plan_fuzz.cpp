// SPDX-License-Identifier: Apache-2.0
// Input: patches for a real interpreter's binary (see DamagedImage::patch), whose path is in
// TMBPF_FUZZ_IMAGE.
#include <cstdint>
#include <cstdlib>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/probe_plan.h"
#include "tests/fuzz/byte_input.h"
#include "tests/fuzz/damaged_image.h"
#include "util/error.h"

namespace {

using namespace tmbpf;

// A probe is never where the file has nothing.
void require_sites(const ElfImage& image, const ProbePlan& plan) {
  for (const ProbeSite& site : plan.sites) {
    if (image.file_offset(site.vaddr) != site.file_offset) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const char* const path = std::getenv("TMBPF_FUZZ_IMAGE");
  static DamagedImage damaged(path == nullptr ? "" : path);
  ByteInput input(data, size);
  damaged.patch(input);
  try {
    const ElfImage image = ElfImage::open(damaged.path());
    const ProbePlan plan = make_probe_plan(image, find_allocator_tables(image));
    require_sites(image, plan);
  } catch (const Error&) {
    return 0;  // refused with a reason
  }
  return 0;
}
