# SPDX-License-Identifier: Apache-2.0
"""Runs inside gdb, started by generate-offsets: reads one CPython's offsets from its DWARF.

Prints one line: OFFSETS {"version": "3.11.2", "fields": {name: number or text}, "places": {...}};
all are null when the file has no DWARF of CPython. The names of fields are those of struct
PythonLayout and struct tmbpf_python, those of places are struct DebugOffsetPlaces', in their order;
TMBPF_NO_FIELD stands for what this CPython does not have. Places are null before 3.13.
"""

import json
import re

import gdb  # pylint: disable=import-error

OLDEST = 8  # minor version that these questions fit
NO_FIELD = "TMBPF_NO_FIELD"
RUNTIME = "_PyRuntimeState"
INTERP = "struct _is"
TSTATE = "struct _ts"
FRAME = "struct _PyInterpreterFrame"  # 3.11+
OLD_FRAME = "struct _frame"  # a frame object, which 3.11+ has, too, but does not run on
CODE = "PyCodeObject"
POOL = "struct pool_header"
ARENA = "struct arena_object"

# Where in _Py_DebugOffsets the numbers stand that tmbpf takes.
DEBUG_OFFSETS = {
    "runtime_state": ["size", "interpreters_head"],
    "interpreter_state": ["size", "next", "threads_head", "gil_runtime_state_holder"],
    "thread_state": ["size", "next", "current_frame", "thread_id"],
    "interpreter_frame": ["size", "previous", "executable", "instr_ptr", "owner"],
    "code_object": ["size", "filename", "qualname", "linetable", "firstlineno",
                    "co_code_adaptive"],
    "pyobject": ["size", "ob_type"],
    "type_object": ["size", "tp_flags"],
    "bytes_object": ["size", "ob_size", "ob_sval"],
    "unicode_object": ["size", "state", "length", "asciiobject_size"],
}

ALIGNMENT_SHIFT = 4  # where pointers have 8 bytes, since 3.7; no DWARF tells


def member(owner, name):
    """(bits from the owner's start, type), also within its nameless members."""
    for field in owner.strip_typedefs().fields():
        if field.name == name:
            return field.bitpos, field.type
        if not field.name and field.type.strip_typedefs().code in (gdb.TYPE_CODE_STRUCT,
                                                                   gdb.TYPE_CODE_UNION):
            found = member(field.type, name)
            if found:
                return field.bitpos + found[0], found[1]
    return None


def place(path):
    """(bits from the start, type) of "type.member.member"; None when there is no such thing."""
    name, *members = path.split(".")
    bits = 0
    try:
        found = gdb.lookup_type(name)
    except gdb.error:
        return None
    for step in members:
        inner = member(found, step)
        if not inner:
            return None
        bits, found = bits + inner[0], inner[1]
    return bits, found


def first_place(paths):
    return next((found for found in map(place, paths) if found), None)


def at(*paths):
    """Offset in bytes of the first path that there is."""
    found = first_place(paths)
    return found[0] // 8 if found else NO_FIELD


def size_of(name):
    found = place(name)
    return found[1].sizeof if found else NO_FIELD


def state_bit(name):
    """The bit of a str's state at which a bit-field begins; None when there is no such field."""
    field, state = place(f"PyASCIIObject.state.{name}"), place("PyASCIIObject.state")
    return field[0] - state[0] if field else None


def enumerator(*names):
    """The value of the first enumerator that there is."""
    for name in names:
        try:
            return int(gdb.parse_and_eval(name))
        except gdb.error:
            pass
    return NO_FIELD


def length(*names):
    """Elements of the first array, a member or a variable, that there is."""
    for name in names:
        found = place(name)
        symbol = None if found else gdb.lookup_static_symbol(name)
        if found or symbol:
            low, high = (found[1] if found else symbol.type).strip_typedefs().range()
            return high - low + 1
    return None


def frame_fields(minor):
    """What is read of a frame. f_trace (to 3.9) or f_lineno (3.10) says whether f_lineno holds."""
    if minor >= 11:
        return {"frame_f_code": [f"{FRAME}.f_executable", f"{FRAME}.f_code"],
                "frame_previous": [f"{FRAME}.previous"],
                "frame_prev_instr": [f"{FRAME}.instr_ptr", f"{FRAME}.prev_instr"],
                "frame_owner": [f"{FRAME}.owner"],
                "frame_line_flag": [], "frame_f_lineno": []}
    return {"frame_f_code": [f"{OLD_FRAME}.f_code"], "frame_previous": [f"{OLD_FRAME}.f_back"],
            "frame_prev_instr": [f"{OLD_FRAME}.f_lasti"], "frame_owner": [],
            "frame_line_flag": [f"{OLD_FRAME}.f_trace" if minor <= 9 else f"{OLD_FRAME}.f_lineno"],
            "frame_f_lineno": [f"{OLD_FRAME}.f_lineno"]}


