// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/gzip_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::size_t kInputSize = 65536;
constexpr int kGzipOnly = MAX_WBITS + 16;  // zlib.h: + 16 expects gzip's header and checks its sum

}  // namespace

GzipSource::GzipSource(ByteSource& source) : source_(source), input_(kInputSize) {
  if (inflateInit2(&stream_, kGzipOnly) != Z_OK) {
    throw Error("cannot start gzip decompression");
  }
}

GzipSource::~GzipSource() { inflateEnd(&stream_); }

std::size_t GzipSource::read(std::span<char> buffer) {
  const std::size_t room = std::min<std::size_t>(buffer.size(), std::numeric_limits<int>::max());
  stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
  stream_.avail_out = static_cast<uInt>(room);
  while (!ended_ && stream_.avail_out == room) {
    if (stream_.avail_in == 0 && !refill()) {
      if (in_member_) {
        fail("it is cut short");
      }
      ended_ = true;
      break;
    }
    in_member_ = true;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      in_member_ = false;
      inflateReset(&stream_);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      fail(stream_.msg != nullptr ? stream_.msg : "it is damaged");
    }
  }
  return room - stream_.avail_out;
}

void GzipSource::rewind() {
  source_.rewind();
  inflateReset(&stream_);
  stream_.avail_in = 0;
  consumed_ = 0;
  in_member_ = true;
  ended_ = false;
}

bool GzipSource::refill() {
  const std::size_t size = source_.read(input_);
  stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
  stream_.avail_in = static_cast<uInt>(size);
  consumed_ += size;
  return size > 0;
}

void GzipSource::fail(const char* why) const {
  throw Error(fmt::format("cannot read {}: gzip data near byte {}: {}", name(),
                          consumed_ - stream_.avail_in, why),
              "The file is damaged or incomplete: write or copy it again.");
}

}  // namespace tmbpf
