// SPDX-License-Identifier: Apache-2.0
// The CPythons whose new references are planned, and a program for them.
#pragma once

#include <vector>

#include "symbols/allocator/new_reference_finder.h"
#include "tests/unit/planner/interpreters.h"

namespace tmbpf::test {

// Takes from every free list that some version has, and gives back.
inline constexpr const char* kRecycle = R"(
import os, signal, contextvars, ctypes
async def ticks():
    for i in range(9):
        yield i
async def count():
    return [i async for i in ticks()]
def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
class Thing:
    def method(self): return self
    def __init__(self): self.value = 1.5
os.kill(os.getpid(), signal.SIGSTOP)
kept = []
for i in range(30):
    x = i * 1.5 + 0.25
    kept.append((x, [x, i], {'a': x}, {**{'b': i}}, slice(i, x), 10 ** 9 + i, complex(i, x)))
    kept = kept[-5:]
    kept.append([Thing().method, len, [].append, iter([i]), iter((i,)), range(i), iter(range(i))])
    kept.append((str(i) * 40, bytes(i), bytearray(i), {i, str(i)}, memoryview(b'x'), lambda: x))
    run(count())
    context = contextvars.copy_context()
    context.run(len, ())
    list(zip(range(3), 'abc')), dict(a=i).copy(), [*range(5)][1:3], (i,) + (2,), 'a,b'.split(',')
    try:
        bytearray(1 << 62)
    except MemoryError as error:
        kept.append(error)
for domain in (5, 0xfffffff0):
    ctypes.pythonapi.PyTraceMalloc_Track(
        ctypes.c_uint(domain), ctypes.c_size_t(0x123456789), ctypes.c_size_t(0x777700001))
    ctypes.pythonapi.PyTraceMalloc_Untrack(ctypes.c_uint(domain), ctypes.c_size_t(0x123456789))
)";

struct PlannedPython {
  explicit PlannedPython(const Interpreter& python);

  // What plan_new_references and plan_track_sites need.
  [[nodiscard]] CodeIndex index() const;
  [[nodiscard]] NewReferencePlan plan() const;

  Interpreter interpreter;
  ElfImage image;
  TracingFlag flag;
  AllocatorTables tables;
};

// Every supported Python of this machine, then the images (with colons between them) that
// TMBPF_EXTRA_PYTHONS names: those are planned, but not run.
std::vector<Interpreter> pythons_to_plan();

}  // namespace tmbpf::test
