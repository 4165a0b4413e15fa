// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/probe_keeper.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "bpf/tmbpf.h"
#include "userspace/trace/uprobe_link.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::size_t kFew = 256;  // probes; the target stops for them: 0.5 ms were seen
constexpr int kNiceness = -20;     // setpriority(2), where a real-time policy is not allowed
constexpr int kUnused = 10;        // file descriptors from here on are moved to

enum class Order : std::uint32_t { attach, detach, answer };

struct Request {
  Order order;
  std::uint32_t link;
  std::uint32_t count;
  std::uint32_t on_return;
};

}  // namespace

struct ProbeKeeper::Shared {
  std::array<std::uint64_t, TMBPF_MAX_SITES> offsets;
  std::array<std::uint64_t, TMBPF_MAX_SITES> cookies;
};

namespace {

// What the new process does. It is a copy of one thread of a process that had several: only system
// calls from here on.
class Keeper {
 public:
  Keeper(int program, int file, int socket, pid_t pid, const std::uint64_t* offsets,
         const std::uint64_t* cookies)
      : program_(program),
        file_(file),
        socket_(socket),
        pid_(pid),
        offsets_(offsets),
        cookies_(cookies) {
    links_.fill(-1);
  }

  [[noreturn]] void run() {
    keep_only_own_files();
    std::snprintf(path_.data(), path_.size(), "/proc/self/fd/%d", file_);
    Request request{};
    while (::recv(socket_, &request, sizeof(request), 0) == sizeof(request)) {
      if (request.order == Order::detach) {
        ::close(std::exchange(links_[request.link], -1));
        continue;
      }
      const int error = request.order == Order::attach ? attach(request) : 0;
      ::send(socket_, &error, sizeof(error), MSG_NOSIGNAL);
    }
    ::_exit(0);
  }

 private:
  void keep_only_own_files() {
    program_ = ::fcntl(program_, F_DUPFD, kUnused);
    file_ = ::fcntl(file_, F_DUPFD, kUnused);
    socket_ = ::fcntl(socket_, F_DUPFD, kUnused);
    std::array<int, 3> own{program_, file_, socket_};
    std::ranges::sort(own);
    unsigned first = 3;
    for (const int fd : own) {
      if (static_cast<unsigned>(fd) > first) {
        ::syscall(SYS_close_range, first, static_cast<unsigned>(fd) - 1, 0);
      }
      first = static_cast<unsigned>(fd) + 1;
    }
    ::syscall(SYS_close_range, first, ~0U, 0);
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) {
      ::dup2(null, fd);
    }
    ::close(null);
  }

  int attach(const Request& request) {
    links_[request.link] = create_multi_link({.program = program_,
                                              .path = path_.data(),
                                              .offsets = offsets_,
                                              .cookies = cookies_,
                                              .count = request.count,
                                              .on_return = request.on_return != 0,
                                              .pid = pid_});
    return links_[request.link] < 0 ? errno : 0;
  }

  int program_;
  int file_;
  int socket_;
  pid_t pid_;
  const std::uint64_t* offsets_;
  const std::uint64_t* cookies_;
  std::array<char, 32> path_{};
  std::array<int, ProbeKeeper::kLinks> links_{};
};

void come_before_others() {
  const sched_param least{.sched_priority = 1};
  if (::sched_setscheduler(0, SCHED_FIFO, &least) != 0) {
    ::setpriority(PRIO_PROCESS, 0, kNiceness);
  }
}

[[noreturn]] void throw_no_keeper(int error) {
  throw Error(fmt::format("cannot make the process that keeps probes: {}", std::strerror(error)));
}

// Every signal is blocked while it lives.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &former_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &former_, nullptr); }

 private:
  sigset_t former_{};
};

}  // namespace

