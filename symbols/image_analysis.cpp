// SPDX-License-Identifier: Apache-2.0
#include "symbols/image_analysis.h"

#include <fmt/format.h>

#include <functional>
#include <string_view>

#include "symbols/finalizer.h"

namespace tmbpf {
namespace {

std::string key_of(const ElfImage& image) {
  std::string key = image.build_id();
  for (const ElfSection& section : image.sections()) {
    if (section.executable && section.has_bits) {
      const auto bytes = image.bytes_at(section.vaddr, section.size);
      const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      key += fmt::format(":{:x}-{:x}-{:x}", section.vaddr, section.size,
                         std::hash<std::string_view>()(text));
    }
  }
  return key;
}

}  // namespace

ImageAnalysis analyse_image(const ElfImage& image, const PythonVersion& version,
                            const PythonLayout& layout) {
  ImageAnalysis analysis;
  analysis.tables = find_allocator_tables(image);
  analysis.plan = make_whole_plan(image, analysis.tables, version, layout);
  if (const auto finalizer = find_finalizer(image)) {
    analysis.finalize_offset = image.file_offset(*finalizer);
  }
  return analysis;
}

std::shared_ptr<const ImageAnalysis> ImageAnalyses::of(const ElfImage& image,
                                                       const PythonVersion& version,
                                                       const PythonLayout& layout) {
  const auto [entry, added] = results_.try_emplace(key_of(image));
  if (added) {
    try {
      entry->second = std::make_shared<const ImageAnalysis>(analyse_image(image, version, layout));
    } catch (const Error& error) {
      entry->second = error;
    } catch (...) {
      results_.erase(entry);
      throw;
    }
  }
  if (const auto* error = std::get_if<Error>(&entry->second)) {
    throw *error;  // NOLINT(misc-throw-by-value-catch-by-reference): a copy of what is kept
  }
  return std::get<0>(entry->second);
}

}  // namespace tmbpf
