# SPDX-License-Identifier: Apache-2.0
"""hostile_target.py LIE: a Python that tells one lie about itself in its own memory, says "ready",
and goes on allocating. It lives on: the lie lies where the interpreter itself does not look again.
"""
import ctypes
import os
import select
import struct
import subprocess
import sys

from own_memory import FRAME_BYTES, WORD, Frames, OwnMemory, writable_mappings

BAD_ADDRESSES = (1, 8, 0xdead0000, 1 << 47, (1 << 63) + 8, 0xffffffff80000000, (1 << 64) - 8)
HUGE = 1 << 60
ARENA_OBJECT = struct.Struct("<QQIIQQQ")  # struct arena_object (Objects/obmalloc.c)
ARENA_SIZE, POOL_SIZE = (1 << 20, 16384) if sys.version_info >= (3, 10) else (1 << 18, 4096)
POOLS = (63, 64)  # of an arena
POOL_HEADER = struct.Struct("<IIQQQIIII")  # struct pool_header
LINE_TABLE = "co_linetable" if sys.version_info >= (3, 10) else "co_lnotab"

memory = OwnMemory()
library = ctypes.CDLL(None)  # its functions are called without the GIL
kept = []  # what the lies consist of: never freed


def allocate(count: int = 20) -> None:
    for _ in range(count):
        kept.append(bytes(600))
        kept.append([None] * 3)


def say_ready() -> None:
    os.write(1, b"ready\n")


def rest(seconds: float) -> None:
    """Ends the process when its input has ended. (Nothing may be raised: it would look at frames.)"""
    if select.select([0], [], [], seconds)[0]:
        os._exit(0)


def go_on() -> None:
    say_ready()
    while True:
        allocate()
        rest(0.005)


def buffer(size: int) -> int:
    """The address of memory of our own."""
    kept.append(ctypes.create_string_buffer(size))
    return ctypes.addressof(kept[-1])


class FrameLies:
    """The frame of the caller of tell() gets a false caller; it never returns to the true one."""

    def __init__(self, frame) -> None:
        self.frames = Frames(memory, frame)
        self.here = self.frames.address(frame)
        self.above = self.frames.address(frame.f_back)
        self.previous = self.here + self.frames.previous

    def own_caller(self) -> None:
        memory.set_word(self.previous, self.here)

    def cycle(self) -> None:
        memory.set_word(self.above + self.frames.previous, self.here)

    def without_end(self) -> None:
        """A hundred thousand, the last one called by the first."""
        count = 100000
        start = buffer(count * FRAME_BYTES)
        frame = bytearray(memory.read(self.above, FRAME_BYTES))
        for index in range(count):
            following = start + (index + 1) % count * FRAME_BYTES
            frame[self.frames.previous:self.frames.previous + WORD] = struct.pack("<Q", following)
            memory.write(start + index * FRAME_BYTES, frame)
        memory.set_word(self.previous, start)

    def bad_code(self) -> None:
        memory.set_word(self.above + self.frames.code, 0xdead0000)

    def random_frames(self) -> None:
        start = buffer(1 << 20)
        memory.write(start, os.urandom(1 << 20))
        memory.set_word(self.previous, start + 4096)

    def changing(self) -> None:
        """Another process changes the frame's caller, as fast as it can."""
        script = ("import itertools, os, struct, sys\n"
                  "memory = os.open(f'/proc/{sys.argv[1]}/mem', os.O_RDWR)\n"
                  "for each in itertools.cycle(sys.argv[3:]):\n"
                  "    if os.pwrite(memory, struct.pack('<Q', int(each)), int(sys.argv[2])) != 8:\n"
                  "        break  # it is gone\n")
        callers = (self.above, self.here, *BAD_ADDRESSES)
        kept.append(subprocess.Popen([sys.executable, "-S", "-c", script,
                                      *map(str, (os.getpid(), self.previous, *callers))],
                                     stderr=subprocess.DEVNULL))

    def bad_addresses(self) -> None:
        say_ready()
        while True:
            for address in BAD_ADDRESSES:
                memory.set_word(self.previous, address)
                allocate()
                rest(0.005)


def false_copy(value, size: int, changes: dict) -> int:
    """The address of a copy of an object's first bytes, with some words changed."""
    copy = buffer(size)
    memory.write(copy, memory.read(id(value), size))
    for offset, word in changes.items():
        memory.set_word(copy + offset, word)
    return copy


def run_code_with(field: str, addresses: list) -> None:
    """For each address a new code object whose field holds it; it allocates a block that stays."""
    for address in addresses:
        code = compile("kept.append(bytes(700))\n", f"hostile {len(kept)}", "exec")
        offset = memory.find_field(id(code), 256, id(getattr(code, field)))
        memory.set_word(id(code) + offset, address)
        kept.append(code)


def run_codes() -> None:
    say_ready()
    codes = [each for each in kept if isinstance(each, type(run_codes.__code__))]
    while True:
        for code in codes:
            exec(code)  # pylint: disable=exec-used
        rest(0.05)