def frame_size(fields):
    """Bytes up to the end of the last field read, in whole words."""
    places = filter(None, map(first_place, fields.values()))
    return (max(bits // 8 + found.sizeof for bits, found in places) + 7) // 8 * 8


def arena_size():
    """The radix tree (3.10+) decodes what of an address is not within an arena: 48 or 64 bits."""
    levels = [length(f"arena_map_{level}") for level in ("bot_t.arenas", "mid_t.ptrs", "top_t.ptrs")]
    if None in levels:
        return 256 << 10  # ARENA_SIZE of Objects/obmalloc.c to 3.9
    tree = sum(elements.bit_length() - 1 for elements in levels)
    return 1 << ((48 if tree <= 30 else 64) - tree)


def pool_size():
    """nfp2lasta has an element for every number of free pools in an arena, 0 included."""
    return arena_size() // (length("struct _obmalloc_mgmt.nfp2lasta", "nfp2lasta") - 1)


def small_request_threshold():
    """usedpools has two elements for every size class."""
    return length("struct _obmalloc_pools.used", "usedpools") // 2 << ALIGNMENT_SHIFT


def runtime_fields(minor):
    interp = INTERP if minor >= 12 else "none"
    return {
        "runtime_tstate_current": at(f"{RUNTIME}.gilstate.tstate_current"),
        "runtime_interpreters_head": at(f"{RUNTIME}.interpreters.head"),
        "runtime_interpreters_main": at(f"{RUNTIME}.interpreters.main"),
        "runtime_main_interpreter":
            at(f"{RUNTIME}._main_interpreter") if minor >= 12 else NO_FIELD,
        "runtime_tracing": at(f"{RUNTIME}.ref_tracer.tracer_func",
                              f"{RUNTIME}.tracemalloc.config.tracing"),
        "interp_gil_last_holder": at(f"{interp}._gil.last_holder"),
        "interp_own_gil": at(f"{interp}.ceval.own_gil"),
        "interp_obmalloc": at(f"{interp}.obmalloc"),
        "line_table": "LineTableFormat::" +
                      ("lnotab" if minor <= 9 else "linetable" if minor == 10 else "locations"),
    }


def thread_state_fields(minor):
    return {
        "tstate_current": 0, "interpreters_head": 0, "usedpools": 0, "arenas": 0, "maxarenas": 0,
        "interp_next": at(f"{INTERP}.next"),
        "interp_threads_head": at(f"{INTERP}.threads.head", f"{INTERP}.tstate_head"),
        "tstate_next": at(f"{TSTATE}.next"),
        "tstate_thread_id": at(f"{TSTATE}.thread_id"),
        "tstate_frame": at(f"{TSTATE}.frame") if minor <= 10 else
                        at(f"{TSTATE}.current_frame", f"{TSTATE}.cframe"),
        "cframe_current_frame": NO_FIELD if minor <= 10 else at("_PyCFrame.current_frame"),
    }


def python_frame_fields(minor):
    paths = frame_fields(minor)
    fields = {name: at(*alternatives) for name, alternatives in paths.items()}
    return {
        "frame_size": frame_size(paths),
        "frames_adjacent": 1 if minor >= 11 else 0,
        "frame_f_code": fields["frame_f_code"],
        # Py_TAG_BITS of pycore_stackref.h: 1 in 3.14, 3 in 3.15; a code object's 3 are 0
        "frame_f_code_tag": 3 if minor >= 14 else 0,
        "frame_previous": fields["frame_previous"],
        "frame_prev_instr": fields["frame_prev_instr"],
        "frame_lasti_unit": 1 if minor <= 9 else 2 if minor == 10 else 0,
        "frame_owner": fields["frame_owner"],
        "frame_owned_by_generator": enumerator("FRAME_OWNED_BY_GENERATOR"),
        # 3.11 has neither, and no owner from 3 on
        "frame_owned_by_cstack": NO_FIELD if minor <= 10 else 3 if minor == 11 else
                                 enumerator("FRAME_OWNED_BY_INTERPRETER", "FRAME_OWNED_BY_CSTACK"),
        "frame_line_flag": fields["frame_line_flag"],
        "frame_line_flag_size": NO_FIELD if minor >= 11 else
                                first_place(paths["frame_line_flag"])[1].sizeof,
        "frame_f_lineno": fields["frame_f_lineno"],
    }


def object_fields():
    ready = state_bit("ready")
    return {
        "code_co_filename": at(f"{CODE}.co_filename"),
        "code_co_qualname": at(f"{CODE}.co_qualname", f"{CODE}.co_name"),
        "code_co_linetable": at(f"{CODE}.co_linetable", f"{CODE}.co_lnotab"),
        "code_co_firstlineno": at(f"{CODE}.co_firstlineno"),
        "code_co_firsttraceable": at(f"{CODE}._co_firsttraceable"),
        "code_co_code_adaptive": at(f"{CODE}.co_code_adaptive"),
        "object_ob_type": at("PyObject.ob_type"),
        "object_ob_size": at("PyVarObject.ob_size"),
        "type_tp_basicsize": at("PyTypeObject.tp_basicsize"),
        "type_tp_itemsize": at("PyTypeObject.tp_itemsize"),
        "type_tp_flags": at("PyTypeObject.tp_flags"),
        "gc_head_size": size_of("PyGC_Head"),
        "unicode_length": at("PyASCIIObject.length"),
        "unicode_state": at("PyASCIIObject.state"),
        "unicode_kind_shift": state_bit("kind"),
        "unicode_ready": 0 if ready is None else 1 << ready,
        "unicode_ascii_data": size_of("PyASCIIObject"),
        "unicode_compact_data": size_of("PyCompactUnicodeObject"),
        "unicode_data": at("PyUnicodeObject.data"),
        "bytes_ob_size": at("PyVarObject.ob_size"),
        "bytes_ob_sval": at("PyBytesObject.ob_sval"),
    }


def gil_locked():
    """From last_holder, by which a GIL is found."""
    interp = "PyInterpreterState._gil"
    holder, locked = at(f"{interp}.last_holder"), at(f"{interp}.locked")
    return NO_FIELD if NO_FIELD in (holder, locked) else locked - holder


def pymalloc_fields():
    return {
        "pool_ref": at(f"{POOL}.ref"),
        "pool_freeblock": at(f"{POOL}.freeblock"),
        "pool_nextpool": at(f"{POOL}.nextpool"),
        "pool_prevpool": at(f"{POOL}.prevpool"),
        "pool_arenaindex": at(f"{POOL}.arenaindex"),
        "pool_szidx": at(f"{POOL}.szidx"),
        "arena_address": at(f"{ARENA}.address"),
        "arena_object_size": size_of(ARENA),
        "pool_size": pool_size(),
        "arena_size": arena_size(),
        "alignment_shift": ALIGNMENT_SHIFT,
        "small_request_threshold": small_request_threshold(),
        "gil_locked": gil_locked(),
    }


def debug_offset_places():
    block = place("_Py_DebugOffsets")
    if not block:
        return None
    places = {"size": block[1].sizeof, "version": at("_Py_DebugOffsets.version"),
              "free_threaded": at("_Py_DebugOffsets.free_threaded")}
    for struct, names in DEBUG_OFFSETS.items():
        places.update({f"{struct}_{name}": at(f"_Py_DebugOffsets.{struct}.{name}")
                       for name in names})
    return places


def text_at(address):
    try:
        chars = gdb.Value(address).cast(gdb.lookup_type("char").pointer())
        return "".join(chr(int(chars[i]) & 127) for i in range(14))
    except gdb.error:
        return ""


def version():
    """Of Py_Version (3.11+), else of the string that Py_GetVersion names by its address."""
    try:
        value = int(gdb.parse_and_eval("*(unsigned long *)&Py_Version"))
        return f"{value >> 24 & 255}.{value >> 16 & 255}.{value >> 8 & 255}"
    except gdb.error:
        start = int(gdb.parse_and_eval("(unsigned long)&Py_GetVersion"))
    code = gdb.parse_and_eval("*(unsigned char (*)[96])&Py_GetVersion")
    code = bytes(int(code[i]) for i in range(96))
    for i in range(len(code) - 4):
        number = int.from_bytes(code[i:i + 4], "little", signed=True)
        for address in (number, start + i + 4 + number):
            match = re.match(r"(3\.\d+\.\d+)(\+|(a|b|rc)\d+\+?)?\0", text_at(address))
            if match:
                return match.group(1)
    return None


def main():
    answer = {"version": None, "fields": None, "places": None}
    if place(f"{RUNTIME}.interpreters.head"):
        answer["version"] = version()
        minor = int(answer["version"].split(".")[1])
        if minor < OLDEST:
            raise SystemExit(f"CPython {answer['version']} is older than 3.{OLDEST}")
        answer["places"] = debug_offset_places()
        answer["fields"] = {**runtime_fields(minor), **thread_state_fields(minor),
                            **python_frame_fields(minor), **object_fields(), **pymalloc_fields()}
    print("OFFSETS", json.dumps(answer))


main()
