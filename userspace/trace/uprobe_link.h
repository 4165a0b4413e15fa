// SPDX-License-Identifier: Apache-2.0
// Probes of one BPF program at many instructions of one file, attached and detached together.
//
// One uprobe_multi link where the kernel has it (6.6; libbpf 1.1 does not know it, so it is made by
// a raw bpf(BPF_LINK_CREATE)); else one perf event per instruction, which detach serially at about
// 0.1 s each (kernel 6.1 to 7.2), so they are closed from several threads. Everything detaches when
// the object goes, or when the process dies: nothing is pinned.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "util/unique_fd.h"

struct bpf_link;
struct bpf_program;

namespace tmbpf {

struct UprobeBatch {
  std::string path;  // of the file, openable from here
  pid_t pid = 0;     // only this process's hits run the program
  bool on_return = false;
  std::vector<std::uint64_t> offsets;  // in the file
  std::vector<std::uint64_t> cookies;  // as many as offsets
};

class UprobeLink {
 public:
  UprobeLink() = default;
  // Throws Error (target or not_permitted).
  UprobeLink(const bpf_program* program, const UprobeBatch& batch, bool multi);
  UprobeLink(UprobeLink&&) noexcept;
  UprobeLink& operator=(UprobeLink&&) noexcept;
  UprobeLink(const UprobeLink&) = delete;
  UprobeLink& operator=(const UprobeLink&) = delete;
  ~UprobeLink();

  void detach();
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct LinkDeleter {
    void operator()(bpf_link* link) const;
  };
  void attach_multi(const bpf_program* program, const UprobeBatch& batch);
  void attach_perf(const bpf_program* program, const UprobeBatch& batch);

  UniqueFd multi_;
  std::vector<std::unique_ptr<bpf_link, LinkDeleter>> perf_;
  std::size_t size_ = 0;
};

// One uprobe_multi link: a file descriptor, or negative with errno set. Only a system call.
struct MultiLink {
  int program = -1;
  const char* path = nullptr;
  const std::uint64_t* offsets = nullptr;  // `count` of them, as of the cookies
  const std::uint64_t* cookies = nullptr;
  std::uint32_t count = 0;
  bool on_return = false;
  pid_t pid = 0;
};
int create_multi_link(const MultiLink& link);

[[noreturn]] void throw_attach_error(pid_t pid, std::size_t probes, int error);

// Whether this kernel makes uprobe_multi links; asked by trying one that must fail.
bool has_uprobe_multi();

// BPF_TRACE_UPROBE_MULTI (linux/bpf.h, 6.6), which programs for such links are loaded with.
inline constexpr int kTraceUprobeMulti = 48;

}  // namespace tmbpf
