# SPDX-License-Identifier: Apache-2.0
"""Switches off, inside stdlib tracemalloc, that it follows free lists. For every CPython 3.8-3.15.

CPython tells tracemalloc of each object that is made, by a call of its own (_Py_NewReference);
that is how a block that comes from a free list gets its new owner. Whether the call is made is one
variable, which the allocator's hooks do not look at. It is, while tracemalloc runs,

to 3.11   _Py_tracemalloc_config.tracing, an exported struct (Include/internal/pycore_object.h)
3.12      _PyRuntime.tracemalloc.config.tracing, looked for below
3.13 on   the reference tracer, which has an API (Include/cpython/object.h)
"""
import ctypes
import sys
import tracemalloc

INITIALIZED = 1  # TRACEMALLOC_INITIALIZED
TRACING = 1  # index in struct _PyTraceMalloc_Config {int initialized; int tracing; int max_nframe}
SEARCHED = 1 << 14  # ints of _PyRuntime: its static objects, far larger, come last


def find_in_runtime() -> ctypes.Array:
    """The struct in 3.12's _PyRuntime: the only place that holds these three numbers while
    tracemalloc runs with one number of frames, and with another."""
    runtime = (ctypes.c_int * SEARCHED).in_dll(ctypes.pythonapi, "_PyRuntime")
    found = set(range(SEARCHED - 2))
    for frames in (1237, 2411):
        tracemalloc.start(frames)
        numbers = list(runtime)
        tracemalloc.stop()
        found = {i for i in found if numbers[i:i + 3] == [INITIALIZED, 1, frames]}
    if len(found) != 1:
        raise RuntimeError(f"tracemalloc's configuration is at {len(found)} places of _PyRuntime")
    address = ctypes.addressof(runtime) + found.pop() * ctypes.sizeof(ctypes.c_int)
    return (ctypes.c_int * 3).from_address(address)


class FreeLists:
    """Made before tracemalloc starts. ignore() after it has started; notice() before it is asked for
    what it holds, or stopped."""

    def __init__(self) -> None:
        self._config = None
        self._set_tracer = None  # looked up now: ignore() must allocate as little as it can
        if sys.version_info < (3, 12):
            self._config = (ctypes.c_int * 3).in_dll(ctypes.pythonapi, "_Py_tracemalloc_config")
        elif sys.version_info < (3, 13):
            self._config = find_in_runtime()
        else:
            self._set_tracer = ctypes.pythonapi.PyRefTracer_SetTracer
            self._set_tracer(None, None)

    def ignore(self) -> None:
        if self._config is not None:
            self._config[TRACING] = 0
        elif self._set_tracer(None, None) != 0:
            raise RuntimeError("the reference tracer cannot be set")

    def notice(self) -> None:
        if self._config is not None:
            self._config[TRACING] = 1
