# SPDX-License-Identifier: Apache-2.0
"""Instances without a dict, named tuples, bound methods, and integers of several sizes."""
import collections
import itertools


class Node:
    __slots__ = ("left", "right", "value", "__weakref__")

    def __init__(self, left: object, right: object, value: int) -> None:
        self.left = left
        self.right = right
        self.value = value

    def total(self) -> int:
        return self.value


Pair = collections.namedtuple("Pair", "first second")


def build(depth: int, counter: itertools.count) -> object:
    if depth == 0:
        return None
    return Node(build(depth - 1, counter), build(depth - 1, counter), 1 << next(counter) % 200)


def run() -> object:
    tree = build(12, itertools.count(40))
    pairs = [Pair(number * 100003, number) for number in range(3000)]
    nodes = [Node(None, None, number + 1000) for number in range(2000)]
    methods = [node.total for node in nodes]
    nodes = nodes[500:]
    return tree, pairs, nodes, methods
