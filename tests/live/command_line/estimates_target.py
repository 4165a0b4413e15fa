# SPDX-License-Identifier: Apache-2.0
"""A program that knows what each of its lines keeps: round after round it makes and drops blocks of some size classes
and keeps some of the same, a fixed number of each line. One command a line on stdin, an answer in JSON each; ends with
stdin. "work SECONDS" and "rounds N" keep more, "drop" lets go of all, "trace N" works N rounds in a program that was
started with -X tracemalloc. The answer: [truth, traced], both [[line, blocks, bytes], ...] of each line that keeps; the
second is what tracemalloc says, after "trace" only."""
import json
import sys
import time
import tracemalloc

MOST = 4_000_000  # kept objects
KEPT = object()


class Point:
    __slots__ = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k")  # of the texts' size class


def text_often(number):
    return f"often {number:064}"  # text often


def text_some(number):
    return f"some {number:065}"  # text some


def text_seldom(number):
    return f"seldom {number:063}"  # text seldom


def text_rare(number):
    return f"rare {number:065}"  # text rare


def point(_):
    return Point()  # instance


def items(_):
    return [KEPT, KEPT, KEPT, KEPT]  # list


def table(_):
    return {"a": KEPT, "b": KEPT, "c": KEPT, "d": KEPT, "e": KEPT, "f": KEPT}  # dict


def pair(_):
    return KEPT, KEPT, KEPT  # tuple


def blob(_):
    return bytes(1000)  # blob


def large_blob(_):
    return bytes(2000)  # large blob


# Of each line that keeps: its maker; every so many rounds, in which of them; how many at once; blocks of an object.
KEEPERS = (
    (text_often, 1, 0, 6, 1),
    (text_some, 2, 1, 5, 1),
    (text_seldom, 5, 2, 5, 1),
    (text_rare, 10, 7, 1, 1),
    (point, 10, 4, 4, 1),
    (items, 2, 0, 3, 2),
    (table, 3, 1, 2, 2),
    (pair, 4, 3, 4, 1),
    (blob, 2, 1, 1, 1),
    (large_blob, 20, 6, 1, 1),
)


def churn_texts(number):
    return [f"{turn} {number:064}" for turn in range(40)]  # churned texts


def churn_points(number):
    return [Point() for _ in range(15)]  # churned instances


def churn_lists(number):
    return [[number, KEPT, KEPT, KEPT] for _ in range(15)]  # churned lists


def churn_tables(number):
    return [{"a": number, "b": KEPT, "c": KEPT, "d": KEPT, "e": KEPT, "f": KEPT} for _ in range(15)]  # churned dicts


def churn_tuples(number):
    return [(number, KEPT, KEPT) for _ in range(15)]  # churned tuples


def churn_blobs(number):
    return [bytes(1000 + number % 500) for _ in range(10)]  # churned blobs


# What a round does, one after the other: what it makes and drops, then what it keeps.
CHURN = (churn_texts, churn_points, churn_lists, churn_tables, churn_tuples, churn_blobs)
PARTS = tuple((churn, KEEPERS[place::len(CHURN)]) for place, churn in enumerate(CHURN))


class Shop:
    def __init__(self):
        self.kept = [None] * MOST  # so that it does not grow while it is looked at
        self.count = 0
        self.rounds = 0

    def keep(self, maker, count, number):
        for _ in range(count):
            self.kept[self.count] = maker(number)
            self.count += 1

    def round(self):
        number = self.rounds
        for churn, keepers in PARTS:
            churn(number)
            for maker, every, phase, count, _ in keepers:
                if number % every == phase:
                    self.keep(maker, count, number)
        self.rounds += 1

    def work(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.count < MOST - 100:
            self.round()

    def drop(self):
        for place in range(self.count):
            self.kept[place] = None
        self.count = self.rounds = 0

    def truth(self):
        """Of each line that keeps: its number, blocks, bytes; known by how many rounds there were."""
        answer = []
        for maker, every, phase, count, blocks in KEEPERS:
            made = (self.rounds + every - 1 - phase) // every * count
            size = sys.getsizeof(maker(self.rounds)) if made else 0
            answer.append([maker.__code__.co_firstlineno + 1, made * blocks, made * size])
        return answer


def traced(shop, rounds):
    for _ in range(rounds):
        shop.round()
    snapshot = tracemalloc.take_snapshot()
    found = {}
    for statistic in snapshot.statistics("lineno"):
        if statistic.traceback[0].filename == __file__:
            found[statistic.traceback[0].lineno] = [statistic.count, statistic.size]
    return [[line, *found.get(line, (0, 0))] for line, _, _ in shop.truth()]


def main():
    shop = Shop()
    print("ready", flush=True)
    for line in sys.stdin:
        command, *words = line.split()
        answer = []
        if command == "work":
            shop.work(float(words[0]))
        elif command == "rounds":
            for _ in range(int(words[0])):
                shop.round()
        elif command == "drop":
            shop.drop()
        elif command == "trace":
            answer = traced(shop, int(words[0]))
        print(json.dumps([shop.truth(), answer]), flush=True)


if __name__ == "__main__":
    main()
