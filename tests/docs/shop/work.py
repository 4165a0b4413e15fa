# SPDX-License-Identifier: Apache-2.0
"""What the shop does."""
import ctypes
import json

import cache
import parse

DOMAINS = (7, 9)  # of an extension module, as NumPy has one


def track(domain: int, address: int, size: int) -> None:
    """As an extension module would."""
    ctypes.pythonapi.PyTraceMalloc_Track(ctypes.c_uint(domain), ctypes.c_size_t(address), ctypes.c_size_t(size))


def work(turn: int) -> list:
    """What is kept of it is returned."""
    text = json.dumps([{"name": f"item {turn} {i}", "size": 200 * turn + 40 * i} for i in range(1, 60)])
    kept = [parse.load(text), parse.nested(12 * turn)]
    cache.forget(3)
    for domain in DOMAINS:
        track(domain, (turn << 32) + (domain << 16), 20_000 * turn + domain)
    return kept
