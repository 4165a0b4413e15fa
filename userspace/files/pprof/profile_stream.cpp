// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pprof/profile_stream.h"

#include <fmt/format.h>
#include <google/protobuf/wire_format_lite.h>

#include <limits>

#include "util/error.h"

namespace tmbpf {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kMostBytes = 16 << 20;  // of one part: a packed list of numbers grows eightfold
constexpr int kPiece = 1 << 16;
constexpr const char* kHint = "Expected a pprof profile (profile.proto), gzip'd.";

}  // namespace

// Errors must not pass through protobuf, which is not made for exceptions.
class ProfileStream::Copier : public google::protobuf::io::CopyingInputStream {
 public:
  explicit Copier(ByteSource& source) : source_(source) {}

  int Read(void* buffer, int size) override {
    try {
      return static_cast<int>(
          source_.read({static_cast<char*>(buffer), static_cast<std::size_t>(size)}));
    } catch (...) {
      error_ = std::current_exception();
      return -1;
    }
  }

  void rethrow() const {
    if (error_) {
      std::rethrow_exception(error_);
    }
  }

 private:
  ByteSource& source_;
  std::exception_ptr error_;
};

ProfileStream::ProfileStream(ByteSource& source)
    : gzip_(source), copier_(std::make_unique<Copier>(gzip_)) {}

ProfileStream::~ProfileStream() = default;

// What the visitor does not want costs only its decompression. A CodedInputStream counts in int, so
// a new one begins for each part.
void ProfileStream::visit(Visitor& visitor) {
  gzip_.rewind();
  position_ = 0;
  google::protobuf::io::CopyingInputStreamAdaptor adaptor(copier_.get(), kPiece);
  for (;;) {
    CodedInputStream input(&adaptor);
    input.SetTotalBytesLimit(std::numeric_limits<int>::max());
    const std::uint64_t begin = position_;
    // Few enough that the part stays below an int's range.
    for (int count = 0; count < 1024 && input.CurrentPosition() < (1 << 30); ++count) {
      position_ = begin + static_cast<std::uint64_t>(input.CurrentPosition());
      const std::uint32_t tag = input.ReadTag();
      copier_->rethrow();
      if (tag == 0) {
        if (!input.ConsumedEntireMessage()) {
          fail("a field number that is not possible");
        }
        return;
      }
      visit_field(tag, input, visitor);
    }
    position_ = begin + static_cast<std::uint64_t>(input.CurrentPosition());
  }
}

void ProfileStream::visit_field(std::uint32_t tag, CodedInputStream& input, Visitor& visitor) {
  const auto is = [tag](int number) {
    return tag == WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  };
  const bool is_sample = is(pprof::Profile::kSampleFieldNumber);
  const bool has_length =
      WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
  if (has_length && !(is_sample ? visitor.wants_samples() : visitor.wants_others())) {
    skip(input);
  } else if (is_sample) {
    read_message(input, sample_, "sample");
    visitor.on_sample(sample_);
  } else if (is(pprof::Profile::kLocationFieldNumber)) {
    read_message(input, location_, "location");
    visitor.on_location(location_);
  } else if (is(pprof::Profile::kFunctionFieldNumber)) {
    read_message(input, function_, "function");
    visitor.on_function(function_);
  } else if (is(pprof::Profile::kStringTableFieldNumber)) {
    visitor.on_string(read_bytes(input));
  } else {
    visitor.on_rest(read_rest(tag, input));
  }
}

// A field of any other number, alone in a message.
pprof::Profile ProfileStream::read_rest(std::uint32_t tag, CodedInputStream& input) {
  const auto fail_here = [this, tag] {
    fail(fmt::format("field {} is damaged", WireFormatLite::GetTagFieldNumber(tag)));
  };
  std::string field;
  {
    google::protobuf::io::StringOutputStream bytes(&field);
    google::protobuf::io::CodedOutputStream output(&bytes);
    const auto type = WireFormatLite::GetTagWireType(tag);
    if (type == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      const std::string content = read_bytes(input);
      output.WriteTag(tag);
      output.WriteVarint32(static_cast<std::uint32_t>(content.size()));
      output.WriteString(content);
    } else if (type == WireFormatLite::WIRETYPE_START_GROUP ||
               !WireFormatLite::SkipField(&input, tag, &output)) {
      copier_->rethrow();
      fail_here();
    }
  }
  pprof::Profile part;
  if (!part.ParseFromString(field)) {
    fail_here();
  }
  return part;
}

void ProfileStream::skip(CodedInputStream& input) {
  int size = 0;
  const bool whole = input.ReadVarintSizeAsInt(&size) && size <= kMostBytes && input.Skip(size);
  copier_->rethrow();
  if (!whole) {
    fail("a part that is too long or cut short");
  }
}

void ProfileStream::read_message(CodedInputStream& input, google::protobuf::MessageLite& message,
                                 const char* name) {
  int size = 0;
  const bool sized = input.ReadVarintSizeAsInt(&size);
  copier_->rethrow();
  if (!sized || size > kMostBytes) {
    fail(fmt::format("a {} of {} bytes, expected at most {}", name, size, kMostBytes));
  }
  message.Clear();
  const auto limit = input.PushLimit(size);
  const bool whole = message.MergePartialFromCodedStream(&input) && input.ConsumedEntireMessage();
  input.PopLimit(limit);
  copier_->rethrow();
  if (!whole) {
    fail(fmt::format("a {} that is damaged or cut short", name));
  }
}

std::string ProfileStream::read_bytes(CodedInputStream& input) {
  int size = 0;
  std::string text;
  const bool whole =
      input.ReadVarintSizeAsInt(&size) && size <= kMostBytes && input.ReadString(&text, size);
  copier_->rethrow();
  if (!whole) {
    fail("a string that is too long or cut short");
  }
  return text;
}

void ProfileStream::fail(const std::string& what) const {
  throw Error(
      fmt::format("cannot read {}: decompressed byte {}: {}", gzip_.name(), position_, what),
      kHint);
}

}  // namespace tmbpf