class CodeLies:
    def false_names(self) -> None:
        name = "a name"
        state = 4 * WORD  # of a str: type, count, length, hash, state
        run_code_with("co_filename", [
            *BAD_ADDRESSES,
            *(false_copy(name, 64, {2 * WORD: length}) for length in (HUGE, (1 << 64) - 1, 0)),
            *(false_copy(name, 64, {state: word}) for word in (0, (1 << 64) - 1, 0x1c, 0x0c))])

    def false_line_tables(self) -> None:
        table = getattr(run_codes.__code__, LINE_TABLE)
        run_code_with(LINE_TABLE, [
            *BAD_ADDRESSES,
            *(false_copy(table, 64, {2 * WORD: size}) for size in (HUGE, (1 << 64) - 1, 1 << 31, 0))])

    def many_line_tables(self) -> None:
        """Each as long as tmbpf takes it, all the same bytes."""
        table = b"\x88" * (4 << 20)
        kept.append(table)
        run_code_with(LINE_TABLE, [id(table)] * 600)


def full_pools() -> list:
    """Addresses of pools that pymalloc will not touch again: full, and nothing in them is freed."""
    blocks = [bytes(400) for _ in range(5000)]
    kept.append(blocks)
    addresses = sorted({id(block) & ~(POOL_SIZE - 1) for block in blocks})
    full = []
    for address in addresses[len(addresses) // 4:-len(addresses) // 4]:
        header = POOL_HEADER.unpack(memory.read(address, POOL_HEADER.size))
        if header[2] == 0 and header[7] > header[8]:
            full.append(address)
    assert len(full) > 20, "too few full pools"
    return full


def free_arena_objects() -> list:
    """Addresses of the arena table's entries that are not in use."""
    block = id(kept[-1][0])
    for start, end in writable_mappings():
        # A view: a million integers would make new arenas, and the table move.
        for index, word in enumerate(memoryview(memory.read(start, end - start)).cast("Q")):
            if block - ARENA_SIZE < word <= block:
                entry = memory.read(start + index * WORD, ARENA_OBJECT.size)
                if len(entry) == ARENA_OBJECT.size and is_arena_object(*ARENA_OBJECT.unpack(entry)):
                    # A copy from before the table grew has none.
                    if found := unused_after(start + index * WORD):
                        return found
    raise LookupError("no arena table")


def is_arena_object(address: int, pool: int, free: int, total: int, *_) -> bool:
    return address % 4096 == 0 and address <= pool <= address + ARENA_SIZE and free < total and total in POOLS


def unused_after(address: int) -> list:
    """Entries behind it that are chained as unused ones are: each leads to the next."""
    found = []
    for entry in range(address, address + 64 * ARENA_OBJECT.size, ARENA_OBJECT.size):
        words = memory.words(entry, ARENA_OBJECT.size // WORD)
        if words and words[0] == 0 and words[4] == entry + ARENA_OBJECT.size:
            found.append(entry)
    return found


class HeapLies:
    def false_pools(self) -> None:
        pools = full_pools()
        for pool, address in zip(pools, (pool + POOL_HEADER.size for pool in pools)):
            memory.set_word(address, address)  # a block that follows itself
            memory.set_word(pool + 8, address)  # freeblock
        for pool, (used, size_class, following) in zip(pools[10:], (
                (0xffffffff, 0, 0), (1, 0xffffffff, 48), (1, 31, 0xffffffff), (0, 25, 16384), (3, 40, 47))):
            header = list(POOL_HEADER.unpack(memory.read(pool, POOL_HEADER.size)))
            header[0], header[6], header[7] = used, size_class, following
            memory.write(pool, POOL_HEADER.pack(*header))

    def false_arenas(self) -> None:
        full_pools()
        entries = free_arena_objects()
        arena = id(kept[-1][0]) & ~(POOL_SIZE - 1)
        for entry, address in zip(entries, (arena, arena, *BAD_ADDRESSES)):
            memory.write(entry, struct.pack("<QQ", address, (1 << 64) - 1))


def allocate_elsewhere() -> None:
    """By a thread that Python does not know: who asks for its state goes through all of them."""
    thread, block = ctypes.c_ulong(), ctypes.c_void_p()
    allocator = ctypes.cast(library.PyMem_RawMalloc, ctypes.c_void_p)
    assert library.pthread_create(ctypes.byref(thread), None, allocator, ctypes.c_void_p(700)) == 0
    assert library.pthread_join(thread, ctypes.byref(block)) == 0 and block.value


class ThreadLies:
    def cycle(self) -> None:
        get = ctypes.pythonapi.PyThreadState_Get
        get.restype = ctypes.c_void_p
        memory.set_word(get() + WORD, get())  # next
        say_ready()
        while True:
            allocate()
            allocate_elsewhere()
            rest(0.005)


def tell_frame_lie(name: str) -> None:
    lies = FrameLies(sys._getframe())  # pylint: disable=protected-access
    getattr(lies, name)()
    go_on()


def main() -> None:
    kind, name = sys.argv[1].split(".")
    if kind == "frames":
        tell_frame_lie(name)
    elif kind == "codes":
        getattr(CodeLies(), name)()
        run_codes()
    else:
        getattr({"heap": HeapLies, "threads": ThreadLies}[kind](), name)()
        go_on()


if __name__ == "__main__":
    main()
