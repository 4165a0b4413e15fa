// SPDX-License-Identifier: Apache-2.0
// Which CPython an image holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "symbols/elf/elf_image.h"

namespace tmbpf {

// Include/patchlevel.h.
struct PythonVersion {
  int major = 0;
  int minor = 0;
  int micro = 0;
  int level = 0xf;                          // 0xa alpha, 0xb beta, 0xc candidate, 0xf final
  int serial = 0;                           // of an alpha, beta or candidate
  [[nodiscard]] std::string text() const;   // "3.11.2", "3.15.0a3"
  [[nodiscard]] std::uint64_t hex() const;  // PY_VERSION_HEX: 0x030b02f0
};

// Whether the image holds a CPython interpreter (it exports _PyRuntime or Py_GetVersion).
bool holds_python(const ElfImage& image);

// From Py_Version (3.11+), else from the version string that Py_GetVersion names.
std::optional<PythonVersion> python_version(const ElfImage& image);

// What makes this build one that the layouts do not describe, for a message: "a debug build"
// (Py_DEBUG), "a build with --with-trace-refs", "a free-threaded build". Nothing for all others.
std::optional<std::string> unsupported_build(const ElfImage& image);

// The same in short and all of it: "free-threaded debug". Empty for all other builds.
std::string special_build(const ElfImage& image);

}  // namespace tmbpf
