# SPDX-License-Identifier: Apache-2.0
"""Much is made and dropped at once, a little is kept; freed addresses are used again by others."""


def make_row(number: int) -> dict:
    return {"id": number, "name": "row %d" % number, "tags": [number, number + 1], "ratio": number / 3}


def score(row: dict) -> float:
    return sum(row["tags"]) * row["ratio"] + len(row["name"])


def run() -> object:
    kept = {}
    window = []
    for number in range(7000):
        row = make_row(number)
        window.append((row, score(row)))
        if len(window) > 50:
            window.pop(0)
        if number % 97 == 0:
            kept[number] = (row["name"], tuple(row["tags"]))
        buffer = bytearray(number % 700)
        buffer.append(1)
    return kept, window
