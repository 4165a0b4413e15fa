// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/source_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "userspace/files/text_decoder.h"
#include "util/unique_fd.h"

namespace tmbpf {
namespace {

constexpr off_t kMostBytes = off_t{16} << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Not blocking: a name may be a pipe's.
std::optional<std::string> read_regular_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > kMostBytes) {
    return std::nullopt;
  }
  std::string text(static_cast<std::size_t>(kMostBytes) + 1, '\0');
  std::size_t size = 0;
  for (ssize_t part = 1; part > 0 && size < text.size(); size += static_cast<std::size_t>(part)) {
    part = ::read(fd.get(), text.data() + size, text.size() - size);
    if (part < 0) {
      return std::nullopt;
    }
  }
  if (size == text.size()) {
    return std::nullopt;
  }
  text.resize(size);
  return text;
}

bool is_blank_or_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\f\r");
  return first == std::string_view::npos || line[first] == '#';
}

// What a comment like "# -*- coding: latin-1 -*-" names; empty for no such comment.
std::string_view declared_encoding(std::string_view line) {
  const std::size_t comment = line.find_first_not_of(" \t\f");
  if (comment == std::string_view::npos || line[comment] != '#') {
    return {};
  }
  constexpr std::string_view kWord = "coding";
  for (std::size_t at = line.find(kWord, comment); at != std::string_view::npos;
       at = line.find(kWord, at + 1)) {
    std::size_t begin = at + kWord.size();
    if (begin >= line.size() || (line[begin] != ':' && line[begin] != '=')) {
      continue;
    }
    begin = line.find_first_not_of(" \t", begin + 1);
    const auto is_part = [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    };
    std::size_t end = begin;
    while (end < line.size() && is_part(static_cast<unsigned char>(line[end]))) {
      ++end;
    }
    if (end > begin) {
      return line.substr(begin, end - begin);
    }
  }
  return {};
}

// PEP 263: in the first two lines, the second only after a blank line or comment.
std::string encoding_of(std::string_view text) {
  for (int count = 0; count < 2 && !text.empty(); ++count) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (const auto name = declared_encoding(line); !name.empty()) {
      return std::string(name);
    }
    if (!is_blank_or_comment(line)) {
      break;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return "utf-8";
}

// At "\n", "\r\n" and "\r", as Python's universal newlines.
std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    lines.emplace_back(text.substr(0, end));
    const bool two = text.substr(end).starts_with("\r\n");
    text.remove_prefix(std::min(end + (two ? 2 : 1), text.size()));
  }
  return lines;
}

std::vector<std::string> lines_of(const std::string& path) {
  const std::optional<std::string> bytes = read_regular_file(path);
  if (!bytes) {
    return {};
  }
  std::string_view rest = *bytes;
  const bool marked = rest.starts_with(kByteOrderMark);
  rest.remove_prefix(marked ? kByteOrderMark.size() : 0);
  const auto text = to_utf8(rest, marked ? "utf-8" : encoding_of(rest));
  return text ? split_lines(*text) : std::vector<std::string>{};
}

}  // namespace

std::optional<std::string> SourceFiles::line(std::string_view filename, std::uint32_t lineno) {
  const bool no_file = filename.empty() || (filename.front() == '<' && filename.back() == '>') ||
                       filename.find('\0') != std::string_view::npos;
  if (no_file || lineno == 0) {
    return std::nullopt;
  }
  const auto [file, added] = files_.try_emplace(std::string(filename));
  if (added) {
    file->second = lines_of(filename.front() == '/' ? root_ + file->first : file->first);
  }
  const std::vector<std::string>& lines = file->second;
  return lineno <= lines.size() ? std::optional(lines[lineno - 1]) : std::nullopt;
}

}  // namespace tmbpf
