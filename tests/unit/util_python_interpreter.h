// SPDX-License-Identifier: Apache-2.0
// The CPythons that this machine has in PATH.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tmbpf::test {

// Each interpreter in PATH whose tracemalloc reads 4-tuples (3.9 and later), once. A test that
// gets none must fail: there is nothing to compare with.
std::vector<std::string> find_pythons();

// The first of them.
std::optional<std::string> find_python();

}  // namespace tmbpf::test
