// SPDX-License-Identifier: Apache-2.0
// What the file of an interpreter tells, whichever process runs it. Working it out takes most of
// the time that opening a target takes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/elf/elf_image.h"
#include "symbols/python/python_layout.h"
#include "symbols/python/python_version.h"
#include "symbols/whole_plan.h"
#include "util/error.h"

namespace tmbpf {

struct ImageAnalysis {
  AllocatorTables tables;
  WholePlan plan;
  // File offset of what find_finalizer() found.
  std::optional<std::uint64_t> finalize_offset;
};

// Throws as find_allocator_tables() and make_whole_plan() do. Of `layout` only what the file itself
// decides is used.
ImageAnalysis analyse_image(const ElfImage& image, const PythonVersion& version,
                            const PythonLayout& layout);

// Analyses equal files once, wherever they lie: files with the same build id and the same code.
class ImageAnalyses {
 public:
  // The same Error again for a file that could not be analysed.
  std::shared_ptr<const ImageAnalysis> of(const ElfImage& image, const PythonVersion& version,
                                          const PythonLayout& layout);

 private:
  using Result = std::variant<std::shared_ptr<const ImageAnalysis>, Error>;

  std::map<std::string, Result> results_;
};

}  // namespace tmbpf
