# SPDX-License-Identifier: Apache-2.0
"""What two runs of one program have in common, per traceback and per line.

The proof has two halves and no tolerance (but for threads, see THREAD_TOLERANCE in run_oracle.py):

1. tmbpf equals stdlib tracemalloc with free lists left out ("allocator", see target.py): the same
   multiset of (size, traceback, total_nframe). Hence the same bytes and blocks on every line.
2. What stdlib tracemalloc says beyond that is, block for block, an object of a type that has a
   free list: the difference of its snapshot to the allocator's is the same multiset as the
   difference of the typed objects found in the two processes. These are the moves.
"""
import dataclasses
from collections import Counter


@dataclasses.dataclass(frozen=True)
class Move:
    """Blocks of one type that a free list took from one set of lines and gave to another."""
    kind: str
    size: int  # bytes of one block
    count: int  # blocks
    old: tuple  # ((line, blocks), ...): who asked the allocator
    new: tuple  # ((line, blocks), ...): who has it now, as stdlib tracemalloc says


def line_of(traceback: tuple) -> str:
    filename, lineno = traceback[0]
    return f"{'/'.join(filename.split('/')[-2:])}:{lineno}"


def signed_difference(left: Counter, right: Counter) -> dict:
    """key -> left - right, without zeros."""
    keys = left.keys() | right.keys()
    return {key: left[key] - right[key] for key in keys if left[key] != right[key]}


def per_line(blocks: Counter) -> dict:
    """(filename, lineno) -> (bytes, blocks)."""
    lines: dict = {}
    for (size, traceback, _), count in blocks.items():
        old = lines.get(traceback[0], (0, 0))
        lines[traceback[0]] = (old[0] + size * count, old[1] + count)
    return lines


def per_traceback(blocks: Counter) -> Counter:
    """(size, traceback) -> blocks: what objects can be compared with, they have no total_nframe."""
    result: Counter = Counter()
    for (size, traceback, _), count in blocks.items():
        result[size, traceback] += count
    return result


def totals(blocks: Counter) -> tuple:
    return sum(key[0] * count for key, count in blocks.items()), sum(blocks.values())


def differing_share(left: Counter, right: Counter) -> float:
    """The larger of the shares of bytes and of blocks that stand on another line; 0 when equal."""
    left_lines, right_lines = per_line(left), per_line(right)
    shares = []
    for index, total in enumerate(totals(right)):
        apart = sum(abs(left_lines.get(line, (0, 0))[index] - right_lines.get(line, (0, 0))[index])
                    for line in left_lines.keys() | right_lines.keys())
        shares.append(apart / total if total else float(apart > 0))
    return max(shares)


def explain_line_differences(left: Counter, right: Counter, names: tuple) -> list:
    """Sentences: each line whose bytes or blocks differ; else the tracebacks that do."""
    left_lines, right_lines = per_line(left), per_line(right)
    texts = []
    for line in sorted(left_lines.keys() | right_lines.keys()):
        ours, theirs = left_lines.get(line, (0, 0)), right_lines.get(line, (0, 0))
        if ours != theirs:
            texts.append(f"{line_of((line,))}: {names[0]} {ours[0]} B in {ours[1]} blocks, "
                         f"{names[1]} {theirs[0]} B in {theirs[1]} blocks")
    if texts:
        return texts
    for (size, traceback, nframe), count in sorted(signed_difference(left, right).items()):
        chain = " < ".join(line_of((frame,)) for frame in traceback[:6])
        texts.append(f"{count:+d} x {size} B in {names[0]} at {chain} ({len(traceback)} frames "
                     f"kept of {nframe})")
    return texts


def count_lines(pairs: list) -> tuple:
    counts: Counter = Counter()
    for traceback, count in pairs:
        counts[line_of(traceback)] += count
    return tuple(sorted(counts.items()))


def find_moves(followed: Counter, allocated: Counter) -> list:
    """Moves between the typed objects of a run that follows free lists and of one that does not."""
    groups: dict = {}
    for (kind, size, traceback), count in signed_difference(followed, allocated).items():
        groups.setdefault((kind, size), []).append((traceback, count))
    moves = []
    for (kind, size), pairs in sorted(groups.items()):
        new = [(traceback, count) for traceback, count in pairs if count > 0]
        old = [(traceback, -count) for traceback, count in pairs if count < 0]
        moves.append(Move(kind, size, sum(count for _, count in new), count_lines(old),
                          count_lines(new)))
    return moves


def explain_unproven_moves(followed, allocated) -> list:
    """Both arguments are Runs. Empty when every block on which the two snapshots differ is an
    object of a free-list type that differs in the same way, and none has appeared or vanished."""
    blocks = signed_difference(per_traceback(followed.blocks), per_traceback(allocated.blocks))
    objects: Counter = Counter()
    for (_, size, traceback), count in signed_difference(followed.objects, allocated.objects).items():
        objects[size, traceback] += count
    texts = []
    for (size, traceback), count in sorted(signed_difference(Counter(blocks), objects).items()):
        texts.append(f"{count:+d} x {size} B at {line_of(traceback)}: differs by following free "
                     "lists, but no object of a free-list type accounts for it")
    for move in find_moves(followed.objects, allocated.objects):
        if sum(count for _, count in move.old) != move.count:
            texts.append(f"{move.kind} {move.size} B: {move.old} and {move.new} do not balance")
    return texts


def describe_move(move: Move, shown: int) -> str:
    """One line of text; of each side at most `shown` lines of code, those with most blocks."""
    def side(lines: tuple) -> str:
        ordered = sorted(lines, key=lambda pair: (-pair[1], pair[0]))
        text = ", ".join(f"{line} ({count})" for line, count in ordered[:shown])
        rest = ordered[shown:]
        return text + (f", {len(rest)} more lines ({sum(n for _, n in rest)})" if rest else "")
    return (f"{move.kind} {move.size} B: {move.count} blocks, {move.count * move.size} B: "
            f"{side(move.old)} -> {side(move.new)}")
