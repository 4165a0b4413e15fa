# SPDX-License-Identifier: Apache-2.0
"""The target of metrics_test.py, for any Python since 3.8: fills its heap, and tells what it knows of it
in a file of the folder given. Answers to lines."""
import gc
import json
import os
import sys
import tempfile

SIZE = 20000
kept = []


def fill():
    """Half of the blocks go again, in every pool; a few are none of pymalloc's."""
    slots = [bytes(i % 400) for i in range(2 * SIZE)]
    kept.append([bytes(2000 + i) for i in range(SIZE // 10)])
    kept.append(slots[::2])
    del slots
    gc.collect()
    for _ in range(3):
        gc.collect(1)
    for _ in range(7):
        gc.collect(0)
    kept.append([[] for _ in range(500)])


def intern(number):
    kept.append([sys.intern("interned here %d" % i) for i in range(number)])


def malloc_statistics():
    with tempfile.TemporaryFile() as file:
        before = os.dup(2)
        os.dup2(file.fileno(), 2)
        sys._debugmallocstats()
        os.dup2(before, 2)
        os.close(before)
        file.seek(0)
        return file.read().decode()


def tell(path):
    facts = {"count": gc.get_count(), "blocks": sys.getallocatedblocks(),
             "collections": [each["collections"] for each in gc.get_stats()], "heap": malloc_statistics()}
    with open(path, "w") as file:
        json.dump(facts, file)


def main():
    gc.disable()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        if line == "fill\n":
            fill()
        if line == "intern\n":
            intern(1000)
        tell(os.path.join(sys.argv[1], "facts.json"))
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
