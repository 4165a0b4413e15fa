// SPDX-License-Identifier: Apache-2.0
#include "symbols/elf/eh_frame.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>

namespace tmbpf {
namespace {

constexpr std::uint8_t kEncodingUdata4 = 0x03;
constexpr std::uint8_t kEncodingDatarelSdata4 = 0x3b;
constexpr std::size_t kHeaderSize = 12;
constexpr std::size_t kMaxCieSize = 256;

// Forward-only reader that remembers having run over the end instead of throwing.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <typename T>
  T read() {
    T value{};
    if (bytes_.size() < sizeof(T)) {
      failed_ = true;
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof(T));
    bytes_ = bytes_.subspan(sizeof(T));
    return value;
  }
  std::uint64_t read_leb128() {  // the value matters for unsigned ones only
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = read<std::uint8_t>();
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) {
        return value;
      }
    }
    failed_ = true;
    return 0;
  }
  void skip(std::size_t count) {
    failed_ = failed_ || count > bytes_.size();
    bytes_ = bytes_.subspan(std::min(count, bytes_.size()));
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  std::span<const std::byte> bytes_;
  bool failed_ = false;
};

std::size_t encoded_size(std::uint8_t encoding) {
  switch (encoding & 0x0fU) {
    case 0x02:
    case 0x0a:
      return 2;
    case 0x03:
    case 0x0b:
      return 4;
    case 0x00:
    case 0x04:
    case 0x0c:
      return 8;
    default:
      return 0;
  }
}

// The pointer encoding ('R') of the FDEs that use this CIE; 0 (absolute) without augmentation.
std::optional<std::uint8_t> read_cie_encoding(const SegmentMap& segments, std::uint64_t cie) {
  ByteReader reader(segments.bytes_at(cie, kMaxCieSize));
  reader.skip(8);  // length, id
  const auto version = reader.read<std::uint8_t>();
  std::string augmentation;
  for (char c = reader.read<char>(); c != '\0' && !reader.failed(); c = reader.read<char>()) {
    augmentation.push_back(c);
  }
  reader.read_leb128();  // code alignment
  reader.read_leb128();  // data alignment
  if (version == 1) {
    reader.skip(1);
  } else {
    reader.read_leb128();  // return address register
  }
  if (!augmentation.starts_with('z')) {
    return reader.failed() ? std::nullopt : std::optional<std::uint8_t>(0);
  }
  reader.read_leb128();
  for (const char c : augmentation.substr(1)) {
    if (c == 'R') {
      const auto encoding = reader.read<std::uint8_t>();
      return reader.failed() ? std::nullopt : std::optional(encoding);
    }
    if (c == 'L') {
      reader.skip(1);
    } else if (c == 'P') {
      reader.skip(encoded_size(reader.read<std::uint8_t>()));
    }
  }
  return std::nullopt;
}

class FdeReader {
 public:
  explicit FdeReader(const SegmentMap& segments) : segments_(segments) {}

  // Bytes of code that the FDE at `fde` covers.
  std::optional<std::uint64_t> code_size(std::uint64_t fde) {
    ByteReader reader(segments_.bytes_at(fde, 24));
    const auto length = reader.read<std::uint32_t>();
    const auto cie_distance = reader.read<std::uint32_t>();
    if (reader.failed() || length == UINT32_MAX || cie_distance > fde + 4) {
      return std::nullopt;
    }
    const std::optional<std::uint8_t> encoding = cie_encoding(fde + 4 - cie_distance);
    const std::size_t size = encoding ? encoded_size(*encoding) : 0;
    reader.skip(size);  // the start, known from the search table
    std::uint64_t range = 0;
    if (size == 2) {
      range = reader.read<std::uint16_t>();
    } else if (size == 4) {
      range = reader.read<std::uint32_t>();
    } else if (size == 8) {
      range = reader.read<std::uint64_t>();
    }
    return reader.failed() || size == 0 ? std::nullopt : std::optional(range);
  }

 private:
  std::optional<std::uint8_t> cie_encoding(std::uint64_t cie) {
    const auto [position, fresh] = cies_.try_emplace(cie);
    if (fresh) {
      position->second = read_cie_encoding(segments_, cie);
    }
    return position->second;
  }

  const SegmentMap& segments_;
  std::map<std::uint64_t, std::optional<std::uint8_t>> cies_;
};

struct TableEntry {
  std::uint64_t start = 0;
  std::uint64_t fde = 0;
};

std::vector<TableEntry> read_search_table(const SegmentMap& segments, std::uint64_t header) {
  ByteReader reader(segments.bytes_at(header, kHeaderSize));
  const auto version = reader.read<std::uint8_t>();
  reader.skip(1);  // encoding of the pointer to .eh_frame
  const auto count_encoding = reader.read<std::uint8_t>();
  const auto table_encoding = reader.read<std::uint8_t>();
  reader.skip(4);
  const auto count = reader.read<std::uint32_t>();
  if (reader.failed() || version != 1 || count_encoding != kEncodingUdata4 ||
      table_encoding != kEncodingDatarelSdata4) {
    return {};
  }
  const auto bytes = segments.bytes_at(header + kHeaderSize, std::size_t{count} * 8);
  ByteReader table(bytes);
  std::vector<TableEntry> entries;
  entries.reserve(bytes.size() / 8);
  for (std::size_t i = 0; i < bytes.size() / 8; ++i) {
    const auto start = static_cast<std::uint64_t>(std::int64_t{table.read<std::int32_t>()});
    const auto fde = static_cast<std::uint64_t>(std::int64_t{table.read<std::int32_t>()});
    entries.push_back({header + start, header + fde});
  }
  return entries;
}

}  // namespace

std::vector<FunctionRange> read_function_ranges(const SegmentMap& segments,
                                                std::uint64_t eh_frame_hdr) {
  std::vector<TableEntry> entries = read_search_table(segments, eh_frame_hdr);
  std::sort(entries.begin(), entries.end(),
            [](const TableEntry& a, const TableEntry& b) { return a.start < b.start; });
  FdeReader fdes(segments);
  std::vector<FunctionRange> functions;
  functions.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const TableEntry& entry = entries[i];
    const bool last = i + 1 == entries.size();
    if (!last && entries[i + 1].start == entry.start) {
      continue;
    }
    const std::uint64_t limit = last ? UINT64_MAX : entries[i + 1].start;
    const std::uint64_t size = fdes.code_size(entry.fde).value_or(limit - entry.start);
    functions.push_back({entry.start, entry.start + std::min(size, limit - entry.start)});
  }
  return functions;
}

}  // namespace tmbpf
