// SPDX-License-Identifier: Apache-2.0
// Which CPython an image holds.
#pragma once

#include <optional>
#include <string>

#include "symbols/elf/elf_image.h"

namespace tmbpf {

struct PythonVersion {
  int major = 0;
  int minor = 0;
  int micro = 0;
  [[nodiscard]] std::string text() const;  // "3.11.2"
};

// Whether the image holds a CPython interpreter (it exports _PyRuntime or Py_GetVersion).
bool holds_python(const ElfImage& image);

// From Py_Version (3.11+), else from the version string in the read-only data.
std::optional<PythonVersion> python_version(const ElfImage& image);

}  // namespace tmbpf
