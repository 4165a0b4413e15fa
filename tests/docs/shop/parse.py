# SPDX-License-Identifier: Apache-2.0
"""What the shop makes of what it is told."""
import json

import cache


def load(text: str) -> list:
    items = json.loads(text)
    for item in items:
        cache.keep(item["name"], item["size"])
    return items


def nested(depth: int) -> list:
    """A line that stands many times in one traceback."""
    return [depth, nested(depth - 1), bytes(100 + depth)] if depth > 0 else []
