// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/uprobe_link.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <limits>
#include <thread>
#include <utility>

#include "util/error.h"

namespace tmbpf {
namespace {

// union bpf_attr.link_create with its uprobe_multi part (linux/bpf.h, 6.6).
struct LinkCreateUprobeMulti {
  std::uint32_t prog_fd;
  std::uint32_t target_fd;
  std::uint32_t attach_type;
  std::uint32_t flags;
  std::uint64_t path;
  std::uint64_t offsets;
  std::uint64_t ref_ctr_offsets;
  std::uint64_t cookies;
  std::uint32_t count;
  std::uint32_t multi_flags;
  std::uint32_t pid;
  std::uint32_t pad;
};

constexpr std::uint32_t kMultiReturn = 1;  // BPF_F_UPROBE_MULTI_RETURN
constexpr std::size_t kDetachThreads = 32;

int create_link(LinkCreateUprobeMulti& attr) {
  return static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr)));
}

std::uint64_t as_u64(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

}  // namespace

void throw_attach_error(pid_t pid, std::size_t probes, int error) {
  const bool gone = error == ESRCH;
  const bool refused = error == EPERM || error == EACCES;
  throw Error(
      fmt::format("cannot attach {} probes to process {}: {}", probes, pid, std::strerror(error)),
      refused ? "run as root, or grant CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE (and "
                "CAP_SYS_ADMIN before kernel 6.6)"
      : gone  ? "the process ended"
      : error == EMFILE
          ? "each probe takes two open files here: allow more, for example `ulimit -n 10000`"
          : "see `tmbpf check --pid`",
      refused ? ExitStatus::not_permitted
      : gone  ? ExitStatus::target
              : ExitStatus::failed);
}

int create_multi_link(const MultiLink& link) {
  LinkCreateUprobeMulti attr{};
  attr.prog_fd = static_cast<std::uint32_t>(link.program);
  attr.attach_type = kTraceUprobeMulti;
  attr.path = as_u64(link.path);
  attr.offsets = as_u64(link.offsets);
  attr.cookies = as_u64(link.cookies);
  attr.count = link.count;
  attr.multi_flags = link.on_return ? kMultiReturn : 0;
  attr.pid = static_cast<std::uint32_t>(link.pid);
  return create_link(attr);
}

void UprobeLink::LinkDeleter::operator()(bpf_link* link) const { bpf_link__destroy(link); }

UprobeLink::UprobeLink(const bpf_program* program, const UprobeBatch& batch, bool multi)
    : size_(batch.offsets.size()) {
  if (batch.offsets.empty()) {
    return;
  }
  if (multi) {
    attach_multi(program, batch);
  } else {
    attach_perf(program, batch);
  }
}

UprobeLink::UprobeLink(UprobeLink&&) noexcept = default;

UprobeLink& UprobeLink::operator=(UprobeLink&& other) noexcept {
  detach();
  multi_ = std::move(other.multi_);
  perf_ = std::move(other.perf_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

UprobeLink::~UprobeLink() { detach(); }

void UprobeLink::attach_multi(const bpf_program* program, const UprobeBatch& batch) {
  const int fd = create_multi_link({.program = bpf_program__fd(program),
                                    .path = batch.path.c_str(),
                                    .offsets = batch.offsets.data(),
                                    .cookies = batch.cookies.data(),
                                    .count = static_cast<std::uint32_t>(batch.offsets.size()),
                                    .on_return = batch.on_return,
                                    .pid = batch.pid});
  if (fd < 0) {
    throw_attach_error(batch.pid, batch.offsets.size(), errno);
  }
  multi_.reset(fd);
}

void UprobeLink::attach_perf(const bpf_program* program, const UprobeBatch& batch) {
  for (std::size_t i = 0; i < batch.offsets.size(); ++i) {
    bpf_uprobe_opts options{};
    options.sz = sizeof(options);
    options.retprobe = batch.on_return;
    options.bpf_cookie = batch.cookies[i];
    bpf_link* link = bpf_program__attach_uprobe_opts(program, batch.pid, batch.path.c_str(),
                                                     batch.offsets[i], &options);
    if (link == nullptr) {
      throw_attach_error(batch.pid, batch.offsets.size(), errno);
    }
    perf_.emplace_back(link);
  }
}

void UprobeLink::detach() {
  multi_.reset();
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < std::min(kDetachThreads, perf_.size()); ++i) {
    threads.emplace_back([this, &next] {
      for (std::size_t at = next++; at < perf_.size(); at = next++) {
        perf_[at].reset();
      }
    });
  }
  threads.clear();
  perf_.clear();
}

bool has_uprobe_multi() {
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = static_cast<bpf_attach_type>(kTraceUprobeMulti);
  const UniqueFd fd(bpf_prog_load(BPF_PROG_TYPE_KPROBE, nullptr, "GPL", program, 2, &options));
  if (!fd.valid()) {
    return false;
  }
  // A directory cannot be probed: a kernel that knows the link type answers EBADF. The first such
  // kernels took the pid for a thread's; those that mend it refuse a pid of -1 with EINVAL.
  const std::uint64_t offset = 0;
  LinkCreateUprobeMulti attr{};
  attr.prog_fd = static_cast<std::uint32_t>(fd.get());
  attr.attach_type = kTraceUprobeMulti;
  attr.path = as_u64("/");
  attr.offsets = as_u64(&offset);
  attr.count = 1;
  const UniqueFd link(create_link(attr));
  if (link.valid() || errno != EBADF) {
    return false;
  }
  attr.pid = std::numeric_limits<std::uint32_t>::max();
  const UniqueFd of_no_process(create_link(attr));
  return !of_no_process.valid() && errno == EINVAL;
}

}  // namespace tmbpf
