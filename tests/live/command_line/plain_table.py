# SPDX-License-Identifier: Apache-2.0
"""How the live view's tables of plain text are recognised."""

TABLE = "Total Python memory: "  # once in each


def table_row(place: str, size: int, count: int, rank: str = "[0-9]+") -> str:
    """The pattern of a row of plain text: `size` bytes, some hundred KiB, in `count` blocks of equal size. `place`
    is the end of file:line, a pattern."""
    return (rf"(?m)^#{rank}: \S*{place}: size={size / 1024:.0f} KiB( \(\S+ \S+\))?, count={count}( \(\S+\))?, "
            rf"average={size // count} B$")
