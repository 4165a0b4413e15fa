// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/pickle/python_snapshots.h"

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>

#include "tests/support/python_root.h"
#include "tests/unit/util_command.h"

namespace tmbpf::test {
namespace {

int minor_of(const PythonInterpreter& python) {
  int minor = -1;
  (void)std::sscanf(python.version.c_str(), "3.%d", &minor);
  return minor;
}

}  // namespace

std::vector<PythonInterpreter> pickling_pythons() {
  std::vector<PythonInterpreter> pythons;
  for (const PythonInterpreter& python : installed_pythons()) {
    if (minor_of(python) >= 6 && !in_root(python.path)) {
      pythons.push_back(python);
    }
  }
  if (pythons.empty()) {
    throw std::runtime_error("no CPython 3.6 or later is installed: run scripts/setup");
  }
  return pythons;
}

PickleForm form_of(const PythonInterpreter& python) {
  return minor_of(python) >= 9 ? PickleForm::python_3_9 : PickleForm::python_3_6;
}

std::string run_python(const PythonInterpreter& python, const std::string& program,
                       const std::vector<std::string>& arguments) {
  std::vector<std::string> command{python.path, "-I", "-c", program};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const CommandResult result = run_command(command);
  if (result.exit_status != 0) {
    throw std::runtime_error(
        fmt::format("{} ended with status {}", python.path, result.exit_status));
  }
  return result.output;
}

const char* const kShowTraces = R"(
import pickle, sys, tracemalloc

load = tracemalloc.Snapshot.load

def write(text):
    sys.stdout.buffer.write(text.encode('utf-8', 'surrogatepass'))

def show(snapshot):
    for trace in snapshot.traces._traces:
        total = trace[3] if len(trace) == 4 else len(trace[2])
        frames = ' < '.join('%s:%d' % frame for frame in trace[2])
        write('%d %d %d %s\n' % (trace[0], trace[1], total, frames))
)";

const char* const kTakeSnapshots = R"(
import ctypes, os, pickle, sys, tracemalloc

NAMES = ['plain.py', 'caf\xe9.py', '\u65e5\u672c.py', '\U0001f40d.py', 'a[1]*.py', '<string>',
         'bad\udcff.py', 'x' * 300 + '.py']

def track(domain, address, size):
    function = getattr(ctypes.pythonapi, 'PyTraceMalloc_Track', None)
    if function is None:
        function = ctypes.pythonapi._PyTraceMalloc_Track
    function.argtypes = [ctypes.c_uint, ctypes.c_size_t, ctypes.c_size_t]
    function(domain, address, size)

def allocate(code, depth):
    if depth:
        return allocate(code, depth - 1)
    space = {}
    exec(code, space)
    return space

def take(nframe):
    tracemalloc.start(nframe)
    kept = [allocate(compile('kept = [bytes(n) for n in range(300, 320)]\n'
                             'big = bytearray(1 << 20)', name, 'exec'), depth)
            for depth in (0, 40) for name in NAMES]
    for domain, size in ((7, 70000), (0xffffffff, 0x7fffffff), (389047, 0x7fffffffffffffff)):
        track(domain, 0x1000, size)
    snapshot = tracemalloc.take_snapshot()
    tracemalloc.stop()
    del kept
    return snapshot

def kinds(nframe):
    snapshot = take(nframe)
    yield 'plain', snapshot
    yield 'filtered', snapshot.filter_traces([tracemalloc.Filter(True, name.replace('[', '[[]'))
                                              for name in NAMES])
    empty = snapshot.filter_traces([tracemalloc.Filter(True, 'no such file')])
    empty.pid = 42
    empty.note = 'caf\xe9 \ud800'
    empty.share = 0.1
    empty.nested = [None, True, (1, 'a'), {'a': [], 2: ()}, 1 << 70, -(1 << 64), float('inf')]
    empty.looks_like_a_trace = (0, 5, (('a.py', 3),), 1)
    setattr(empty, 'a name = \xe9', False)
    yield 'attributes', empty

for nframe in (1, 25):
    for kind, snapshot in kinds(nframe):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            if protocol > 2:
                snapshot.raw = b'\x00\xff'
            name = os.path.join(sys.argv[1], '%s-%d-%d' % (kind, nframe, protocol))
            with open(name, 'wb') as file:
                pickle.dump(snapshot, file, protocol)
            print(name)
)";

}  // namespace tmbpf::test
