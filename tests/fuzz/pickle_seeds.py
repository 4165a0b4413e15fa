# SPDX-License-Identifier: Apache-2.0
"""pickle_seeds.py FOLDER: small pickles of snapshots as this Python writes them, of every protocol.

tests/fuzz/corpus/pickle was made by this program, run by CPython 2.7, 3.6, 3.8 and 3.13; the
fuzzer's other seeds are made by the Pythons of the machine. (Python 2.7 must be able to read
this file. It has no tracemalloc without a patch: then classes of the same names are pickled, as
pytracemalloc 1.4 has them.)
"""
import os
import pickle
import sys
import types

try:
    import tracemalloc
except ImportError:
    tracemalloc = types.ModuleType("tracemalloc")
    sys.modules["tracemalloc"] = tracemalloc

    class Snapshot(object):  # pylint: disable=useless-object-inheritance
        def __init__(self, traces, traceback_limit):
            self.traces = _Traces(traces)
            self.traceback_limit = traceback_limit

    class _Traces(object):  # pylint: disable=useless-object-inheritance
        def __init__(self, traces):
            self._traces = traces

    for each in (Snapshot, _Traces):
        each.__module__ = "tracemalloc"
        setattr(tracemalloc, each.__name__, each)

VERSION = sys.version_info[:2]

FRAME = ("a.py", 10)
CALLER = ("caf\xe9.py" if VERSION < (3,) else u"caf\xe9\udcff\U0001f40d.py", 4000000000)
TRACEBACKS = ((FRAME,), (FRAME, CALLER), (("<unknown>", 0),))


def trace(size, traceback, domain=0):
    if VERSION < (3, 6):
        return (size, traceback)
    if VERSION < (3, 9):
        return (domain, size, traceback)
    return (domain, size, traceback, len(traceback) + 3)


def snapshot():
    """Sizes that each take another opcode."""
    sizes = (0, 255, 256, 65536, 1 << 31, (1 << 63) - 1)
    traces = [trace(size, TRACEBACKS[i % 3], i // 4) for i, size in enumerate(sizes)]
    result = tracemalloc.Snapshot(traces, 25)
    result.pid = 42
    result.note = u"caf\xe9 \u20ac"
    result.nested = [None, True, 0.1, (), (1, "a"), {"a": [], 2: ()}, 1 << 70]
    return result


def stats():
    """What pytracemalloc 0.9's Snapshot.write() dumps."""
    return {"format_version": 1, "timestamp": "2013-09-01 12:00:00", "pid": 42,
            "process_memory": 12345678,
            "user_data": [("objects", "size", 12), (u"caf\xe9", "%s", 0.5)],
            "stats": {"a.py": {1: (10, 3), None: (0, 0)}, "b.py": {7: (100, 1)}}}


def pickles():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for name, value in (("snapshot", snapshot()), ("stats", stats())):
            yield "%d.%d-%s-%d" % (VERSION + (name, protocol)), pickle.dumps(value, protocol)


def main():
    for name, data in pickles():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
