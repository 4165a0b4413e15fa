// SPDX-License-Identifier: Apache-2.0
// The built-in tables against what the CPythons of this machine say: their DWARF, and their memory.
#include "symbols/python/python_layout.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "symbols/python/process_layout.h"
#include "tests/support/python_root.h"
#include "tests/unit/python/running_python.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr int kNoDwarf = 3;  // generate-offsets' exit status
const char* const kWaits = "print('ready', flush=True); input()";

PythonLayout layout_of(const RunningPython& python) {
  return process_layout(python_layout(python.version()).value(), python.version(), python.image(),
                        python.runtime(), python.memory());
}

TEST(PythonLayout, every_supported_version_is_named_in_order) {
  EXPECT_EQ(supported_versions(), "3.8, 3.9, 3.10, 3.11, 3.12, 3.13, 3.14, 3.15");
  EXPECT_FALSE(python_layout({.major = 3, .minor = 7, .micro = 16}));
  EXPECT_FALSE(python_layout({.major = 3, .minor = 16, .micro = 0}));
  EXPECT_FALSE(python_layout({.major = 2, .minor = 11, .micro = 0}));
}

TEST(PythonLayout, the_tables_are_what_the_dwarf_of_every_cpython_here_says) {
  int compared = 0;
  for (const PythonInterpreter& python : supported_pythons()) {
    const RunningPython running(python, kWaits);
    const std::string command =
        "'" TMBPF_GENERATE_OFFSETS "' --check '" + running.image_path() + "'";
    const int status = WEXITSTATUS(std::system(command.c_str()));
    if (status != kNoDwarf) {
      EXPECT_EQ(status, 0) << python.path << " (" << python.version << ")";
      ++compared;
    }
  }
  EXPECT_GT(compared, 0) << "no CPython here has DWARF";
}

TEST(ProcessLayout, the_main_interpreter_is_where_the_process_has_it) {
  for (const PythonInterpreter& python : supported_pythons()) {
    SCOPED_TRACE(python.path);
    const RunningPython running(python, kWaits);
    const PythonLayout layout = layout_of(running);
    const auto main =
        running.memory().read<std::uint64_t>(running.runtime() + layout.runtime_interpreters_main);
    const auto head =
        running.memory().read<std::uint64_t>(running.runtime() + layout.runtime_interpreters_head);
    EXPECT_NE(main.value_or(0), 0U);
    EXPECT_EQ(main, head);  // it has one interpreter
    if (layout.runtime_main_interpreter != TMBPF_NO_FIELD) {
      EXPECT_EQ(running.runtime() + layout.runtime_main_interpreter, main);
    }
  }
}

// The thread that holds the GIL; waits for it, since writing a line lets it go.
std::uint64_t current_thread(const RunningPython& python, const PythonLayout& layout) {
  const bool own = layout.runtime_tstate_current != TMBPF_NO_FIELD;
  const std::uint64_t address =
      python.runtime() + (own ? layout.runtime_tstate_current
                              : layout.runtime_main_interpreter + layout.interp_gil_last_holder);
  std::uint64_t tstate = 0;
  for (int i = 0; i < 1000 && tstate == 0; ++i) {
    tstate = python.memory().read<std::uint64_t>(address).value_or(0);
    ::usleep(1000);
  }
  return tstate;
}

TEST(ProcessLayout, the_running_thread_is_found_through_the_runtime) {
  for (const PythonInterpreter& python : supported_pythons()) {
    SCOPED_TRACE(python.path);
    RunningPython running(python,
                          "import threading; print(threading.get_ident(), flush=True); "
                          "[None for _ in iter(int, 1)]");
    const PythonLayout layout = layout_of(running);
    const auto read = [&running](std::uint64_t address) {
      return running.memory().read<std::uint64_t>(address).value_or(0);
    };
    const std::uint64_t tstate = current_thread(running, layout);
    const std::uint64_t interp = read(running.runtime() + layout.runtime_interpreters_head);
    EXPECT_EQ(read(interp + layout.offsets.interp_threads_head), tstate);
    EXPECT_EQ(std::to_string(read(tstate + layout.offsets.tstate_thread_id)), running.answer());
    running.process().kill();
  }
}

// Before its first instruction a program's runtime has no main interpreter yet (tmbpf run). A
// library that is only loaded, and by no Python, is in the same state.
TEST(ProcessLayout, a_library_that_has_not_run_yet_has_the_same_layout) {
  for (const PythonInterpreter& python : supported_pythons()) {
    SCOPED_TRACE(python.path);
    const RunningPython running(python, kWaits);
    if (in_root(python.path) || running.image_path().find("libpython") == std::string::npos) {
      continue;  // its C library is another, or it is a program
    }
    void* const library = ::dlopen(running.image_path().c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << ::dlerror();
    const auto runtime = reinterpret_cast<std::uint64_t>(::dlsym(library, "_PyRuntime"));
    const PythonLayout layout =
        process_layout(python_layout(running.version()).value(), running.version(), running.image(),
                       runtime, ProcessMemory(::getpid()));
    EXPECT_EQ(layout.runtime_main_interpreter, layout_of(running).runtime_main_interpreter);
    EXPECT_EQ(layout.interp_gil_last_holder, layout_of(running).interp_gil_last_holder);
    ::dlclose(library);
  }
}

TEST(ProcessLayout, the_sign_of_tracemalloc_is_set_when_it_starts) {
  for (const PythonInterpreter& python : supported_pythons()) {
    SCOPED_TRACE(python.path);
    RunningPython running(python,
                          "import tracemalloc\nprint('ready', flush=True)\ninput()\n"
                          "tracemalloc.start()\nprint('started', flush=True)\ninput()");
    const PythonLayout layout = layout_of(running);
    if (running.version().minor < 12) {
      EXPECT_EQ(layout.runtime_tracing, TMBPF_NO_FIELD);
      continue;
    }
    ASSERT_NE(layout.runtime_tracing, TMBPF_NO_FIELD);
    const std::uint64_t address = running.runtime() + layout.runtime_tracing;
    EXPECT_EQ(running.memory().read<std::uint32_t>(address), 0U);
    running.process().write_line("");
    EXPECT_EQ(running.process().read_line(), "started");
    EXPECT_NE(running.memory().read<std::uint32_t>(address).value_or(0), 0U);
  }
}

TEST(ProcessLayout, an_address_that_is_not_the_runtime_is_refused) {
  for (const PythonInterpreter& python : supported_pythons()) {
    const RunningPython running(python, kWaits);
    if (running.version().minor < 12) {
      continue;
    }
    SCOPED_TRACE(python.path);
    EXPECT_THROW(process_layout(python_layout(running.version()).value(), running.version(),
                                running.image(), running.runtime() + 64, running.memory()),
                 Error);
  }
}

}  // namespace
}  // namespace tmbpf
