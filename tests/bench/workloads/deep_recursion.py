# SPDX-License-Identifier: Apache-2.0
"""a tree of nested tuples made 200 calls deep, walked and dropped"""

DEPTH = 200


def descend(depth):
    if depth == 0:
        return (0, str(1234567))
    return (depth, descend(depth - 1), [depth])


def height(node):
    return 1 + height(node[1]) if isinstance(node[1], tuple) else 0


def turn():
    for _ in range(40):
        height(descend(DEPTH))
