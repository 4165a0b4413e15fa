# SPDX-License-Identifier: Apache-2.0
"""Which traced blocks are objects, of what type, and where tracemalloc says they came from."""
import ctypes
import gc
import types

GC_HEAD_BYTES = 16  # struct PyGC_Head: two pointers before every object that the collector knows
IS_GC = 1 << 14  # Py_TPFLAGS_HAVE_GC

# Most objects are these, refer to nothing and have no free list: left out, for speed only.
LEAVES = frozenset((str, int, bytes, bool, type(None), types.BuiltinFunctionType, bytearray))

# struct PyCodeObject of 3.11 (Include/cpython/code.h): the one tuple that has no attribute.
CO_LOCALSPLUSNAMES = 96

# The types of which CPython 3.11 keeps free lists of *objects* (key tables of dicts have one too,
# but are no objects: tracemalloc does not notice that they change owner, nor does tmbpf).
# Source: _Py_NewReference after a free list in Objects/{float,list,dict,tuple,slice,genobject,
# exceptions}object.c and Python/context.c.
FREE_LIST_TYPES = frozenset((
    "float", "list", "dict", "tuple", "slice", "async_generator_asend",
    "async_generator_wrapped_value", "Context", "MemoryError",
))


def block_size(item: object) -> int:
    """Bytes that the allocator was asked for, right for the types above (a tuple has items)."""
    kind = type(item)
    size = kind.__basicsize__
    if kind is tuple:
        size += kind.__itemsize__ * len(item)
    if kind.__flags__ & IS_GC:
        size += GC_HEAD_BYTES
    return size


def referents(item: object) -> list:
    """gc.get_referents, and what code objects hold: 3.11 gives them no tp_traverse."""
    if isinstance(item, types.CodeType):
        names = ctypes.cast(id(item) + CO_LOCALSPLUSNAMES, ctypes.POINTER(ctypes.py_object))[0]
        return [item.co_consts, item.co_names, names]
    return gc.get_referents(item)


def reachable_objects(root: object) -> list:
    """All that the collector knows and all that these and root refer to, each once."""
    found: dict = {}
    pending = [root, *gc.get_objects()]
    ignored = {id(found), id(pending)}
    while pending:
        item = pending.pop()
        if type(item) in LEAVES:
            continue
        if id(item) not in found and id(item) not in ignored:
            found[id(item)] = item
            pending.extend(referents(item))
    return list(found.values())


def count_object_blocks(root: object, tracemalloc: types.ModuleType) -> dict:
    """{(type name, block size, raw traceback): count} of the reachable traced objects whose type
    has a free list. Raw tracebacks are tracemalloc's: most recent frame first."""
    counts: dict = {}
    get_traceback = tracemalloc._get_object_traceback  # raw; the public one builds objects per call
    for item in reachable_objects(root):
        kind = type(item)
        if kind.__name__ not in FREE_LIST_TYPES:
            continue
        frames = get_traceback(item)
        if frames:
            key = (kind.__name__, block_size(item), tuple(frames))
            counts[key] = counts.get(key, 0) + 1
    return counts
