// SPDX-License-Identifier: Apache-2.0
// Snapshots as text, to be compared.
#pragma once

#include <string>
#include <string_view>

#include "userspace/files/pickle/pickle_writer.h"
#include "userspace/model/snapshot.h"

namespace tmbpf::test {

// One line for each trace: "domain size total_nframe file:line < file:line".
std::string trace_text(const Snapshot& snapshot);

// The same with weight, time and functions, the limit and all metadata.
std::string full_text(const Snapshot& snapshot);

// Of two long texts: the lines that differ first; "" when there are none.
std::string first_difference(std::string_view left, std::string_view right);

std::string pickled(const Snapshot& snapshot, PickleForm form = PickleForm::python_3_9);
Snapshot unpickled(std::string_view bytes);
// The message of the Error that reading throws; "" when it does not.
std::string refusal(std::string_view bytes);

// An integer's bytes, little-endian.
std::string bytes_of(std::uint64_t value, unsigned bytes);

}  // namespace tmbpf::test
