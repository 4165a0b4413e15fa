// SPDX-License-Identifier: Apache-2.0
// A ByteSink that compresses to another as one gzip member.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

#include "userspace/files/byte_sink.h"

namespace tmbpf {

class GzipSink : public ByteSink {
 public:
  // `target` must outlive this.
  explicit GzipSink(ByteSink& target);
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;
  GzipSink(GzipSink&&) = delete;
  GzipSink& operator=(GzipSink&&) = delete;
  ~GzipSink() override;

  void write(std::string_view bytes) override;
  // Must be called once, last; without it the file is truncated.
  void finish();

 private:
  void deflate_all(int flush);

  ByteSink& target_;
  z_stream stream_{};
  std::string buffer_;
};

}  // namespace tmbpf
