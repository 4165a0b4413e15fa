# SPDX-License-Identifier: Apache-2.0
"""Strings of each kind: joined, formatted, sliced, of 1, 2 and 4 bytes a character, interned."""
import sys


def run() -> object:
    kept = []
    for number in range(3000):
        kept.append("name-%d" % number)
        kept.append(f"{number:>12}|{number / 7:.5f}")
        kept.append("\u0119" * (number % 60 + 1))
        kept.append("\U0001f40d" + str(number))
        text = "abc" + str(number)
        text += "def"
        kept.append(text[1:])
        kept.append(sys.intern("interned_%d" % number))
    joined = ",".join(kept)
    parts = joined.split(",")
    encoded = [part.encode() for part in parts]
    return kept, parts, encoded, joined.upper(), joined.replace("name", "nom")
