# SPDX-License-Identifier: Apache-2.0
"""Tables for people."""


def print_table(header: tuple, rows: list) -> None:
    """The first column to the left, the others to the right."""
    cells = [header, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for row in cells:
        fields = [text.rjust(width) for text, width in zip(row[1:], widths[1:])]
        print("  ".join([row[0].ljust(widths[0]), *fields]))
    print()
