// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/report/report_data.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "userspace/model/statistics.h"
#include "userspace/view/human_text.h"
#include "userspace/view/report/kept_stacks.h"
#include "userspace/view/report/report_number.h"
#include "userspace/view/report/report_text.h"
#include "userspace/view/report/snapshot_summary.h"
#include "userspace/view/report/stack_tree.h"

namespace tmbpf {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kBlank = " \t\n\v\f\r";

std::string source_text(std::string_view line, std::size_t width) {
  const std::size_t begin = std::min(line.find_first_not_of(kBlank), line.size());
  std::string text(line.substr(begin, line.find_last_not_of(kBlank) + 1 - begin));
  std::ranges::replace(text, '\t', ' ');
  // Cut before it is made printable: a file may be one line of many megabytes.
  text = shorten_right(text, width);
  const std::string shown = report_text(text, text.size() * 6);
  return shorten_right(shown, width);
}

// Each line is asked for once, whatever functions it is in.
class SourceLines {
 public:
  SourceLines(const ReportOptions& options, Json& strings) : options_(options), strings_(strings) {}

  // Its place in strings; 0 when there is none.
  std::size_t place(std::string_view filename, std::uint32_t lineno) {
    if (!options_.source || lineno == 0) {
      return 0;
    }
    const auto known = places_.find({filename, lineno});
    if (known != places_.end()) {
      return known->second;
    }
    if (places_.size() >= options_.max_source_lines) {
      return 0;
    }
    const auto line = options_.source(filename, lineno);
    const std::string text = line ? source_text(*line, options_.max_source_length) : std::string();
    const std::size_t place = text.empty() ? 0 : strings_.size();
    if (place != 0) {
      strings_.push_back(text);
    }
    return places_[{filename, lineno}] = place;
  }

 private:
  const ReportOptions& options_;
  Json& strings_;
  std::map<std::pair<std::string_view, std::uint32_t>, std::size_t> places_;
};

Json strings_json(const KeptStacks& kept, const StackTree& tree, std::size_t width) {
  Json strings = Json::array();
  for (const std::uint32_t number : kept.strings) {
    strings.push_back(report_text(tree.strings()[number], width));
  }
  return strings;
}

// Adds the source lines to `strings`.
Json frames_json(const KeptStacks& kept, const StackTree& tree, const ReportOptions& options,
                 Json& strings) {
  SourceLines lines(options, strings);
  Json::array_t file;
  Json::array_t line;
  Json::array_t function;
  Json::array_t source;
  for (const StackTree::TreeFrame& frame : kept.frames) {
    file.emplace_back(frame.filename);
    line.emplace_back(frame.lineno);
    function.emplace_back(frame.function);
    source.emplace_back(lines.place(tree.strings()[kept.strings[frame.filename]], frame.lineno));
  }
  return {{"file", std::move(file)},
          {"line", std::move(line)},
          {"function", std::move(function)},
          {"source", std::move(source)}};
}

Json nodes_json(const KeptStacks& kept) {
  Json::array_t parent;
  Json::array_t frame;
  for (const KeptStacks::Node& node : kept.nodes) {
    parent.emplace_back(node.parent == StackTree::kNone ? std::int64_t{-1} : node.parent);
    frame.emplace_back(node.frame);
  }
  return {{"parent", std::move(parent)}, {"frame", std::move(frame)}};
}

Json replicates_json(const ReplicateSum& sum) {
  Json pair = Json::array({Json::array(), Json::array()});
  for (std::size_t i = 0; i < kReplicates; ++i) {
    pair[0].push_back(short_report_number(sum.sizes()[i]));
    pair[1].push_back(short_report_number(sum.counts()[i]));
  }
  return pair;
}

void add_replicates(const KeptStacks& kept, const StackTree& tree, bool compared, Json& report) {
  const auto json_of = [&tree](std::uint32_t place) {
    return place == StackTree::kNone ? Json(0) : replicates_json(tree.replicates()[place]);
  };
  for (const KeptStacks::Stack& stack : kept.stacks) {
    report["stacks"]["replicates"].push_back(json_of(stack.now_replicates));
    if (compared) {
      report["stacks"]["oldReplicates"].push_back(json_of(stack.before_replicates));
    }
  }
  report["others"]["replicates"] = replicates_json(kept.other_now_replicates);
  report["others"]["oldReplicates"] = replicates_json(kept.other_before_replicates);
}

Json stacks_json(const KeptStacks& kept, bool compared) {
  Json::object_t columns;
  for (const KeptStacks::Stack& stack : kept.stacks) {
    columns["node"].push_back(stack.node);
    columns["hidden"].push_back(stack.hidden);
    columns["size"].push_back(report_number(stack.now.size));
    columns["count"].push_back(report_number(stack.now.count));
    if (compared) {
      columns["oldSize"].push_back(report_number(stack.before.size));
      columns["oldCount"].push_back(report_number(stack.before.count));
    }
  }
  return columns;
}

Json others_json(const KeptStacks& kept) {
  return {{"stacks", kept.other_stacks},
          {"size", report_number(kept.other_now.size)},
          {"count", report_number(kept.other_now.count)},
          {"oldSize", report_number(kept.other_before.size)},
          {"oldCount", report_number(kept.other_before.count)}};
}

}  // namespace

Json report_data(const Snapshot& snapshot, const Snapshot* old, const ReportOptions& options) {
  StackTree tree;
  tree.add(snapshot, StackTree::Side::now);
  Json snapshots = Json::array({snapshot_summary(snapshot, options.name, options.max_name_length)});
  if (old != nullptr) {
    tree.add(*old, StackTree::Side::before);
    snapshots.push_back(snapshot_summary(*old, options.old_name, options.max_name_length));
  }
  const KeptStacks kept = keep_largest(tree, options.max_tracebacks, options.max_tree_nodes);
  Json strings = strings_json(kept, tree, options.max_name_length);
  Json frames = frames_json(kept, tree, options, strings);
  Json report{{"title", report_text(options.title, options.max_name_length)},
              {"snapshots", std::move(snapshots)},
              {"strings", std::move(strings)},
              {"frames", std::move(frames)},
              {"nodes", nodes_json(kept)},
              {"stacks", stacks_json(kept, old != nullptr)},
              {"others", others_json(kept)}};
  if (has_estimates(snapshot, old)) {
    report["sameSession"] = old != nullptr && same_session(snapshot.metadata(), old->metadata());
    add_replicates(kept, tree, old != nullptr, report);
  }
  return report;
}

}  // namespace tmbpf
