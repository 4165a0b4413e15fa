// SPDX-License-Identifier: Apache-2.0
// Where a live view goes.
#pragma once

namespace tmbpf {

class LiveDisplay {
 public:
  LiveDisplay() = default;
  LiveDisplay(const LiveDisplay&) = delete;
  LiveDisplay& operator=(const LiveDisplay&) = delete;
  virtual ~LiveDisplay() = default;

  // Shows what the processes hold now.
  virtual void refresh() = 0;
  // To be called after LiveTargets::poll(): lets go of those that have ended.
  virtual void take_ended() = 0;
  // Shows what was not shown since processes ended, and what runs; the full screen is gone then.
  virtual void show_last() = 0;

  // -1: none.
  [[nodiscard]] virtual int input_fd() const { return -1; }
  // Does what was asked for since the last call. False: the user wants to end it.
  virtual bool take_keys() { return true; }
  // Whether somebody looks at it who wants to see the last state when all processes have ended.
  [[nodiscard]] virtual bool stays() const { return false; }
  // Gives the terminal back and stops this process (Ctrl-Z); returns when it goes on.
  virtual void suspend() {}
  // It goes on after somebody else has stopped it.
  virtual void resume() {}
};

}  // namespace tmbpf