ProbeKeeper::ProbeKeeper(const bpf_program* program, const std::string& path, pid_t pid)
    : pid_(pid) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<int, 2> sockets{-1, -1};
  if (!file.valid() ||
      ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    throw_no_keeper(errno);
  }
  socket_.reset(sockets[0]);
  const UniqueFd its_socket(sockets[1]);
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw_no_keeper(errno);
  }
  shared_ = static_cast<Shared*>(memory);
  const SignalsBlocked blocked;
  // Without a signal at its end: whoever waits for children of his own does not meet it.
  keeper_ = static_cast<pid_t>(::syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr));
  if (keeper_ == 0) {
    ::setsid();
    ::prctl(PR_SET_NAME, "tmbpf-probes");
    come_before_others();
    Keeper(bpf_program__fd(program), file.get(), its_socket.get(), pid, shared_->offsets.data(),
           shared_->cookies.data())
        .run();
  }
  if (keeper_ < 0) {
    const int error = errno;
    ::munmap(memory, sizeof(Shared));
    throw_no_keeper(error);
  }
}

ProbeKeeper::~ProbeKeeper() {
  socket_.reset();
  while (::waitpid(keeper_, nullptr, __WCLONE) < 0 && errno == EINTR) {
  }
  ::munmap(shared_, sizeof(Shared));
}

// Many at once may go on beside the target: they would stop it for too long. What the kernel
// refuses is left as it is; then work takes longer.
void ProbeKeeper::go_to_work(std::size_t probes) {
  const int cpu = cpu_;
  cpu_set_t cpus{};
  if (cpu >= 0 && cpu < CPU_SETSIZE && probes <= kFew) {
    CPU_SET(static_cast<std::size_t>(cpu), &cpus);
  } else {
    std::memset(&cpus, -1, sizeof(cpus));
  }
  ::sched_setaffinity(keeper_, sizeof(cpus), &cpus);
}

std::uint32_t ProbeKeeper::attach(const Batch& batch) {
  const std::lock_guard lock(mutex_);
  go_to_work(batch.offsets.size());
  const auto link = static_cast<std::uint32_t>(std::countr_one(used_));
  int error = link >= kLinks || batch.offsets.size() > TMBPF_MAX_SITES ? E2BIG : 0;
  if (error == 0) {
    std::ranges::copy(batch.offsets, shared_->offsets.begin());
    std::ranges::copy(batch.cookies, shared_->cookies.begin());
    const Request request{.order = Order::attach,
                          .link = link,
                          .count = static_cast<std::uint32_t>(batch.offsets.size()),
                          .on_return = batch.on_return ? 1U : 0U};
    if (::send(socket_.get(), &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request) ||
        ::recv(socket_.get(), &error, sizeof(error), 0) != sizeof(error)) {
      error = EPIPE;
    }
  }
  if (error != 0) {
    throw_attach_error(pid_, batch.offsets.size(), error);
  }
  used_ |= std::uint64_t{1} << link;
  probes_[link] = batch.offsets.size();
  return link;
}

void ProbeKeeper::detach(std::uint32_t link) {
  const std::lock_guard lock(mutex_);
  go_to_work(probes_[link]);
  const Request request{.order = Order::detach, .link = link, .count = 0, .on_return = 0};
  ::send(socket_.get(), &request, sizeof(request), MSG_NOSIGNAL);
  used_ &= ~(std::uint64_t{1} << link);
}

void ProbeKeeper::wait() {
  const std::lock_guard lock(mutex_);
  const Request request{.order = Order::answer, .link = 0, .count = 0, .on_return = 0};
  int error = 0;
  if (::send(socket_.get(), &request, sizeof(request), MSG_NOSIGNAL) == sizeof(request)) {
    ::recv(socket_.get(), &error, sizeof(error), 0);
  }
}

KeptLink::KeptLink(ProbeKeeper& keeper, const ProbeKeeper::Batch& batch)
    : size_(batch.offsets.size()) {
  if (size_ != 0) {
    link_ = keeper.attach(batch);
    keeper_ = &keeper;
  }
}

KeptLink::KeptLink(KeptLink&& other) noexcept
    : keeper_(std::exchange(other.keeper_, nullptr)),
      link_(other.link_),
      size_(std::exchange(other.size_, 0)) {}

KeptLink& KeptLink::operator=(KeptLink&& other) noexcept {
  detach();
  keeper_ = std::exchange(other.keeper_, nullptr);
  link_ = other.link_;
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void KeptLink::detach() {
  if (keeper_ != nullptr) {
    std::exchange(keeper_, nullptr)->detach(link_);
  }
  size_ = 0;
}

}  // namespace tmbpf
