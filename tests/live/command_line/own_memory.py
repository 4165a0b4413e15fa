# SPDX-License-Identifier: Apache-2.0
"""A Python's own memory, read and written as bytes, and where its structures lie in it.

Nothing here knows a version: fields are found by what they hold.
"""
import os
import re
import struct

WORD = 8
FRAME_BYTES = 128  # all fields of a frame that matter lie within so many


class OwnMemory:
    def __init__(self) -> None:
        self._file = os.open("/proc/self/mem", os.O_RDWR | os.O_CLOEXEC)

    def read(self, address: int, size: int) -> bytes:
        """As much as is mapped; nothing where nothing is."""
        if not 0 <= address < 1 << 47:
            return b""
        try:
            return os.pread(self._file, size, address)
        except OSError:
            return b""

    def words(self, address: int, count: int) -> tuple:
        data = self.read(address, count * WORD)
        return struct.unpack(f"<{len(data) // WORD}Q", data[:len(data) // WORD * WORD])

    def write(self, address: int, data: bytes) -> None:
        assert os.pwrite(self._file, data, address) == len(data)

    def set_word(self, address: int, value: int) -> None:
        self.write(address, struct.pack("<Q", value))

    def find_field(self, address: int, size: int, value: int, tags: int = 0) -> int:
        """Offset of the word that holds `value`, whatever its low bits `tags`."""
        for index, word in enumerate(self.words(address, size // WORD)):
            if word & ~tags == value:
                return index * WORD
        raise LookupError(f"no field at {address:#x} holds {value:#x}")


class Frames:
    """The interpreter's own frames (PyFrameObject, since 3.11 _PyInterpreterFrame)."""

    def __init__(self, memory: OwnMemory, frame) -> None:
        """Learns from a frame object that has a caller."""
        self._memory = memory
        self._inner = None  # offset in the frame object of the pointer to the frame, since 3.11
        if id(frame.f_code) not in memory.words(id(frame), FRAME_BYTES // WORD):
            self._inner = self._find_inner(frame)
        address = self.address(frame)
        self.code = memory.find_field(address, FRAME_BYTES, id(frame.f_code), tags=7)
        self.previous = memory.find_field(address, FRAME_BYTES, self.address(frame.f_back))

    def _find_inner(self, frame) -> int:
        for index, word in enumerate(self._memory.words(id(frame), 8)):
            if id(frame.f_code) in (held & ~7 for held in self._memory.words(word, FRAME_BYTES // WORD)):
                return index * WORD
        raise LookupError("the frame object leads to no frame")

    def address(self, frame) -> int:
        return id(frame) if self._inner is None else self._memory.words(id(frame) + self._inner, 1)[0]


def writable_mappings() -> list:
    """(start, end) of private memory that is no file's."""
    found = []
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw.p [0-9a-f]+ 00:00 0 +(\[heap\])?$", line)
            if match:
                found.append((int(match[1], 16), int(match[2], 16)))
    return found
