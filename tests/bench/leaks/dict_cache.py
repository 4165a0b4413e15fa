# SPDX-License-Identifier: Apache-2.0
"""A cache of pages, keyed by what never comes again; nothing is evicted."""
CACHE = {}


def step(number):
    CACHE[f"request-{number:09}"] = f"<p>page {number}</p>".ljust(900)  # leaks
