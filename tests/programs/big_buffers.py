# SPDX-License-Identifier: Apache-2.0
"""Buffers above pymalloc's 512 bytes: grown, shrunk, moved, and across that border."""
import array
import io


def run() -> object:
    kept = []
    for step in range(300):
        buffer = bytearray()
        for _ in range(20):
            buffer += bytes(37 * (step % 9 + 1))
        if step % 3 == 0:
            del buffer[len(buffer) // 2:]
        if step % 5 == 0:
            del buffer[8:]
        kept.append(buffer)
    huge = bytearray(1 << 20)
    for _ in range(6):
        huge.extend(bytes(300000))
    del huge[1 << 19:]
    numbers = array.array("q")
    for number in range(20000):
        numbers.append(number)
    del numbers[5000:]
    stream = io.BytesIO()
    for number in range(2000):
        stream.write(b"%d;" % number)
    border = [bytes(size) for size in range(440, 560)]
    views = [memoryview(huge)[index:index + 10] for index in range(400)]
    zeroed = [bytes(100000) for _ in range(20)]
    return kept, huge, numbers, stream, border, views, zeroed[::4], str(numbers)
