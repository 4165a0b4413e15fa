// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "tests/unit/model_random_snapshot.h"
#include "tests/unit/util_scratch_directory.h"
#include "userspace/files/file_sink.h"
#include "userspace/files/snapshot_file.h"
#include "util/error.h"
#include "util/unique_fd.h"

namespace tmbpf::test {
namespace {

using Names = std::vector<std::string>;

std::optional<Error> error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

// Both the early check and the write must refuse `path`, for a reason that contains `reason`.
void expect_refused(const std::string& path, const std::string& reason,
                    ExitStatus status = ExitStatus::failed) {
  for (const auto& action :
       {std::function<void()>([&] { check_output_path(path); }),
        std::function<void()>([&] { write_snapshot(random_snapshot(1), path); })}) {
    const auto error = error_of(action);
    ASSERT_TRUE(error.has_value()) << path << " accepted";
    EXPECT_NE(std::string(error->what()).find(path), std::string::npos) << error->what();
    EXPECT_NE(std::string(error->what()).find(reason), std::string::npos) << error->what();
    EXPECT_FALSE(error->hint().empty());
    EXPECT_EQ(error->status(), status);
  }
}

// Large enough not to fit into 64 KiB in any format.
Snapshot large_snapshot() {
  Snapshot snapshot;
  for (std::uint32_t line = 0; line < 50000; ++line) {
    const std::array frames{snapshot.add_frame(snapshot.add_string("a.py"), line * 7919U)};
    snapshot.add_trace(
        {.traceback = snapshot.add_traceback(frames, 1), .size = line * std::uint64_t{104729}});
  }
  return snapshot;
}

TEST(SnapshotFile, IsPrivateAndLeavesNoTemporaryFile) {
  const ScratchDirectory directory;
  for (const std::string name : {"x.pickle", "x.pb.gz"}) {
    check_output_path(directory.path(name));
    EXPECT_FALSE(std::filesystem::exists(directory.path(name))) << "the check wrote something";
    write_snapshot(random_snapshot(1), directory.path(name));
    struct stat status {};
    ASSERT_EQ(::stat(directory.path(name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
  }
  EXPECT_EQ(directory.names(), (Names{"x.pb.gz", "x.pickle"}));
}

TEST(SnapshotFile, ChoosesTheFormatByExtension) {
  const ScratchDirectory directory;
  write_snapshot(random_snapshot(1), directory.path("x.pickle"));
  write_snapshot(random_snapshot(1), directory.path("x.pb.gz"));
  EXPECT_TRUE(read_file(directory.path("x.pickle")).starts_with("\x80\x04"));
  EXPECT_TRUE(read_file(directory.path("x.pb.gz")).starts_with("\x1f\x8b"));
}

TEST(SnapshotFile, ChoosesTheLongestExtensionThatFits) {
  const ScratchDirectory directory;
  for (const std::string name : {"x.json", "x.speedscope.json", ".speedscope.json", "x.folded",
                                 "x.count.folded", "speedscope.json"}) {
    write_snapshot(random_snapshot(1), directory.path(name));
  }
  const auto is_speedscope = [&](const char* name) {
    return read_file(directory.path(name)).find("www.speedscope.app") != std::string::npos;
  };
  EXPECT_FALSE(is_speedscope("x.json"));
  EXPECT_TRUE(is_speedscope("x.speedscope.json"));
  EXPECT_TRUE(is_speedscope(".speedscope.json"));
  EXPECT_FALSE(is_speedscope("speedscope.json"));
  EXPECT_NE(read_file(directory.path("x.folded")), read_file(directory.path("x.count.folded")));
}

double blocks_in(const Snapshot& snapshot) {
  double blocks = 0;
  for (const Trace& trace : snapshot.traces()) {
    blocks += trace.weight;
  }
  return blocks;
}

TEST(SnapshotFile, ReadsByContentWhateverTheName) {
  const ScratchDirectory directory;
  const Snapshot snapshot = random_snapshot(1);
  for (const std::string extension : {".pickle", ".pb.gz", ".json"}) {
    write_snapshot(snapshot, directory.path("x" + extension));
    std::filesystem::rename(directory.path("x" + extension), directory.path("x.other"));
    const Snapshot again = read_snapshot(directory.path("x.other"), snapshot.shared_table());
    EXPECT_EQ(blocks_in(again), blocks_in(snapshot)) << extension;
  }
}

TEST(SnapshotFile, SaysThatAFormatForOthersIsNoSnapshot) {
  const ScratchDirectory directory;
  for (const std::string name : {"x.speedscope.json", "x.folded", "x.csv"}) {
    write_snapshot(random_snapshot(1), directory.path(name));
    const auto error =
        error_of([&] { read_snapshot(directory.path(name), std::make_shared<TracebackTable>()); });
    ASSERT_TRUE(error.has_value()) << name;
    EXPECT_NE(std::string(error->what()).find("cannot read " + directory.path(name) + ": byte "),
              std::string::npos)
        << error->what();
    EXPECT_FALSE(error->hint().empty());
  }
}

TEST(SnapshotFile, ReplacesAnEarlierFile) {
  const ScratchDirectory directory;
  write_file(directory.path("x.pickle"), "earlier");
  check_output_path(directory.path("x.pickle"));
  write_snapshot(random_snapshot(1), directory.path("x.pickle"));
  EXPECT_NE(read_file(directory.path("x.pickle")), "earlier");
  EXPECT_EQ(directory.names(), (Names{"x.pickle"}));
}

TEST(SnapshotFile, MayHaveANameWithoutDirectory) {
  const ScratchDirectory directory;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path(""));
  check_output_path("x.pickle");
  write_snapshot(random_snapshot(1), "x.pickle");
  std::filesystem::current_path(before);
  EXPECT_EQ(directory.names(), (Names{"x.pickle"}));
}

TEST(SnapshotFile, RefusesAnUnknownExtensionWithTheListOfKnownOnes) {
  const ScratchDirectory directory;
  for (const std::string name : {"x.txt", "x", "x.pickle.gz", "x.pb", "x.PICKLE", ""}) {
    const auto error = error_of([&] { check_output_path(directory.path(name)); });
    ASSERT_TRUE(error.has_value()) << name;
    EXPECT_EQ(error->status(), ExitStatus::usage);
    for (const char* known :
         {".pickle", ".pb.gz", " .json", ".speedscope.json", ".count.folded", " .folded", ".csv"}) {
      EXPECT_NE(error->hint().find(known), std::string::npos) << known;
    }
  }
  EXPECT_EQ(error_of([] { check_output_path(""); })->status(), ExitStatus::usage);
  expect_refused(directory.path("x.txt"), "extension", ExitStatus::usage);
  EXPECT_TRUE(directory.names().empty());
}

TEST(SnapshotFile, RefusesAMissingDirectory) {
  const ScratchDirectory directory;
  expect_refused(directory.path("missing/x.pickle"), "No such file or directory");
  write_file(directory.path("file"), "");
  expect_refused(directory.path("file/x.pickle"), "Not a directory");
}

TEST(SnapshotFile, RefusesASymlinkAndLeavesItsTargetAlone) {
  const ScratchDirectory directory;
  write_file(directory.path("precious"), "precious");
  std::filesystem::create_symlink(directory.path("precious"), directory.path("x.pickle"));
  std::filesystem::create_symlink(directory.path("nowhere"), directory.path("dangling.pickle"));
  expect_refused(directory.path("x.pickle"), "symlink");
  expect_refused(directory.path("dangling.pickle"), "symlink");
  EXPECT_EQ(read_file(directory.path("precious")), "precious");
  EXPECT_EQ(directory.names(), (Names{"dangling.pickle", "precious", "x.pickle"}));
}

TEST(SnapshotFile, RefusesADirectoryAndADevice) {
  const ScratchDirectory directory;
  std::filesystem::create_directory(directory.path("x.pickle"));
  expect_refused(directory.path("x.pickle"), "directory");
  ASSERT_EQ(::mkfifo(directory.path("fifo.pickle").c_str(), 0600), 0);
  expect_refused(directory.path("fifo.pickle"), "not a regular file");
}

TEST(SnapshotFile, RefusesADirectoryItMayNotWriteTo) {
  const ScratchDirectory directory;
  std::filesystem::create_directory(directory.path("closed"));
  ASSERT_EQ(::chmod(directory.path("closed").c_str(), 0500), 0);
  const uid_t user = ::geteuid();
  if (user == 0) {  // root may write anywhere: try as nobody
    ASSERT_EQ(::chmod(directory.path("").c_str(), 0755), 0);
    ASSERT_EQ(::chown(directory.path("closed").c_str(), 65534, 65534), 0);
    ASSERT_EQ(::seteuid(65534), 0);
  }
  expect_refused(directory.path("closed/x.pickle"), "Permission denied");
  if (user == 0) {
    ASSERT_EQ(::seteuid(0), 0);
  }
}

// Lets files grow to 64 KiB only; writing beyond fails with EFBIG.
class FileSizeLimit {
 public:
  FileSizeLimit() : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = 65536, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  FileSizeLimit(FileSizeLimit&&) = delete;
  FileSizeLimit& operator=(FileSizeLimit&&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST(SnapshotFile, KeepsTheEarlierFileWhenWritingFailsHalfway) {
  const ScratchDirectory directory;
  for (const std::string name : {"x.pickle", "x.pb.gz"}) {
    write_file(directory.path(name), "earlier");
    const Snapshot snapshot = large_snapshot();
    std::optional<Error> error;
    {
      const FileSizeLimit limit;
      error = error_of([&] { write_snapshot(snapshot, directory.path(name)); });
    }
    ASSERT_TRUE(error.has_value());
    EXPECT_NE(std::string(error->what()).find(directory.path(name)), std::string::npos);
    EXPECT_NE(std::string(error->what()).find(std::strerror(EFBIG)), std::string::npos);
    EXPECT_FALSE(error->hint().empty());
    EXPECT_EQ(read_file(directory.path(name)), "earlier");
  }
  EXPECT_EQ(directory.names(), (Names{"x.pb.gz", "x.pickle"}));
}

TEST(SnapshotFile, KeepsTheEarlierFileWhenTheDiskIsFull) {
  const ScratchDirectory directory;
  std::filesystem::create_directory(directory.path("disk"));
  if (::mount("tmbpf-test", directory.path("disk").c_str(), "tmpfs", 0, "size=64k") != 0) {
    const std::string reason = std::string("cannot mount a small tmpfs: ") + std::strerror(errno);
    ASSERT_EQ(std::getenv("TMBPF_REQUIRE_ROOT"), nullptr) << reason;
    GTEST_SKIP() << reason;
  }
  const std::string path = directory.path("disk/x.pickle");
  write_file(path, "earlier");
  const auto error = error_of([&] { write_snapshot(large_snapshot(), path); });
  const std::string kept = read_file(path);
  const auto entries =
      std::distance(std::filesystem::directory_iterator(directory.path("disk")), {});
  EXPECT_EQ(::umount(directory.path("disk").c_str()), 0);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(std::string(error->what()), "cannot write " + path + ": " + std::strerror(ENOSPC));
  EXPECT_NE(error->hint().find("Make room"), std::string::npos);
  EXPECT_EQ(kept, "earlier");
  EXPECT_EQ(entries, 1);
}

TEST(FileSink, ReportsAFullDevice) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.valid());
  FileSink sink(full.get(), "some/path");
  const auto error = error_of([&] { sink.write("x"); });
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(std::string(error->what()),
            std::string("cannot write some/path: ") + std::strerror(ENOSPC));
}

}  // namespace
}  // namespace tmbpf::test
