// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/live_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "userspace/view/human_text.h"
#include "userspace/view/live/choice_text.h"
#include "userspace/view/live/key_help.h"
#include "userspace/view/live/screen_header.h"

namespace tmbpf {
namespace {

constexpr int kMessageRefreshes = 10;

}  // namespace

LiveView::LiveView(ViewChoice choice, bool utf8, Sources sources)
    : choice_(std::move(choice)), utf8_(utf8), sources_(std::move(sources)) {}

void LiveView::take(std::vector<LiveProcess> processes, double time) {
  processes_ = std::move(processes);
  const auto gone = [this](const auto& entry) {
    return std::ranges::find(processes_, entry.first, &LiveProcess::pid) == processes_.end();
  };
  std::erase_if(tracks_, gone);
  std::erase_if(histories_, gone);
  for (const LiveProcess& process : processes_) {
    if (process.resident != 0) {
      histories_[process.pid].add(time, process.traced, process.resident);
    }
  }
  const int chosen = processes_.empty() ? 0 : processes_[chosen_index()].pid;
  if (chosen != chosen_) {
    choose(chosen);
  }
  if (message_refreshes_ > 0 && --message_refreshes_ == 0) {
    message_.clear();
  }
}

void LiveView::take(Snapshot snapshot, TableTotals totals, double time) {
  tracks_[chosen_].add(std::move(snapshot), std::move(totals), time);
  renew();
}

ProcessTrack* LiveView::track() {
  const auto found = tracks_.find(chosen_);
  return found == tracks_.end() || found->second.empty() ? nullptr : &found->second;
}

std::size_t LiveView::chosen_index() const {
  const auto found = std::ranges::find(processes_, chosen_, &LiveProcess::pid);
  return found == processes_.end() ? 0 : static_cast<std::size_t>(found - processes_.begin());
}

void LiveView::say(std::string message) {
  message_ = std::move(message);
  message_refreshes_ = kMessageRefreshes;
}

// Other numbers of the same groups.
void LiveView::renew() {
  groups_.reset();
  ProcessTrack* const track = this->track();
  if (track == nullptr) {
    return;
  }
  groups_ = track->groups(choice_);
  if (tracebacks_page_) {
    const SourceReader source = [this](std::string_view filename, std::uint32_t lineno) {
      return sources_ ? sources_(chosen_, filename, lineno) : std::nullopt;
    };
    tracebacks_page_->show(track->tracebacks(tracebacks_page_->group(), choice_), track->table(),
                           source);
  }
}

// Other groups.
void LiveView::change() {
  groups_page_.reset();
  renew();
}

void LiveView::group_by(KeyType type) {
  choice_.group_by = type;
  if (type == KeyType::traceback && choice_.cumulative != Cumulative::no) {
    choice_.cumulative = Cumulative::no;
    say("tracebacks are not cumulative");
  }
  change();
}

void LiveView::sort_by(SortOrder order) {
  choice_.sort = order;
  const bool differences = order == SortOrder::size_diff || order == SortOrder::count_diff;
  if (differences && choice_.comparison == Comparison::none) {
    choice_.comparison = Comparison::previous;
  }
  change();
}

void LiveView::open_tracebacks() {
  const auto group = groups_ ? groups_page_.selected(*groups_) : std::nullopt;
  if (group) {
    tracebacks_page_.emplace(*group);
    page_ = Page::tracebacks;
    renew();
  }
}

LiveWish LiveView::choose(int pid) {
  page_ = Page::groups;
  tracebacks_page_.reset();
  if (pid == chosen_) {
    return LiveWish::none;
  }
  chosen_ = pid;
  change();
  return LiveWish::refresh;
}

LiveWish LiveView::step(int by) {
  if (processes_.size() < 2) {
    say("there is no other process");
    return LiveWish::none;
  }
  const auto count = static_cast<int>(processes_.size());
  const int index = (static_cast<int>(chosen_index()) + by + count) % count;
  return choose(processes_[static_cast<std::size_t>(index)].pid);
}

ScreenLines LiveView::info_lines(std::size_t width) {
  ScreenLines lines;
  if (ProcessTrack* const track = this->track()) {
    for (const std::string& line : header_lines(track->totals(), width)) {
      lines.push_back({line});
    }
  }
  return lines;
}

ScreenLines LiveView::page_lines(std::size_t width, std::size_t height) {
  ProcessTrack* const track = this->track();
  switch (page_) {
    case Page::help:
      return text_scroll_.window(key_help(), height);
    case Page::info:
      return text_scroll_.window(info_lines(width), height);
    case Page::processes:
      return processes_page_.lines(processes_, width, height);
    case Page::tracebacks:
      return tracebacks_page_->lines(width, height);
    case Page::groups:
      break;
  }
  if (track == nullptr || !groups_) {
    return {{"waiting for the first numbers"}};
  }
  ScreenLines lines = groups_page_.lines(
      *groups_, track->table(), static_cast<double>(track->totals().traced_current), width, height);
  if (groups_->rows.empty()) {
    lines.push_back(
        {choice_.filter.empty() ? "no traced block is alive" : "no traced block fits the filter"});
  }
  return lines;
}

ScreenLine LiveView::status_line(std::size_t width) {
  std::string text = (paused_ ? "PAUSED | " : "") +
                     choice_text(choice_, groups_ ? groups_->total : StatisticDiff());
  if (groups_ && choice_.comparison != Comparison::none) {
    const std::string other = choice_.comparison == Comparison::baseline ? "the baseline of " : "";
    text += groups_->compared
                ? fmt::format(" | compared with {}{} ago", other,
                              format_duration(track()->time() - groups_->compared_to + 0.5))
                : " | nothing to compare with yet";
  }
  return {shorten_right(printable(text), width), LineStyle::strong};
}

ScreenLine LiveView::bottom_line(std::size_t width) const {
  if (prompt_) {
    const std::string text = printable("/" + prompt_->text()) + "_";
    return {shorten_left(text, width), LineStyle::strong};
  }
  if (!message_.empty()) {
    return {shorten_right(printable(message_), width), LineStyle::strong};
  }
  const bool list = page_ == Page::groups || page_ == Page::processes;
  return {list ? key_line(width)
               : shorten_right("Esc back  Up Down PgUp PgDn Home End move  q quit", width)};
}

ScreenLines LiveView::lines(std::size_t width, std::size_t height) {
  const bool full_page = page_ == Page::help || page_ == Page::info;
  ScreenLines lines;
  if (!full_page && height > 3) {
    ProcessTrack* const track = this->track();
    const TableTotals nothing{.pid = chosen_, .state = "attached"};
    lines = screen_header({.totals = track != nullptr ? track->totals() : nothing,
                           .history = graph_ ? &histories_[chosen_] : nullptr,
                           .index = chosen_index(),
                           .processes = processes_.size(),
                           .width = width,
                           .screen_height = height,
                           .utf8 = utf8_});
    lines.push_back(status_line(width));
  }
  const std::size_t used = lines.size() + 1;
  const std::size_t room = height > used ? height - used : 0;
  ScreenLines page = page_lines(width, room);
  page.resize(room);
  std::ranges::move(page, std::back_inserter(lines));
  lines.push_back(bottom_line(width));
  lines.resize(std::min(lines.size(), height));
  for (ScreenLine& line : lines) {
    line.text = shorten_right(line.text, width);
  }
  return lines;
}

}  // namespace tmbpf
