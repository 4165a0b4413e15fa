// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/recorder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <exception>
#include <filesystem>
#include <system_error>
#include <utility>

#include "symbols/python_target.h"
#include "userspace/cli/user_data_command.h"
#include "userspace/files/snapshot_file.h"
#include "userspace/view/human_text.h"
#include "util/error.h"
#include "util/format_size.h"
#include "util/log.h"

namespace tmbpf {
namespace {

[[noreturn]] void refuse(const std::string& message, std::string hint) {
  throw Error(message, std::move(hint), ExitStatus::usage);
}

void require_names(const OutputTemplate& names, const RecordOptions& options) {
  const std::size_t slash = names.text().rfind('/');
  const bool counted_folder = slash != std::string::npos &&
                              names.text().substr(0, slash).find("$counter") != std::string::npos;
  if (counted_folder) {
    refuse("$counter may not be in a folder's name", "put it behind the last slash");
  }
  if (options.follow && !names.has_pid()) {
    refuse(fmt::format("the processes that --follow finds cannot share the file {}", names.text()),
           "put $pid into its name, in single quotes");
  }
  const bool differ = names.has_counter() || names.has_timestamp();
  if (!differ && !options.overwrite && (options.count != 1 || options.follow)) {
    refuse(fmt::format("each snapshot would overwrite the last: {}", names.text()),
           "put $counter or $timestamp into its name, in single quotes, or say --overwrite");
  }
}

std::string size_text(const Metadata& metadata, const char* key) {
  return format_size(metadata_number(metadata, key).value_or(0));
}

}  // namespace

Recorder::Recorder(const RecordOptions& options, int progress, std::function<bool()> give_up)
    : options_(options),
      names_(options.output),
      progress_(options.quiet ? -1 : progress),
      give_up_(std::move(give_up)),
      kept_(options.keep, options.max_disk) {
  require_names(names_, options);
}

void Recorder::check(pid_t pid) {
  const std::string path = names_.expand(pid, std::time(nullptr), 1);
  check_output_path(path);
  std::error_code error;
  if (!names_.has_counter() && !names_.has_timestamp() && !options_.overwrite &&
      std::filesystem::exists(path, error)) {
    refuse(fmt::format("{} exists", path), "choose another name, or say --overwrite");
  }
  if (const std::uint64_t last = series_of(pid).continues(); last != 0) {
    print(fmt::format("files up to {} exist: going on after them",
                      printable(names_.expand(pid, std::time(nullptr), last))));
  }
}

OutputSeries& Recorder::series_of(pid_t pid) {
  return series_.try_emplace(names_.has_pid() ? pid : 0, names_, pid).first->second;
}

void Recorder::record(Tracer& tracer) {
  const pid_t pid = tracer.target().identity.pid;
  try {
    write(take(tracer), pid);
  } catch (const Error& error) {
    ++failed_;
    log_error(printable(error.what()));
    if (!error.hint().empty()) {
      log_info("  " + printable(error.hint()));
    }
  } catch (const std::exception& error) {
    ++failed_;
    log_error(fmt::format("no snapshot of process {}: {}", pid, printable(error.what())));
  }
}

Snapshot Recorder::take(Tracer& tracer) const {
  UserData data;
  if (!options_.user_data.empty()) {
    data = run_user_data(options_.user_data, tracer.target().identity.pid, give_up_);
  }
  Snapshot snapshot = tracer.full_snapshot(options_.addresses);
  if (!data.text.empty()) {
    snapshot.set_metadata("user_data", std::move(data.text));
  }
  if (!data.error.empty()) {
    log_warning("--user-data: " + data.error);
    snapshot.set_metadata("user_data_error", std::move(data.error));
  }
  return snapshot;
}

void Recorder::write(const Snapshot& snapshot, pid_t pid) {
  const std::string path = series_of(pid).next(std::time(nullptr));
  write_snapshot(snapshot, path);
  kept_.add(path);
  ++written_;
  print_file(snapshot, path);
}

void Recorder::print_file(const Snapshot& snapshot, const std::string& path) {
  const Metadata& metadata = snapshot.metadata();
  std::string line = fmt::format("{}: {} traces, {} traced", printable(path),
                                 snapshot.traces().size(), size_text(metadata, "current"));
  if (metadata.contains("rss")) {
    line += ", RSS " + size_text(metadata, "rss");
  }
  print(line);
}

// Unbuffered: whoever reads along sees each line, and a reader that goes away changes nothing.
void Recorder::print(const std::string& line) {
  const std::string text = line + "\n";
  std::size_t done = 0;
  while (progress_ >= 0 && done < text.size()) {
    const ssize_t size = ::write(progress_, text.data() + done, text.size() - done);
    if (size >= 0) {
      done += static_cast<std::size_t>(size);
    } else if (errno != EINTR) {
      log_warning(fmt::format("cannot print any more: {}; the files are still written",
                              std::generic_category().message(errno)));
      progress_ = -1;
    }
  }
}

void Recorder::print_summary() {
  std::string text = fmt::format("{} files written", written_);
  if (kept_.deleted() != 0) {
    text += fmt::format(", the {} oldest deleted", kept_.deleted());
  }
  if (failed_ == 0) {
    print(text);
  } else {
    log_error(fmt::format("{}, {} not", text, failed_));
  }
}

}  // namespace tmbpf
