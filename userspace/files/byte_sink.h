// SPDX-License-Identifier: Apache-2.0
// Where a writer's bytes go.
#pragma once

#include <string_view>

namespace tmbpf {

class ByteSink {
 public:
  ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;
  ByteSink(ByteSink&&) = delete;
  ByteSink& operator=(ByteSink&&) = delete;
  virtual ~ByteSink() = default;

  // Takes all of it or throws Error. Writers call it with large pieces: it need not buffer.
  virtual void write(std::string_view bytes) = 0;
};

}  // namespace tmbpf
