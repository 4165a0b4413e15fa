// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/gzip_sink.h"

#include <algorithm>
#include <limits>

#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::size_t kBufferSize = 65536;
constexpr int kGzipWindow = MAX_WBITS + 16;  // + 16: gzip header and trailer (zlib.h)
constexpr int kMemLevel = 8;                 // zlib's default

}  // namespace

GzipSink::GzipSink(ByteSink& target) : target_(target), buffer_(kBufferSize, '\0') {
  // Speed before size, as Go's runtime/pprof does: a profile is mostly small numbers.
  if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw Error("cannot start gzip compression");
  }
}

GzipSink::~GzipSink() { deflateEnd(&stream_); }

void GzipSink::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t piece = std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max());
    // zlib only reads from next_in, yet declares it non-const unless ZLIB_CONST.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(piece);
    deflate_all(Z_NO_FLUSH);
    bytes.remove_prefix(piece);
  }
}

void GzipSink::finish() { deflate_all(Z_FINISH); }

void GzipSink::deflate_all(int flush) {
  do {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_out = static_cast<uInt>(buffer_.size());
    if (deflate(&stream_, flush) == Z_STREAM_ERROR) {
      throw Error("gzip compression failed");
    }
    target_.write(std::string_view(buffer_).substr(0, buffer_.size() - stream_.avail_out));
  } while (stream_.avail_out == 0);
}

}  // namespace tmbpf
