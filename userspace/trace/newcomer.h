// SPDX-License-Identifier: Apache-2.0
// A process that a followed one forked or executed, until it is traced or turns out not to be a
// Python. Another process that got its pid meanwhile is a stranger and left alone.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "symbols/process/process_identity.h"
#include "symbols/python_target.h"
#include "userspace/trace/places.h"
#include "userspace/trace/trace_options.h"
#include "userspace/trace/tracer.h"

namespace tmbpf {

class Newcomer {
 public:
  // `program`: its parent's, for a forked child, else null. `places`: of which it takes one before
  // anything is loaded for it; must outlive the object; null: it needs none. Nothing happens before
  // begin().
  Newcomer(ProcessIdentity process, std::shared_ptr<const PythonTarget> program,
           TraceOptions options, Places* places)
      : process_(std::move(process)),
        program_(std::move(program)),
        options_(std::move(options)),
        places_(places) {}
  Newcomer(const Newcomer&) = delete;
  Newcomer& operator=(const Newcomer&) = delete;
  // Gives up, and waits for what is under way (the loading of the programs).
  ~Newcomer() = default;

  // Starts a thread that attaches: to a forked child at once, to a new program when its interpreter
  // lives, but no later than some seconds after. It writes to the eventfd `done_fd` when it is
  // over.
  void begin(int done_fd);
  // It executed another program meanwhile, or nobody wants it any more.
  void give_up();

  [[nodiscard]] pid_t pid() const { return process_.pid; }
  [[nodiscard]] const ProcessIdentity& process() const { return process_; }
  [[nodiscard]] const std::shared_ptr<const PythonTarget>& program() const { return program_; }
  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] bool given_up() const { return given_up_; }
  [[nodiscard]] bool done() const { return done_.load(std::memory_order_acquire); }

  // When done: its tracer, or null; and the tracer's place.
  std::unique_ptr<Tracer> take_tracer() { return std::move(tracer_); }
  Places::Place take_place() { return std::move(place_); }
  // When done: why a Python is not traced; empty when it is, is gone, or is no Python.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

 private:
  void attach(const std::stop_token& stop);
  [[nodiscard]] std::optional<PythonTarget> await_python(const std::stop_token& stop) const;
  void take_room();

  ProcessIdentity process_;
  std::shared_ptr<const PythonTarget> program_;
  TraceOptions options_;
  Places* places_;
  bool begun_ = false;
  bool given_up_ = false;
  // Written by the thread, read when done_.
  Places::Place place_;
  std::unique_ptr<Tracer> tracer_;
  std::string refusal_;
  std::atomic<bool> done_ = false;
  std::jthread thread_;  // last, since it uses the others
};

}  // namespace tmbpf
