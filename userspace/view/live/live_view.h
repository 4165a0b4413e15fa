// SPDX-License-Identifier: Apache-2.0
// The full-screen view without a terminal: what is known of the processes and what was pressed go
// in, lines come out.
//
//   pid 4242: python3 (CPython 3.11.2)
//   tracing for 12 s | mode exact | 10 frames
//   traced 11.8 MiB in 124,461 blocks | peak 13.4 MiB | process RSS 84.9 MiB
//   tracer memory 32.4 MiB | lost events 0 | coverage 100.00 %
//   traced ▁▂▃▄▅▆▇█  10.2 MiB .. 11.8 MiB in 8 s
//   RSS    ▁▁▁▁▅▅▅▅  84.9 MiB .. 85.2 MiB
//   by line | sorted by size
//     #      Size   Share   Count   Average  Location                   Function
//     1  10.2 MiB  86.3 %   1,000  10.4 KiB  .../json/decoder.py:353    JSONDecoder.raw_decode
//   q quit  ? help  Enter open  / filter  c compare  1-5 sort  ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/model/snapshot.h"
#include "userspace/view/key.h"
#include "userspace/view/live/filter_prompt.h"
#include "userspace/view/live/groups_page.h"
#include "userspace/view/live/live_groups.h"
#include "userspace/view/live/live_process.h"
#include "userspace/view/live/memory_history.h"
#include "userspace/view/live/process_track.h"
#include "userspace/view/live/processes_page.h"
#include "userspace/view/live/text_scroll.h"
#include "userspace/view/live/tracebacks_page.h"
#include "userspace/view/live/view_choice.h"
#include "userspace/view/screen_line.h"

namespace tmbpf {

// What is to be done about a key, besides drawing again.
enum class LiveWish : std::uint8_t {
  none,
  quit,
  refresh,   // what the chosen process holds now: another one was chosen, or it is wanted
  snapshot,  // write one of the chosen process
};

class LiveView {
 public:
  // Source lines of a process's files.
  using Sources = std::function<std::optional<std::string>(int pid, std::string_view filename,
                                                           std::uint32_t lineno)>;

  // `utf8`: whether the terminal shows block characters.
  LiveView(ViewChoice choice, bool utf8, Sources sources);

  // All that there are, at Unix seconds; to be called at each refresh. What is remembered of those
  // that are no longer there is forgotten.
  void take(std::vector<LiveProcess> processes, double time);
  // What the chosen one holds; not when paused().
  void take(Snapshot snapshot, TableTotals totals, double time);

  LiveWish press(Key key);
  // A message for the bottom line, until the next key or for some refreshes.
  void say(std::string message);

  // At most `height` lines of `width` columns.
  [[nodiscard]] ScreenLines lines(std::size_t width, std::size_t height);

  // 0: there is no process.
  [[nodiscard]] int chosen() const { return chosen_; }
  [[nodiscard]] bool paused() const { return paused_; }
  [[nodiscard]] const ViewChoice& choice() const { return choice_; }

 private:
  enum class Page : std::uint8_t { groups, tracebacks, processes, help, info };

  LiveWish press_on_page(Key key);
  LiveWish press_on_groups(Key key);
  LiveWish press_on_processes(Key key);
  bool press_grouping(Key key);
  bool press_sorting(Key key);
  bool press_comparing(Key key);
  LiveWish press_general(Key key);
  LiveWish choose(int pid);
  LiveWish step(int by);
  void open_tracebacks();
  void group_by(KeyType type);
  void sort_by(SortOrder order);
  void change();
  void renew();
  [[nodiscard]] ProcessTrack* track();
  [[nodiscard]] std::size_t chosen_index() const;

  [[nodiscard]] ScreenLines page_lines(std::size_t width, std::size_t height);
  [[nodiscard]] ScreenLines info_lines(std::size_t width);
  [[nodiscard]] ScreenLine status_line(std::size_t width);
  [[nodiscard]] ScreenLine bottom_line(std::size_t width) const;

  ViewChoice choice_;
  bool utf8_;
  Sources sources_;
  std::vector<LiveProcess> processes_;
  std::map<int, ProcessTrack> tracks_;      // by pid
  std::map<int, MemoryHistory> histories_;  // likewise
  int chosen_ = 0;
  bool paused_ = false;
  bool graph_ = true;
  Page page_ = Page::groups;
  std::optional<LiveGroups> groups_;  // of the chosen process; nothing: to be made
  GroupsPage groups_page_;
  std::optional<TracebacksPage> tracebacks_page_;
  ProcessesPage processes_page_;
  TextScroll text_scroll_;
  std::optional<FilterPrompt> prompt_;
  std::string message_;
  int message_refreshes_ = 0;  // that it has left
};

}  // namespace tmbpf
