// SPDX-License-Identifier: Apache-2.0
// The parts of a pprof profile, one after the other as they stand in the file.
#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <profile.pb.h>

#include <cstdint>
#include <memory>
#include <string>

#include "userspace/files/gzip_source.h"

namespace tmbpf {

class ProfileStream {
 public:
  // What each field of the message Profile is handed to. They may throw Error.
  class Visitor {
   public:
    Visitor() = default;
    Visitor(const Visitor&) = delete;
    Visitor& operator=(const Visitor&) = delete;
    Visitor(Visitor&&) = delete;
    Visitor& operator=(Visitor&&) = delete;
    virtual ~Visitor() = default;

    virtual void on_sample(const pprof::Sample& sample) = 0;
    virtual void on_location(const pprof::Location& location) = 0;
    virtual void on_function(const pprof::Function& function) = 0;
    virtual void on_string(std::string text) = 0;
    // Everything else, which is little; may come in several parts.
    virtual void on_rest(const pprof::Profile& part) = 0;
    // Asked before each part; what is not wanted is skipped, which costs little.
    [[nodiscard]] virtual bool wants_samples() const = 0;
    [[nodiscard]] virtual bool wants_others() const = 0;
  };

  // `source` must outlive this.
  explicit ProfileStream(ByteSource& source);
  ~ProfileStream();
  ProfileStream(const ProfileStream&) = delete;
  ProfileStream& operator=(const ProfileStream&) = delete;
  ProfileStream(ProfileStream&&) = delete;
  ProfileStream& operator=(ProfileStream&&) = delete;

  // From the first part to the end; may be called again. Throws Error for damage, with the place.
  void visit(Visitor& visitor);

  // Compressed bytes read so far.
  [[nodiscard]] std::uint64_t consumed() const { return gzip_.consumed(); }
  // Where the part that is visited begins, in the decompressed bytes.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[noreturn]] void fail(const std::string& what) const;

 private:
  class Copier;
  void skip(google::protobuf::io::CodedInputStream& input);
  void visit_field(std::uint32_t tag, google::protobuf::io::CodedInputStream& input,
                   Visitor& visitor);
  void read_message(google::protobuf::io::CodedInputStream& input,
                    google::protobuf::MessageLite& message, const char* name);
  pprof::Profile read_rest(std::uint32_t tag, google::protobuf::io::CodedInputStream& input);
  std::string read_bytes(google::protobuf::io::CodedInputStream& input);

  GzipSource gzip_;
  std::unique_ptr<Copier> copier_;
  std::uint64_t position_ = 0;
  pprof::Sample sample_;
  pprof::Location location_;
  pprof::Function function_;
};

}  // namespace tmbpf
