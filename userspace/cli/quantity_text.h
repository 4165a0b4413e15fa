// SPDX-License-Identifier: Apache-2.0
// Times and sizes on the command line.
#pragma once

#include <cstdint>
#include <string>

namespace tmbpf {

// "30", "30s", "5m", "2h", "1d": seconds. Throws Error (usage).
double parse_age(const std::string& text);

// "4096", "512K", "10M", "1.5G", "2T", and with B or iB after the letter: bytes, at least 1, in
// units of 1024. Throws Error (usage).
std::uint64_t parse_size(const std::string& text);

}  // namespace tmbpf
