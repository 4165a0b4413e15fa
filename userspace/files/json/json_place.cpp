// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/json/json_place.h"

#include "userspace/files/json/json_layout.h"

namespace tmbpf {

JsonPlace around(JsonPlace place) {
  switch (place) {
    case JsonPlace::metadata_real:
    case JsonPlace::metadata_parts:
      return JsonPlace::metadata;
    case JsonPlace::frame_parts:
      return JsonPlace::frame;
    case JsonPlace::frame:
      return JsonPlace::frames;
    case JsonPlace::stack:
      return JsonPlace::traceback;
    case JsonPlace::traceback:
      return JsonPlace::tracebacks;
    case JsonPlace::replicates_row:
      return JsonPlace::replicates;
    case JsonPlace::trace:
      return JsonPlace::traces;
    default:
      return JsonPlace::document;
  }
}

std::string expected_at(JsonPlace place) {
  switch (place) {
    case JsonPlace::before:
      return "a snapshot: an object";
    case JsonPlace::metadata:
      return R"(a number, a text, the parts of a text or {"real": "inf"})";
    case JsonPlace::metadata_real:
      return std::string(kJsonRealForm);
    case JsonPlace::metadata_parts:
    case JsonPlace::frame_parts:
      return "a part of a text";
    case JsonPlace::frame:
      return "a name, a line, a name";
    case JsonPlace::frames:
      return "a frame: an array";
    case JsonPlace::tracebacks:
      return "a traceback: an array";
    case JsonPlace::traceback:
    case JsonPlace::stack:
      return "a number of frames and a list of frames' numbers";
    case JsonPlace::replicates:
      return "replicates: an array";
    case JsonPlace::traces:
      return "a trace: an array";
    case JsonPlace::replicates_row:
    case JsonPlace::trace:
      return "a number";
    case JsonPlace::document:
      break;
  }
  return {};
}

}  // namespace tmbpf
