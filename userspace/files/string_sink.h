// SPDX-License-Identifier: Apache-2.0
// A ByteSink into memory.
#pragma once

#include <string>
#include <string_view>

#include "userspace/files/byte_sink.h"

namespace tmbpf {

class StringSink : public ByteSink {
 public:
  void write(std::string_view bytes) override { text_ += bytes; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace tmbpf
