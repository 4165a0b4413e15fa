# SPDX-License-Identifier: Apache-2.0
"""The files that docs/from-tracemalloc.md names, made by Python's own tracemalloc."""
import array
import os
import pickle
import subprocess
import sys
import tracemalloc

HERE = os.path.dirname(os.path.abspath(__file__))
# Files that hold what another one holds.
COPIES = {"snapshot.pb.gz": "new.pickle"}
BLOCK = 0x7F0000000000  # where the first block of blocks.pickle lies


def write_all(folder: str, tmbpf: str) -> None:
    run(folder, sys.executable, "-B", os.path.join(HERE, "shop", "app.py"), "old.pickle", "new.pickle", "last.pickle")
    write_blocks(folder)
    for number, original in enumerate(("old", "new", "last"), 1):
        snapshot = tracemalloc.Snapshot.load(os.path.join(folder, f"{original}.pickle"))
        write_stats(os.path.join(folder, f"trace{number}.pickle"), snapshot, number)
    for copy, original in COPIES.items():
        run(folder, tmbpf, "convert", original, copy)


def run(folder: str, *words: str) -> None:
    done = subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: status {done.returncode}\n{done.stdout}")


def write_blocks(folder: str) -> None:
    """new.pickle as `tmbpf snapshot --addresses` would have written it, the blocks one after another."""
    snapshot = tracemalloc.Snapshot.load(os.path.join(folder, "new.pickle"))
    addresses = array.array("Q")
    address = BLOCK
    for trace in snapshot.traces:
        addresses.append(address)
        address += (trace.size + 31) // 16 * 16
    snapshot.tmbpf_addresses = addresses.tobytes()
    snapshot.dump(os.path.join(folder, "blocks.pickle"))


def write_stats(path: str, snapshot: tracemalloc.Snapshot, number: int) -> None:
    """As pytracemalloc 0.9.1 wrote it; the third is of another process."""
    stats = {}
    for each in snapshot.statistics("lineno"):
        frame = each.traceback[0]
        stats.setdefault(frame.filename, {})[frame.lineno or None] = (each.size, each.count)
    total = sum(trace.size for trace in snapshot.traces)
    data = {"format_version": 1, "timestamp": f"2013-09-01 12:0{number}:00",
            "pid": 43 if number == 3 else 42, "stats": stats, "process_memory": 10_000_000 + total,
            "user_data": [("Entries", "%i", len(stats)), ("Shop memory", "size", total // 2)]}
    with open(path, "wb") as file:
        pickle.dump(data, file, 2)
