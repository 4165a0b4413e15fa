// SPDX-License-Identifier: Apache-2.0
// The metadata of a snapshot as JSON: one field after the other, of which some come in pieces.
#pragma once

#include <string>

#include "userspace/files/json/json_events.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

// Everything throws Error, at the place where `events` stand, for what does not fit the layout.
class JsonMetadata {
 public:
  // Both must outlive this.
  JsonMetadata(const JsonEvents& events, Snapshot& snapshot)
      : events_(events), snapshot_(snapshot) {}

  // Each field begins with its key.
  void take_key(std::string key);
  void take_value(const JsonValue& value);
  void take_text(const std::string& text) { snapshot_.set_metadata(key_, text); }

  // An object that stands for a number which JSON has no way to write: {"real": "inf"}.
  void begin_real() { has_real_ = false; }
  void take_real_key(const std::string& key) const;
  void take_real(const JsonValue& value);
  void end_real() const;

 private:
  const JsonEvents& events_;
  Snapshot& snapshot_;
  std::string key_;
  bool has_real_ = false;
};

}  // namespace tmbpf
