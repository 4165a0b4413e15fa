// SPDX-License-Identifier: Apache-2.0
// Bytes in some encoding -> UTF-8, by iconv(3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tmbpf {

// Nothing when the encoding is not known or the bytes are not of it. Names as Python spells them:
// "latin-1", "utf8", "cp1252".
std::optional<std::string> to_utf8(std::string_view bytes, const std::string& encoding);

}  // namespace tmbpf
